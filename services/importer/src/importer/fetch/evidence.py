"""What voucher lists say about where vouchers came from: read only to explain a difference, and only some series."""

import asyncio
from collections.abc import Collection, Iterable

import fortnox
from common.concurrency import together
from importer.assessment import Assessment
from importer.fetch.reading import Reading
from importer.ledger.explain import Reference
from importer.ledger.model import VoucherName


async def references(reading: Reading, assessments: Collection[Assessment]) -> dict[VoucherName, Reference]:
    """Of the series with rows on a ledger account that nothing in the ledger accounts for."""
    wanted = await asyncio.to_thread(_wanted, assessments)
    lists = await together(_list(reading, year, series) for year, series in sorted(wanted))
    return {name: reference for of_series in lists for name, reference in of_series}


def _wanted(assessments: Collection[Assessment]) -> set[tuple[int, str]]:
    return {(one.company.year_id, series) for one in assessments for series in one.series_to_read}


async def _list(reading: Reading, year: int, series: str) -> Iterable[tuple[VoucherName, Reference]]:
    """Nothing where vouchers may not be listed: they are told as what nothing accounts for."""
    try:
        found = await reading.every(fortnox.VOUCHERS, voucherseries=series, financialyear=year)
    except (fortnox.NotAllowed, fortnox.NotFound):
        return []
    return [
        (
            VoucherName(one.voucher_series, one.voucher_number, one.year),
            Reference(one.reference_type or "MANUAL", one.reference_number or ""),
        )
        for one in found
        if one.voucher_series == series
    ]
