"""One batch, from the approved vouchers to their receipts, in the order in which it happens.

A correction comes to a batch of reversing vouchers, once the originals have been read and found whole.

However often it is begun again, after a crash at whatever point, it goes on where it was: PostgreSQL knows what was
checked, what is intended and what is booked, and of what was intended it is found out before anything is sent again.
"""

from common.events.voucher_batches import Mode
from common.jobs import Job
from voucher_sender import booking, closing, waiting
from voucher_sender.checking import check
from voucher_sender.correcting import preparing
from voucher_sender.reasons import REASONS
from voucher_sender.right import right_to_post
from voucher_sender.sender import Command, Desk, Sender


async def run(job: Job[Command], sender: Sender) -> None:
    """Checks a batch and books what may be booked, or puts it off until it can be."""
    async with sender.desk(job) as desk:
        await desk.begin()
        try:
            await _carry_out(desk)
        except REASONS as reason:
            await waiting.put_off(desk, reason)


async def _carry_out(desk: Desk) -> None:
    goes_on = bool(desk.command.vouchers)
    if not goes_on and not await preparing.prepare(desk):
        return
    if not desk.batch.checked:
        await check(desk)
    if desk.command.mode is Mode.BOOK and await closing.something_is_left(desk):
        right = right_to_post(desk.sender.open_session, desk.tenant, desk.command.series, desk.clock)
        async with right as held:
            with desk.holding(held):
                if goes_on:
                    await preparing.look_again(desk)
                sending = await booking.begin(desk, held)
                await sending.run()
    await closing.close(desk)
