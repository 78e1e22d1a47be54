"""The checker is tested too: a sender with a bug of the kind that it is there for does not get past it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from typing import Any

import pytest

from common.jobs import JobStore
from common.jobs.store import Claim, Heartbeat
from fortnox import NewVoucher, OutcomeUnknown, Voucher, VoucherRow
from fortnox.testing import FreePermit
from sandbox.histories.plan import draw
from voucher_sender import booking, closing, lookup, resolve, right
from voucher_sender.booking import Booking
from voucher_sender.content import to_send

AT_MOST = 60  # rough histories that a bug may survive
Patch = pytest.MonkeyPatch


def rough_seeds() -> list[int]:
    """Histories in which vouchers get lost on their way, or somebody dies over them."""
    plans = map(draw, count())
    return list(islice((plan.seed for plan in plans if plan.around_posts or plan.slow), AT_MOST))


def no_single_reads(patch: Patch) -> None:
    """Nothing is read after a list's end: no bug by itself, but a net under some, which these therefore take away."""

    async def nothing(*_: Any) -> tuple[Voucher, ...]:
        return ()

    patch.setattr(lookup, "read_on", nothing)


def no_marker(patch: Patch) -> None:
    """Looks see no marker. What is known without one guards no longer, either: rows, and that no marker is shown."""

    async def proven(*_: Any) -> None:
        pass

    patch.setattr(Booking, "_prove_by_single_read", proven)
    patch.setattr(resolve.Wanted, "looks_the_same", lambda *_: False)
    for module in (booking, closing, lookup, resolve):
        patch.setattr(module, "markers_in", lambda _comments: frozenset())


def blind_retry(patch: Patch) -> None:
    """An unknown outcome is taken for none."""

    async def find_out(*_: Any) -> list[Voucher]:
        return []

    patch.setattr(resolve, "find_out", find_out)


def receipt_before_commit(patch: Patch) -> None:
    """The receipt is written as if the voucher had got the next number, whatever Fortnox says."""
    post = Booking._post

    async def hopeful(self: Any, pending: Any) -> Voucher:
        try:
            return await post(self, pending)
        except OutcomeUnknown:
            sent = payload(self, pending)
            return Voucher(
                voucher_series=sent.voucher_series,
                voucher_number=self._highest + 1,
                year=self._desk.financial_year,
                transaction_date=sent.transaction_date,
                voucher_rows=[
                    VoucherRow(account=one.account, debit=one.debit, credit=one.credit) for one in sent.voucher_rows
                ],
            )

    patch.setattr(Booking, "_post", hopeful)


def wrong_lock(patch: Patch) -> None:
    """Nothing keeps a second sender out: neither the series' lock nor the job's fence, which guards it once more.

    The lock alone may go: who has lost the job is then stopped by its fence, in the very transaction of the intent.
    """

    no_single_reads(patch)

    async def lock(*_: Any) -> bool:
        return True

    extend = JobStore.extend

    async def extend_or_not(self: JobStore, claim: Claim) -> Heartbeat:
        return await extend(self, claim) or Heartbeat(kept=True, cancel_requested=False)

    patch.setattr(right, "_lock", lock)
    patch.setattr(JobStore, "hold", lock)
    patch.setattr(JobStore, "extend", extend_or_not)


def one_look(patch: Patch) -> None:
    """One look that misses proves that nothing is there, however late a list may be."""

    find_out = resolve.find_out

    async def look_once(desk: Any, pending: Any) -> list[Voucher]:
        over = pending.over_at or pending.ends_by
        return await find_out(desk, replace(pending, missed_at=over - desk.timing.settling))

    patch.setattr(resolve, "find_out", look_once)


def intent_after_post(patch: Patch) -> None:
    """What is about to be sent is written down when it has been sent."""
    no_single_reads(patch)
    intend = Booking._intend

    async def later(self: Any, *_: Any) -> float:
        return float(self._desk.clock.boottime() + self._desk.timing.post_within)

    async def note_over(self: Any, pending: Any) -> None:
        await intend(self, pending, payload(self, pending), FreePermit("", None, 0.0))

    patch.setattr(Booking, "_intend", later)
    patch.setattr(Booking, "_note_over", note_over)


def payload(booking: Any, pending: Any) -> NewVoucher:
    desk = booking._desk
    return to_send(desk.approved(pending.position), desk.command.series, pending.marker)


@pytest.mark.parametrize(
    ("bug", "caught_as"),
    [
        (no_marker, {"doubled"}),
        (blind_retry, {"doubled"}),
        (receipt_before_commit, {"false_receipts", "lost"}),
        (wrong_lock, {"doubled", "lost", "unexplained"}),
        (one_look, {"doubled"}),
        (intent_after_post, {"doubled"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_seeded_bug_is_caught(
    histories: Any, monkeypatch: Patch, figure: Any, bug: Callable[[Patch], None], caught_as: set[str]
) -> None:
    bug(monkeypatch)

    figures = histories(rough_seeds(), until_wrong=True)

    assert any(getattr(figures, name) for name in caught_as), figures.words
    figure(f"seeded bug {bug.__name__}: caught by history {figures.histories} of at most {AT_MOST}")
