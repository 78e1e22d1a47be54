"""The first step of a correction: reads the originals, and makes the batch that it comes to, or refuses it whole.

Between this reading and the sending an original can still be changed: Fortnox books nothing on a condition. An attempt
that goes on where an earlier one left off reads them once more before it sends (`look_again`).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence

import structlog

from common.events.types import FinancialYear
from common.events.voucher_batches import VouchersCorrectionRequested
from common.events.vouchers import BookedAs
from common.problems import Problem
from fortnox import FinancialYear as FortnoxYear
from fortnox import NotFound, Voucher
from voucher_sender import refusals, waiting
from voucher_sender.correcting import reversals, words
from voucher_sender.correcting.correction import Correction, heading, note, reversing_id
from voucher_sender.correcting.originals import Original, Reversal, place_of, written
from voucher_sender.correcting.reversals import Entry, Place
from voucher_sender.findings import wrong
from voucher_sender.marker import marker_of, markers_in
from voucher_sender.problems import OTHERS_FAILED
from voucher_sender.registers import year_like
from voucher_sender.repository import Asked, Corrections, Receipts, State, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()

Years = dict[int, FortnoxYear]


class ClaimLost(Exception):
    """Another correction took one of the vouchers in hand while this one was prepared: look again."""


async def prepare(desk: Desk) -> bool:
    """Makes the correction's batch the desk's; False when it was refused, which is its end."""
    while True:
        with contextlib.suppress(ClaimLost):
            return await _prepare(desk)


async def _prepare(desk: Desk) -> bool:
    request = desk.job.command
    assert isinstance(request, VouchersCorrectionRequested)
    years = {year.id: year for year in await desk.fortnox.financial_years()}
    originals = await _read(desk, request, request.voucher_ids)
    reversed_by = await _reversals(desk, request, originals, years)
    verdicts = [one.verdict(reversed_by.get(one.voucher_id)) for one in originals]
    refused = [one for one in verdicts if one.findings]
    if refused:
        error = words.CORRECTION_REFUSED.error(refused=len(refused), vouchers=len(verdicts))
        await waiting.refuse(desk, error, refused)
        log.info("correction.refused", vouchers=len(verdicts), refused=len(refused))
        return False
    await _keep(desk, request, _correction(request, originals, years))
    return True


async def look_again(desk: Desk) -> None:
    """Rejects what an earlier attempt prepared and did not send, when an original is no more what it was then.

    All or nothing holds for what is left.
    """
    request, correction = desk.job.command, desk.command
    if not isinstance(request, VouchersCorrectionRequested) or not isinstance(correction, Correction):
        return
    async with desk.sender.pool.acquire() as connection:
        pending = await Vouchers(connection).pending(correction.batch_id)
    unsent = {correction.originals[one.position - 1]: one for one in pending if one.state is State.APPROVED}
    if not unsent:
        return
    years = {year.id: year for year in await desk.fortnox.financial_years()}
    originals = await _read(desk, request, list(unsent))
    reversed_by = await _reversals(desk, request, originals, years)
    verdicts = [one.verdict(reversed_by.get(one.voucher_id)) for one in originals]
    if any(one.findings for one in verdicts):
        for one in verdicts:
            found = one.findings or (wrong(OTHERS_FAILED, unsent[one.voucher_id].voucher_id),)
            await refusals.settle(desk, unsent[one.voucher_id], found)


async def _read(desk: Desk, request: VouchersCorrectionRequested, voucher_ids: Sequence[str]) -> list[Original]:
    """The originals in their order, each once: what we know of them, and as they are in Fortnox now."""
    times, tenant = Counter(voucher_ids), _tenant(desk)
    async with desk.sender.pool.acquire() as connection:
        known = await Vouchers(connection).known(tenant, times)
        receipts = await Receipts(connection).get(tenant, times)
        sharing = await Corrections(connection).sharing(tenant, times)
        before = await Corrections(connection).before(tenant, request.correction_id, times)
    return [
        Original(
            one,
            times[one],
            known.get(one),
            receipt := receipts.get(one),
            await _voucher(desk, place_of(receipt)) if receipt else None,
            sharing.get(one, {}),
            earlier := before.get(one),
            await _reversing(desk, request, one) if earlier and earlier.state is State.BOOKED else None,
        )
        for one in times
    ]


async def _reversing(desk: Desk, request: VouchersCorrectionRequested, voucher_id: str) -> Original:
    """What an original was reversed by, and whatever reversed that in turn."""
    [found] = await _read(desk, request, [reversing_id(_tenant(desk), voucher_id)])
    return found


async def _voucher(desk: Desk, place: Place) -> Voucher | None:
    with contextlib.suppress(NotFound):
        return await desk.fortnox.voucher(*place)
    return None


async def _reversals(
    desk: Desk, request: VouchersCorrectionRequested, originals: Sequence[Original], years: Years
) -> dict[str, Reversal]:
    """What has reversed originals that are otherwise just as we booked them, by their ids: one call per year."""
    whole = [one for one in originals if one.is_whole]
    if not whole:
        return {}
    books = await _books(desk, [one.entry for one in whole], years)
    found = {}
    for one in whole:
        entry = await asyncio.to_thread(reversals.reversal_of, one.entry, books)
        if entry is not None and (problem := await _seen(desk, one, entry, _places(request, one, years))):
            series, number, of = entry.place
            place = BookedAs(series=series, number=number, financial_year=of)
            year = None if of == one.entry.place[2] else _year(years[of])
            found[one.voucher_id] = Reversal(place, written(series, number, year), problem)
    return found


async def _books(desk: Desk, originals: Sequence[Entry], years: Years) -> list[Entry]:
    """What is like the originals, reverses or names them, but for what our own corrections have settled.

    From the first original's year on; a call for each year.
    """
    async with desk.sender.pool.acquire() as connection:
        settled = await Corrections(connection).settled(_tenant(desk))
    found = []
    for year in years.values():
        if year.to_date >= min(one.day for one in originals):
            found += await reversals.read(desk.fortnox, year.id, originals)
    return [one for one in found if (*one.place, one.day, one.rows_hash) not in settled]


def _places(request: VouchersCorrectionRequested, original: Original, years: Years) -> set[tuple[str, int | None]]:
    """The series and years in which our own reversing voucher is found before it would be sent again."""
    year = year_like(years.values(), request.financial_year)
    asked: set[tuple[str, int | None]] = {(request.series, year.id)} if year else set()
    before = original.before
    if before is not None and before.state is State.INTENDED and before.series is not None:
        return {*asked, (before.series, before.financial_year)}
    return asked


async def _seen(desk: Desk, original: Original, entry: Entry, places: set[tuple[str, int | None]]) -> Problem | None:
    """How the reversing voucher, read once more, stands in the way; not at all where it is gone, or our own and taken
    up by the booking itself.

    One with our marker is of a correction whose outcome is not known, or which our database has forgotten.
    """
    voucher = await _voucher(desk, entry.place)
    if voucher is None:
        return None
    marker = marker_of(desk.sender.client_id, _tenant(desk), reversing_id(_tenant(desk), original.voucher_id))
    if marker in markers_in(voucher.comments):
        series, _, year = entry.place
        return None if (series, year) in places else words.ALREADY_CORRECTED
    return words.REVERSED_IN_FORTNOX if entry.reverses(original.entry) else words.PERHAPS_REVERSED


def _correction(request: VouchersCorrectionRequested, originals: Sequence[Original], years: Years) -> Correction:
    vouchers = tuple(one.reversing_voucher(request, _other_year(request, one, years)) for one in originals)
    ids = tuple(one.voucher_id for one in originals)
    return heading(request).model_copy(update={"vouchers": vouchers, "originals": ids})


def _other_year(request: VouchersCorrectionRequested, original: Original, years: Years) -> FinancialYear | None:
    """The original's year, where it is not the correction's."""
    found = years.get(original.entry.place[2])
    if found is None or (found.from_date, found.to_date) == (
        request.financial_year.from_date,
        request.financial_year.to_date,
    ):
        return None
    return _year(found)


def _year(year: FortnoxYear) -> FinancialYear:
    return FinancialYear(from_date=year.from_date, to_date=year.to_date)


async def _keep(desk: Desk, request: VouchersCorrectionRequested, correction: Correction) -> None:
    """From here on each attempt goes on with the same vouchers, and the originals are this correction's.

    Raises ClaimLost.
    """
    pairs = dict(zip(correction.originals, (one.voucher_id for one in correction.vouchers), strict=True))
    async with desk.job.transaction() as connection:
        corrections = Corrections(connection)
        asked = Asked(request.requested_by, desk.job.event.time)
        first = await corrections.claim(_tenant(desk), correction.batch_id, pairs, asked)
        if first is None:
            raise ClaimLost
        notes = tuple(note(first[one].requested_by, first[one].requested_at) for one in correction.originals)
        correction = correction.model_copy(update={"notes": notes})
        await corrections.keep(correction.batch_id, correction.model_dump(mode="json"))
        await desk.keep_calls(connection)
        await desk.job.save_in(connection, {"prepared": True})
    desk.command = correction
    log.info("correction.prepared", vouchers=len(pairs))


def _tenant(desk: Desk) -> int:
    assert desk.permits.tenant is not None  # there from the first call on
    return desk.permits.tenant
