"""One batch, from the approved vouchers to their receipts, in the order in which it happens.

A correction comes to a batch of reversing vouchers, once the originals have been read and found whole.

However often it is begun again, after a crash at whatever point, it goes on where it was: PostgreSQL knows what was
checked, what is intended and what is booked, and of what was intended it is found out before anything is sent again.
"""

from common.database import GONE, is_away
from common.events.voucher_batches import Mode
from common.jobs import Job
from voucher_sender import booking, closing, waiting
from voucher_sender.checking import check
from voucher_sender.correcting import preparing
from voucher_sender.reasons import REASONS, DatabaseAway
from voucher_sender.right import right_to_post
from voucher_sender.sender import Command, Desk, Sender

AT_ONCE = 3  # attempts in a row that our own database may spoil before the batch waits, and says so


async def run(job: Job[Command], sender: Sender) -> None:
    """Checks a batch and books what may be booked, or puts it off until it can be."""
    async with sender.desk(job) as desk:
        await desk.begin()
        try:
            await _carry_out(desk)
        except REASONS as reason:
            await waiting.put_off(desk, reason)
        except GONE as error:
            if job.attempts <= AT_ONCE or not is_away(error):
                raise  # most of it has passed in a second
            await waiting.put_off(desk, DatabaseAway(type(error).__name__))


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
