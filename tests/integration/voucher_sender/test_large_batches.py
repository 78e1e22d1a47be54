"""A batch as large as the contract allows: the process goes on answering meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from common.events.voucher_batches import VoucherRow
from voucher_sender import checking


class Pulse:
    """Notices for how long the event loop stood still."""

    longest = 0.0

    @asynccontextmanager
    async def felt(self) -> AsyncIterator["Pulse"]:
        beating = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        try:
            yield self
        finally:
            await asyncio.sleep(0.02)
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.005)
            now = time.thread_time()
            self.longest, last = max(self.longest, now - last), now


async def test_the_process_goes_on_while_a_large_batch_is_checked(office: Any, a_batch: Any, voucher: Any) -> None:
    """Measured by the loop's own processor time, which other processes of the machine don't lengthen."""
    debit, credit = VoucherRow(account=7832, debit=Decimal(10)), VoucherRow(account=1229, credit=Decimal(10))
    vouchers = [voucher(number, rows=(debit, credit) * 30) for number in range(1000)]
    batch = await office.approve(a_batch(vouchers, policy="book_what_passes"))
    sender = office.sender()

    async with sender.desk(await office.claim(sender)) as desk, Pulse().felt() as pulse:
        await desk.begin()
        await checking.check(desk)

    assert sum(one["passed"] for one in await office.events(batch)) == 1000
    assert pulse.longest < 0.1
