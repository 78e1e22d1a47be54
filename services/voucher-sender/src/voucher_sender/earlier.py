"""What the check knows from before: what became of a voucher_id, and what in the books looks like the voucher."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from common.events.voucher_batches import ApprovedVoucher, VouchersApproved
from common.events.vouchers import Finding
from voucher_sender import findings as words
from voucher_sender.content import COST_CENTRE, PROJECT, content_hash, object_of
from voucher_sender.findings import doubtful, wrong
from voucher_sender.look_alikes import Booked, Books, Place, likeness
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in
from voucher_sender.registers import Registers
from voucher_sender.repository import KnownVoucher, State

MOST_NAMED = 5  # vouchers that look the same; more are counted
OURS_ALREADY = frozenset({State.INTENDED, State.BOOKED, State.DUPLICATED})
"""What is in the books, or may be, by our own doing: it looks like itself."""


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
    receipted: frozenset[Booked] = frozenset()
    """Those of the look-alikes that we have a receipt of."""
    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    """The lists of series that had to be read, since only a marker could tell."""


def history(voucher: ApprovedVoucher, financial_year: int | None, known: Known) -> Iterator[Finding]:
    """What became of this voucher_id before; `financial_year` is Fortnox's id of the batch's."""
    before = known.vouchers.get(voucher.voucher_id)
    if before is None:
        yield from _forgotten(voucher.voucher_id, known)
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
    strangers = [one for one in alike(voucher, known) if one not in known.receipted and not _marked(one, known)]
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


def stands_unchanged(before: KnownVoucher, known: Known) -> bool:
    """Whether the books have the voucher at its place, with the rows that were booked."""
    if known.books is None or before.series is None or before.number is None:
        return False
    booked = known.books.at.get((before.series, before.number))
    return booked is not None and booked.rows_hash == before.rows_hash


def places(known: Known, financial_year: int) -> set[Place]:
    """Where the year's books must have the vouchers that we booked before."""
    return {(one.series, one.number) for one in _booked(known, financial_year) if one.series and one.number}


def unsure(batch: VouchersApproved, financial_year: int, known: Known) -> set[str]:
    """The series in which only a marker tells: of what we booked and the books don't have, and of look-alikes."""
    missed = {one.series for one in _booked(known, financial_year) if one.series and not stands_unchanged(one, known)}
    strangers = {
        one.series for voucher in batch.vouchers for one in alike(voucher, known) if one not in known.receipted
    }
    return missed | strangers & {batch.series}


def _booked(known: Known, financial_year: int) -> Iterator[KnownVoucher]:
    for one in known.vouchers.values():
        if one.state is State.BOOKED and one.financial_year == financial_year:
            yield one


def _forgotten(voucher_id: str, known: Known) -> Iterator[Finding]:
    """In Fortnox with our marker, though not in our database, which may have been restored from a copy."""
    marker = known.markers.get(voucher_id)
    for shelf in known.shelves.values():
        for number in shelf.marked(marker) if marker is not None else []:
            yield doubtful(words.ALREADY_BOOKED, voucher_id, place=f"{shelf.series} {number}")


def _booked_before(before: KnownVoucher, financial_year: int | None, known: Known, *, same: bool) -> Iterator[Finding]:
    if not same:
        yield wrong(words.CHANGED_SINCE_BOOKED, before.voucher_id, place=before.place)
        return
    yield doubtful(words.ALREADY_BOOKED, before.voucher_id, place=before.place)
    if before.financial_year == financial_year and not stands_unchanged(before, known):
        yield from _missed(before, known)


def _missed(before: KnownVoucher, known: Known) -> Iterator[Finding]:
    """It is not in the books as it was booked: gone, or changed there. Series and number alone never tell."""
    shelf = known.shelves.get(before.series or "")
    if shelf is not None and shelf.marked(before.marker):
        if known.books is not None:
            yield doubtful(words.CHANGED_IN_FORTNOX, before.voucher_id, place=before.place)
    elif known.books is not None or (shelf is not None and shelf.shows_markers):
        yield doubtful(words.GONE_FROM_FORTNOX, before.voucher_id, place=before.place)


def _marked(booked: Booked, known: Known) -> bool:
    """Whether its marker is seen, where its series was read."""
    shelf = known.shelves.get(booked.series)
    item = shelf.find(booked.number) if shelf is not None else None
    return item is not None and bool(markers_in(item.comments))
