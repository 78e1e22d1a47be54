"""What the check knows from before: what became of a voucher_id, and what in the books looks like the voucher."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from common.events.voucher_batches import ApprovedVoucher, VouchersApproved
from common.events.vouchers import Finding, Standing
from voucher_sender import findings as words
from voucher_sender.content import COST_CENTRE, PROJECT, content_hash, object_of
from voucher_sender.findings import doubtful, wrong
from voucher_sender.look_alikes import Booked, Books, Place, likeness
from voucher_sender.marks import Marks
from voucher_sender.registers import Registers
from voucher_sender.repository import KnownVoucher, State

MOST_NAMED = 5  # vouchers that look the same; more are counted
OURS_ALREADY = frozenset({State.INTENDED, State.BOOKED, State.DUPLICATED})
"""What is in the books, or may be, by our own doing: it looks like itself."""
NOT_THERE = frozenset({State.APPROVED, State.REJECTED})
"""What is not in the books, unless the database was restored from a copy."""


@dataclass(frozen=True)
class Known:
    """What we know beside the registers: of vouchers with the batch's ids, of the series' lock, and of the books."""

    batch_id: UUID
    vouchers: Mapping[str, KnownVoucher] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    """By voucher_id."""
    series_is_lockable: bool | None = None
    """None: not known; Fortnox tells it only by refusing (Fortnox fact 5.8)."""
    books: Books | None = None
    """None: not read, or not readable."""
    receipted: Mapping[Booked, bool] = field(default_factory=dict)
    """Those of the look-alikes that are what a receipt of ours names, and whether they had our marker then."""
    marks: Marks = field(default_factory=Marks)
    """The markers at places where only they can tell."""


def history(voucher: ApprovedVoucher, series: str, financial_year: int | None, known: Known) -> Iterator[Finding]:
    """What became of this voucher_id before; `financial_year` is Fortnox's id of the batch's."""
    before = known.vouchers.get(voucher.voucher_id)
    if before is None or before.state in NOT_THERE:
        yield from _forgotten(voucher.voucher_id, series, known)
    if before is None:
        return
    same = before.content_hash == content_hash(voucher)
    if before.state is State.BOOKED:
        yield from _booked_before(before, financial_year, known, same=same)
    elif before.state is State.DUPLICATED:
        yield wrong(words.NEEDS_DECISION, voucher.voucher_id)
    elif before.batch_id != known.batch_id and not before.batch_ended and before.state is not State.REJECTED:
        yield wrong(words.IN_PROGRESS, voucher.voucher_id, batch=before.batch_id)
    elif before.state is State.INTENDED and not same:
        yield wrong(words.CHANGED_WHILE_UNCERTAIN, voucher.voucher_id)


def look_alikes(voucher: ApprovedVoucher, known: Known) -> Iterator[Finding]:
    """Vouchers in whatever series with the same date, accounts and amounts that are not ours."""
    strangers = [one for one in alike(voucher, known) if not _is_ours(one, known)]
    if strangers:
        places = ", ".join(f"{one.series} {one.number}" for one in strangers[:MOST_NAMED])
        more = f" (och {len(strangers) - MOST_NAMED} till)" if len(strangers) > MOST_NAMED else ""
        yield doubtful(words.LOOKS_THE_SAME, voucher.voucher_id, places=places + more)


def undeclared(voucher: ApprovedVoucher, registers: Registers, known: Known) -> Iterator[Finding]:
    """Cost centres and projects that the books don't know, where the registers are not ours to read."""
    if known.books is None:
        return
    for dimension, what, register in (
        (COST_CENTRE, "Kostnadsställe", registers.cost_centres),
        (PROJECT, "Projekt", registers.projects),
    ):
        declared = known.books.objects.get(dimension, frozenset())
        for number, row in enumerate(voucher.rows, start=1):
            code = object_of(row, dimension)
            if code and register is None and code not in declared:
                told = partial(doubtful, words.NOT_DECLARED, voucher.voucher_id, row=number)
                yield told(what=what, object=code, dimension=dimension)


def alike(voucher: ApprovedVoucher, known: Known) -> tuple[Booked, ...]:
    """What looks like the voucher, unless that may be itself."""
    before = known.vouchers.get(voucher.voucher_id)
    looks = likeness(voucher)
    if known.books is None or looks is None or (before is not None and before.state in OURS_ALREADY):
        return ()
    return known.books.alike.get(looks, ())


def standing(before: KnownVoucher, known: Known) -> Standing | None:
    """How the books have a voucher that we booked; None when nobody can tell.

    By its marker, where that was looked at and was there once; else by place, date and rows, as the books have them.
    """
    place = (before.series or "", before.number or 0)
    markers, as_booked = known.marks.at(place), _stands_as_booked(before, known)
    if before.marker in (markers or ()):
        return Standing.AS_BOOKED if as_booked or known.books is None else Standing.CHANGED
    if known.marks.places(before.marker):
        return Standing.CHANGED
    if markers is not None and before.marked:
        return Standing.UNMARKED if as_booked and not markers else Standing.GONE
    if markers or before.superseded:
        return Standing.GONE
    if known.books is None:
        return None
    return Standing.AS_BOOKED if as_booked else Standing.GONE


def places(known: Known, financial_year: int) -> set[Place]:
    """Where the year's books must have the vouchers that we booked before."""
    return {(one.series, one.number) for one in _booked(known, financial_year) if one.series and one.number}


def unsure(batch: VouchersApproved, financial_year: int, known: Known) -> set[Place]:
    """Where only a marker tells what the books have: at the places of what we booked, and of look-alikes."""
    return places(known, financial_year) | {one.place for voucher in batch.vouchers for one in alike(voucher, known)}


def _booked(known: Known, financial_year: int) -> Iterator[KnownVoucher]:
    for one in known.vouchers.values():
        if one.state is State.BOOKED and one.financial_year == financial_year:
            yield one


def _stands_as_booked(before: KnownVoucher, known: Known) -> bool:
    """Whether the books have at its place a voucher of that day with the rows that were booked."""
    booked = known.books.at.get((before.series or "", before.number or 0)) if known.books else None
    return booked is not None and (booked.voucher_date, booked.rows_hash) == (before.voucher_date, before.rows_hash)


def _forgotten(voucher_id: str, series: str, known: Known) -> Iterator[Finding]:
    """In Fortnox with our marker, though not in our database, which may have been restored from a copy.

    In the batch's own series booking finds it, and makes its receipt. In another one nothing but this keeps it from
    being booked again.
    """
    marker = known.markers.get(voucher_id)
    for code, number in known.marks.places(marker) if marker is not None else []:
        if code == series:
            yield doubtful(words.ALREADY_BOOKED, voucher_id, place=f"{code} {number}")
        else:
            yield wrong(words.IN_ANOTHER_SERIES, voucher_id, place=f"{code} {number}", series=code)


def _booked_before(before: KnownVoucher, financial_year: int | None, known: Known, *, same: bool) -> Iterator[Finding]:
    if not same:
        yield wrong(words.CHANGED_SINCE_BOOKED, before.voucher_id, place=before.place)
        return
    yield doubtful(words.ALREADY_BOOKED, before.voucher_id, place=before.place)
    found = standing(before, known) if before.financial_year == financial_year else None
    if problem := words.CONTRARY.get(found or Standing.AS_BOOKED):
        yield doubtful(problem, before.voucher_id, place=before.place)


def _is_ours(booked: Booked, known: Known) -> bool:
    """Whether what looks the same is a voucher of ours: by any marker of ours, or by a receipt that speaks for it."""
    markers = known.marks.at(booked.place)
    if markers or booked not in known.receipted:
        return bool(markers)
    return markers is None or not known.receipted[booked]
