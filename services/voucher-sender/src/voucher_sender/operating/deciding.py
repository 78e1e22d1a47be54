"""A person's decision about a voucher that could not be decided here, made safely beside the running senders.

Nothing of what the senders do at the same time can cross it: it holds the right to post in the series, and while it
writes, the batch's job and the voucher's row. Before that Fortnox is asked, so that a person's mistake is told instead
of kept: what is said to be booked is read and compared, and what is said not to be booked must not be seen.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from common.database import Connection
from common.events import EventData, VoucherRejected
from common.events.envelope import new_event
from common.jobs import JobStore
from common.leases import ConnectorAway, LeaseRefused
from common.messaging.outbox import Outbox
from fortnox import Client, FortnoxError, Voucher
from voucher_sender import doubts, findings, lookup, problems
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in
from voucher_sender.reasons import word_of
from voucher_sender.repository import Decisions, Doubt, Outcome, Place, Receipt, Receipts, Vouchers
from voucher_sender.right import RightTaken, right_to_post
from voucher_sender.sender import CountedPermits, Sender

LAST_FEW = 5  # of a series' vouchers may have been deleted and their numbers come again (Fortnox fact 5.8)


@dataclass(frozen=True)
class Wish:
    """What a person decides."""

    connection_id: UUID
    voucher_id: str
    booked_as: Place | None
    """None: it is not booked."""
    reason: str
    decided_by: str
    although_it_differs: bool = False


@dataclass(frozen=True)
class Decider:
    """Decides with a sender's means."""

    sender: Sender
    outbox: Outbox
    source: str

    async def decide(self, wish: Wish) -> Sequence[EventData]:
        """Keeps the decision and returns what was told of it. Raises ProblemError when it can't be so."""
        async with self.sender.pool.acquire() as connection:
            doubt = await self._doubt(connection, wish)
        async with self._right(doubt) as session:
            await _respect_receipt(session, doubt, wish)
            booked, differences = await self._look(session, doubt, wish)
            async with session.transaction():
                return await self._write(session, doubt, wish, booked, differences)

    async def _doubt(self, connection: Connection, wish: Wish) -> Doubt:
        doubt = await Decisions(connection).find(wish.connection_id, wish.voucher_id)
        if doubt is None:
            raise problems.NOTHING_TO_DECIDE.error(voucher_id=wish.voucher_id)
        return doubt

    @asynccontextmanager
    async def _right(self, doubt: Doubt) -> AsyncIterator[Connection]:
        """The session that holds the right to post in the voucher's series."""
        assert doubt.series is not None
        try:
            async with right_to_post(self.sender.open_session, doubt.tenant, doubt.series, self.sender.clock) as right:
                yield right.session
        except RightTaken:
            raise problems.DECISION_BUSY.error() from None

    async def _look(self, session: Connection, doubt: Doubt, wish: Wish) -> tuple[Voucher | None, tuple[str, ...]]:
        """What Fortnox says to it: the voucher that counts, if one does, and how it differs."""
        try:
            async with self._fortnox(wish.connection_id) as (fortnox, permits):
                if wish.booked_as is None:
                    await self._not_there(session, fortnox, doubt)
                    found = None
                else:
                    found = await _read(fortnox, wish.booked_as)
        except (FortnoxError, LeaseRefused, ConnectorAway) as error:
            raise problems.DECISION_CANT_LOOK.error(reason=word_of(error)) from error  # type: ignore[arg-type]
        if permits.tenant != doubt.tenant:
            raise problems.OTHER_COMPANY.error()
        if found is None:
            return None, ()
        await _respect_others(session, doubt, found)
        differences = await doubts.differences(session, doubt, found)
        if differences and not wish.although_it_differs:
            raise problems.DECISION_DIFFERS.error(place=wish.booked_as, differences="; ".join(differences))
        return found, differences

    async def _not_there(self, session: Connection, fortnox: Client, doubt: Doubt) -> None:
        """Raises ProblemError when it is, or when it is too early to say so."""
        began, over = await Vouchers(session).clock(), doubt.over_at or doubt.ends_by
        places = await _seen(fortnox, doubt)
        if places:
            raise problems.DECISION_SEEN.error(places=", ".join(places))
        if over is not None and began < (sure_from := over + self.sender.timing.settling):
            raise problems.DECISION_TOO_EARLY.error(sure_from=f"{sure_from:%Y-%m-%d %H:%M:%S} UTC")

    @asynccontextmanager
    async def _fortnox(self, connection_id: UUID) -> AsyncIterator[tuple[Client, CountedPermits]]:
        async with self.sender.permits(connection_id) as permits:
            counted = CountedPermits(permits)
            async with Client(
                counted,
                base_url=self.sender.fortnox_url,
                transport=self.sender.transport,
                timeout=self.sender.timing.call_timeout,
            ) as fortnox:
                yield fortnox, counted

    async def _write(
        self, session: Connection, doubt: Doubt, wish: Wish, booked: Voucher | None, differences: tuple[str, ...]
    ) -> Sequence[EventData]:
        """Decision, state, outcome and events in one transaction; then the batch that waits goes on."""
        decisions = Decisions(session)
        if not await decisions.take_job(doubt.batch_id) or not await decisions.hold(doubt):
            raise problems.DECISION_BUSY.error()
        await decisions.keep(doubt, wish.booked_as, differences, wish.reason, wish.decided_by)
        if await _receipt_of(session, doubt):
            await Vouchers(session).booked(doubt.tenant, doubt.voucher_id)
            told: Sequence[EventData] = []  # it had been booked before its double was found: that was told, and stands
        elif booked is not None:
            told = await doubts.receipt(session, doubt, booked, differences, decided=True)
        elif doubt.ended:
            told = await _rejection(session, doubt)
        else:
            await decisions.release(doubt)
            await decisions.settle(doubt, None, [])
            told = []
        cause, now = await doubts.cause(decisions, doubt), self.sender.clock.now()
        await self.outbox.add(session, *(new_event(one, source=self.source, time=now, cause=cause) for one in told))
        await JobStore(session).wake(doubt.told_to)
        return told


async def _respect_receipt(session: Connection, doubt: Doubt, wish: Wish) -> None:
    """A doubled voucher may have its receipt already, and that never changes. Raises ProblemError."""
    receipt = await _receipt_of(session, doubt)
    if receipt is not None:
        place = Place(receipt.series, receipt.number, receipt.financial_year)
        if wish.booked_as != place:
            raise problems.DECISION_RECEIPT.error(place=place)


async def _respect_others(session: Connection, doubt: Doubt, booked: Voucher) -> None:
    """What is another voucher of ours is never this one's, whoever says so. Raises ProblemError.

    Without any marker there it is another one's if that has its receipt on it. With ours its number has come again.
    """
    place, markers = Place(booked.voucher_series, booked.voucher_number, booked.year), markers_in(booked.comments)
    other: str | None = ", ".join(sorted(markers - {doubt.marker}))
    if not markers:
        other = await Decisions(session).receipted_as(doubt.tenant, place, doubt.voucher_id)
    if other:
        raise problems.DECISION_ANOTHERS.error(place=place, other=other)


async def _receipt_of(session: Connection, doubt: Doubt) -> Receipt | None:
    return (await Receipts(session).get(doubt.tenant, [doubt.voucher_id])).get(doubt.voucher_id)


async def _read(fortnox: Client, place: Place) -> Voucher:
    found = await lookup.read_singly(fortnox, Shelf(place.series, place.financial_year, ()), [place.number])
    if not found:
        raise problems.DECISION_NOT_THERE.error(place=place, financial_year=place.financial_year)
    return found[0]


async def _seen(fortnox: Client, doubt: Doubt) -> list[str]:
    """Where the voucher's marker is seen in its series: in the list, and in each that the list may leave out."""
    assert doubt.series is not None
    assert doubt.financial_year is not None
    shelf = await lookup.read(fortnox, doubt.series, doubt.financial_year)
    shown = {one.voucher_number: one for one in shelf.items}
    above = doubt.highest_number or 0
    hidden = [number for number in range(above + 1, shelf.highest + 2) if number not in shown]
    new = [number for number in shown if number > above - LAST_FEW]
    alike = [number for number, one in shown.items() if one.transaction_date == doubt.voucher_date]
    suspects = hidden if shelf.shows_markers else sorted({*hidden, *new, *alike})
    singly = [
        one.voucher_number
        for one in await lookup.read_singly(fortnox, shelf, suspects)
        if doubt.marker in markers_in(one.comments)
    ]
    return [f"{doubt.series} {number}" for number in sorted({*shelf.marked(doubt.marker), *singly})]


async def _rejection(session: Connection, doubt: Doubt) -> Sequence[EventData]:
    """The batch has ended: the voucher is free for another one."""
    finding = findings.wrong(findings.DECIDED_NOT_BOOKED, doubt.voucher_id)
    await Vouchers(session).rejected(doubt.tenant, doubt.voucher_id, proven_absent=True)
    await Decisions(session).settle(doubt, Outcome.REJECTED, [finding.model_dump(mode="json")])
    return [
        VoucherRejected(
            connection_id=doubt.told_to, batch_id=doubt.batch_id, voucher_id=doubt.voucher_id, findings=(finding,)
        )
    ]
