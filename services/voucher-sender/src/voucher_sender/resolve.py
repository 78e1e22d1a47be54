"""Finds out whether a voucher whose outcome is unknown was booked: looked for before anything is sent again.

When may a look that finds nothing be trusted? The intent was committed at I; its POST began within 2 s of that and
ended within the call timeout, or is known to have ended at E. Before that a look proves nothing, since the POST may
be on its way. After it Fortnox's lists may lag by the settling time. So it takes two looks that miss, the first
begun after E (else I + 2 s + timeout), the second begun a settling time later. That is also what a takeover waits,
since it knows no more than the intent. All these times are the database's, the same for all replicas.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

import structlog

from common.problems import Problem
from fortnox import Voucher
from voucher_sender import lookup
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in
from voucher_sender.problems import UNCERTAIN_GAP, UNCERTAIN_UNSEEN
from voucher_sender.repository import Pending, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()


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
    """What one look at a series gave: the vouchers that carry the marker, and numbers that nobody explains."""

    booked: list[Voucher]
    unexplained: list[int]


async def find_out(desk: Desk, pending: Pending) -> list[Voucher]:
    """The vouchers in Fortnox that are this one; an empty list when it is proven that there is none.

    Raises Uncertain while that can't be known.
    """
    began = await _now(desk)
    look = await look_for(desk, pending)
    if look.booked:
        log.info("voucher.found", times=len(look.booked))
        return look.booked
    if look.unexplained:
        numbers = ", ".join(map(str, look.unexplained))
        raise Uncertain(pending, began + desk.timing.lost, UNCERTAIN_GAP, numbers=numbers)
    next_look = await _judge(desk, pending, began)
    if next_look is not None:
        raise Uncertain(pending, next_look, UNCERTAIN_UNSEEN)
    log.info("voucher.proven-absent")
    return []


async def clear(desk: Desk) -> None:
    """Finds out about vouchers of other batches in the series, ended or not. Raises HeldBack while that can't be known.

    Where one is seen, nothing is told here: its receipt comes with its own batch, or with the one that sends it again.
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
        async with desk.job.transaction() as connection:
            seen = found[0].voucher_number if found else None
            await Vouchers(connection).found_out(desk.tenant, pending, seen)


async def look_for(desk: Desk, pending: Pending) -> Look:
    """One look: the whole series by the list, then singly what the list may leave out."""
    assert pending.series is not None
    assert pending.financial_year is not None
    shelf = await lookup.read(desk.fortnox, pending.series, pending.financial_year)
    above = pending.highest_number or 0
    suspects = shelf.unmarked(above, [pending.voucher_date] if pending.voucher_date else [])
    booked = await lookup.read_marked(desk.fortnox, shelf, pending.marker, suspects)
    if booked:
        return Look(booked, [])
    return await _probe(desk, shelf, above, pending.marker)


async def _probe(desk: Desk, shelf: Shelf, above: int, marker: str) -> Look:
    """Reads singly the numbers above the stored one that the list leaves out, and those that would come next.

    A series has no gaps: only its last voucher can be deleted, and then the number comes again (Fortnox fact 5.8).
    """
    booked, unexplained = [], []
    shown = {one.voucher_number for one in shelf.items}
    hidden = [number for number in range(above + 1, shelf.highest + 1) if number not in shown]
    for number in chain(hidden, count(max(shelf.highest, above) + 1)):
        voucher = await lookup.read_one(desk.fortnox, shelf, number)
        if voucher is None and number > shelf.highest:
            break
        if voucher is None:
            unexplained.append(number)
        elif marker in markers_in(voucher.comments):
            booked.append(voucher)
    return Look(booked, unexplained)


async def _judge(desk: Desk, pending: Pending, began: datetime) -> datetime | None:
    """When to look next; None when this look, begun at `began`, proves that the voucher is not there."""
    assert pending.intended_at is not None
    longest = timedelta(seconds=desk.timing.post_within + desk.timing.call_timeout)
    over = pending.over_at or pending.intended_at + longest
    if began < over:
        return over
    if pending.missed_at is None:
        async with desk.job.transaction() as connection:
            await Vouchers(connection).missed(desk.tenant, pending.voucher_id, began)
        return began + desk.timing.settling
    proven_at = pending.missed_at + desk.timing.settling
    return None if began >= proven_at else proven_at


async def _now(desk: Desk) -> datetime:
    async with desk.sender.pool.acquire() as connection:
        return await Vouchers(connection).clock()
