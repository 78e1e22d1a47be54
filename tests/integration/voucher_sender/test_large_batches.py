"""A batch as large as the contract allows: the process goes on answering meanwhile."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from common.events.voucher_batches import VoucherRow
from voucher_sender import checking, checks


async def test_a_large_batch_is_checked_beside_the_event_loop(
    office: Any, a_batch: Any, voucher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    debit, credit = VoucherRow(account=7832, debit=Decimal(10)), VoucherRow(account=1229, credit=Decimal(10))
    vouchers = [voucher(number, rows=(debit, credit) * 30) for number in range(1000)]
    batch = await office.approve(a_batch(vouchers, policy="book_what_passes"))
    sender = office.sender()
    threads: list[threading.Thread] = []
    run = checks.run

    def run_and_tell_where(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return run(*arguments)

    monkeypatch.setattr(checks, "run", run_and_tell_where)
    async with sender.desk(await office.claim(sender)) as desk:
        await desk.begin()
        await checking.check(desk)

    assert sum(one["passed"] for one in await office.events(batch)) == 1000
    assert threads
    assert threading.current_thread() not in threads
