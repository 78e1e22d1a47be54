"""Finds out whether a voucher whose outcome is unknown was booked: looked for before anything is sent again.

When may a look that finds nothing be trusted? The intent was committed at I; its POST began within 2 s of that and
ended within the call timeout, or is known to have ended at E. Before that a look proves nothing, since the POST may
be on its way. After it Fortnox's lists may lag by the settling time. So it takes two looks that miss, the first
begun after E (else I + 2 s + timeout, which is kept with the intent), the second begun a settling time later. That is
also what a takeover waits, since it knows no more than the intent. All these times are the database's, the same for
all replicas.

What does a look read? The one that proves absence reads the whole series, all pages with steady totals, and rests on
no filter of Fortnox's. The ones before it are there to find, or to mark the time: they let Fortnox narrow the list to
what was made or changed since the intent, which is one page however long the series is. Should that filter leave our
voucher out, it is found later and not sent twice. A voucher that was sent before may have been made long before its
latest intent, so that for it every look is a whole one.

Every look goes on with single reads, which don't lag: of the numbers above the highest that the series had when the
intent was written, those that the list leaves out, and the ones that would come next. Ours may have a number at or
below that highest one, too: the last vouchers of a series can be deleted, and then their numbers come again. Hence no
look goes by numbers alone.

Nor by the marker alone: anybody can clear a comment, and anonymising a year does (Fortnox fact 5.8). The look that
proves absence therefore compares rows: an unmarked voucher that came since, or has our text, and that has our day and
rows is for a person to judge. So is a marker that the list shows and the voucher itself doesn't. Neither is absence.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from common.events.voucher_batches import ApprovedVoucher
from common.problems import Problem
from fortnox import Voucher, VoucherListItem
from voucher_sender import lookup
from voucher_sender.content import approved_lines, booked_lines, rows_hash
from voucher_sender.doubts import receipt_found
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in
from voucher_sender.problems import UNCERTAIN_CONTRADICTED, UNCERTAIN_GAP, UNCERTAIN_LOOK_ALIKE, UNCERTAIN_UNSEEN
from voucher_sender.repository import Decisions, Pending, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()

CLOCKS_APART = timedelta(hours=4)
"""How much earlier than the intent a narrowed look begins. `lastmodified` is read as Swedish local time (Fortnox fact
14), in which an hour comes twice in autumn: 1 h. Were it read as UTC after all: 2 h. The rest is for clocks that
differ."""


class Uncertain(Exception):
    """It can't be known yet: the voucher and the later ones of its series wait."""

    def __init__(self, pending: Pending, next_try: datetime, problem: Problem, **data: Any) -> None:
        super().__init__(problem.code)
        self.pending = pending
        self.next_try = next_try
        self.error = problem.error(**data)


class HeldBack(Exception):
    """Of another batch's voucher in the series it can't be known yet whether it is there: nothing is sent meanwhile."""


@dataclass(frozen=True)
class Look:
    """What one look at a series gave."""

    booked: list[Voucher]
    """The vouchers that carry the marker."""
    doubts: list[tuple[Problem, list[int]]]
    """Why the voucher may be there all the same, and the numbers in question."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for."""

    marker: str
    above: int
    """The highest number that the series had before."""
    day: date | None
    voucher: ApprovedVoucher | None
    """As it was approved; None where that is no longer kept."""

    def alike(self, item: VoucherListItem) -> bool:
        """Whether a voucher could be this one by its day and text; where no text is known, by its day."""
        if self.voucher is None:
            return item.transaction_date == self.day
        return lookup.like([self.voucher])(item)

    def suspicious(self, item: VoucherListItem) -> bool:
        """Whether it could be this one though it carries no marker of ours."""
        if markers_in(item.comments) or item.transaction_date != self.day:
            return False
        return item.voucher_number > self.above or (self.voucher is not None and self.alike(item))

    def looks_the_same(self, booked: Voucher) -> bool:
        """Whether one that is suspicious has the rows, too."""
        if not self.suspicious(booked):
            return False
        return self.voucher is None or rows_hash(booked_lines(booked)) == rows_hash(approved_lines(self.voucher))


async def find_out(desk: Desk, pending: Pending) -> list[Voucher]:
    """The vouchers in Fortnox that are this one; an empty list when it is proven that there is none.

    Raises Uncertain while that can't be known.
    """
    began = await _now(desk)
    proves = pending.missed_at is not None and began >= pending.missed_at + desk.timing.settling
    look = await look_for(desk, pending, proves=proves)
    if look.booked:
        log.info("voucher.found", times=len(look.booked))
        return look.booked
    for problem, numbers in look.doubts:
        raise Uncertain(pending, began + desk.timing.lost, problem, numbers=", ".join(map(str, numbers)))
    if not proves:
        raise Uncertain(pending, await _next_look(desk, pending, began), UNCERTAIN_UNSEEN)
    log.info("voucher.proven-absent")
    return []


async def clear(desk: Desk) -> None:
    """Finds out about vouchers of other batches in the series, ended or not. Raises HeldBack while that can't be known.

    One that is seen gets its receipt here when its batch has ended; else that comes with its own batch.
    """
    async with desk.sender.pool.acquire() as connection:
        doubts = await Vouchers(connection).in_doubt(
            desk.tenant, desk.command.series, desk.financial_year, desk.command.batch_id
        )
    for pending in doubts:
        try:
            found = await find_out(desk, pending)
        except Uncertain as uncertain:
            raise HeldBack from uncertain
        async with desk.transaction() as connection:
            seen = found[0].voucher_number if found else None
            if not await receipt_found(desk, connection, pending, found):
                await Vouchers(connection).found_out(desk.tenant, pending, seen)


async def look_for(desk: Desk, pending: Pending, *, proves: bool) -> Look:
    """One look: the series by the list, whole or narrowed, then singly what the list may leave out."""
    assert pending.series is not None
    assert pending.financial_year is not None
    assert pending.intended_at is not None
    whole = proves or pending.posts > 1
    since = None if whole else pending.intended_at - CLOCKS_APART
    shelf = await lookup.read(desk.fortnox, pending.series, pending.financial_year, since=since)
    wanted = await _wanted(desk, pending)
    marked = shelf.marked(wanted.marker)
    # However many these are, all are read: one left out would be taken for absence, and booked again.
    found = await lookup.read_singly(desk.fortnox, shelf, marked or shelf.suspects(wanted.alike, wanted.above))
    if marked or _booked(wanted, found):
        return Look(_booked(wanted, found), [(UNCERTAIN_CONTRADICTED, marked)])
    probed, unexplained = await _probe(desk, shelf, wanted.above)
    found += probed
    if proves:
        read = {one.voucher_number for one in found}
        suspects = [one.voucher_number for one in shelf.items if wanted.suspicious(one)]
        found += await lookup.read_singly(desk.fortnox, shelf, [one for one in suspects if one not in read])
    alike = [one.voucher_number for one in found if wanted.looks_the_same(one)] if proves else []
    doubts = [(UNCERTAIN_GAP, unexplained), (UNCERTAIN_LOOK_ALIKE, alike)]
    return Look(_booked(wanted, found), [(problem, numbers) for problem, numbers in doubts if numbers])


async def _wanted(desk: Desk, pending: Pending) -> Wanted:
    above = pending.highest_number or 0
    if pending.position:
        voucher = desk.approved(pending.position)
        return Wanted(pending.marker, above, voucher.date, voucher)
    async with desk.sender.pool.acquire() as connection:
        known = await Vouchers(connection).known(desk.tenant, [pending.voucher_id])
        content = await Decisions(connection).approved(known[pending.voucher_id].batch_id, pending.voucher_id)
    kept = ApprovedVoucher.model_validate(content) if content else None
    return Wanted(pending.marker, above, pending.voucher_date, kept)


def _booked(wanted: Wanted, found: list[Voucher]) -> list[Voucher]:
    return [one for one in found if wanted.marker in markers_in(one.comments)]


async def _probe(desk: Desk, shelf: Shelf, above: int) -> tuple[list[Voucher], list[int]]:
    """Reads singly the numbers above the stored one that the list leaves out, and those that would come next.

    A series has no gaps: only its last voucher can be deleted, and then the number comes again (Fortnox fact 5.8).
    Hence a whole list that ends below the stored number is gone on from its end, too. Beside what is there come the
    numbers that nobody explains.
    """
    shown = {one.voucher_number for one in shelf.items}
    hidden = [number for number in range(above + 1, shelf.highest + 1) if number not in shown]
    found = await lookup.read_singly(desk.fortnox, shelf, hidden)
    unexplained = sorted({*hidden} - {one.voucher_number for one in found})
    last = max(shelf.highest, above)
    if shelf.whole and shelf.highest < above:
        found += await lookup.read_on(desk.fortnox, shelf, shelf.highest)
        last = max([above, *(one.voucher_number for one in found)])
    return [*found, *await lookup.read_on(desk.fortnox, shelf, last)], unexplained


async def _next_look(desk: Desk, pending: Pending, began: datetime) -> datetime:
    """When to look next, after a look begun at `began` that missed. The first that counts is kept."""
    assert pending.intended_at is not None
    over = pending.over_at or pending.ends_by or pending.intended_at + desk.timing.longest_post
    if began < over:
        return over
    if pending.missed_at is not None:
        return pending.missed_at + desk.timing.settling
    async with desk.transaction() as connection:
        await Vouchers(connection).missed(desk.tenant, pending.voucher_id, began)
    return began + desk.timing.settling


async def _now(desk: Desk) -> datetime:
    async with desk.sender.pool.acquire() as connection:
        return await Vouchers(connection).clock()
