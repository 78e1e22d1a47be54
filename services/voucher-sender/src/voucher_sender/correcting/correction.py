"""The batch that a correction comes to: for each original a voucher with its sides swapped that points to it."""

from datetime import datetime
from uuid import UUID, uuid5

from pydantic import Field

from common.clock import SWEDEN
from common.events.types import FinancialYear
from common.events.voucher_batches import (
    ApprovedVoucher,
    DimensionObject,
    Mode,
    Policy,
    VoucherId,
    VoucherRow,
    VouchersApproved,
    VouchersCorrectionRequested,
)
from fortnox import Voucher
from fortnox import VoucherRow as BookedRow
from voucher_sender.content import COST_CENTRE, DESCRIPTION_LENGTH, PROJECT, tidy
from voucher_sender.repository import Receipt

NAMESPACE = UUID("6d0f0a3e-6f0b-5c3f-9a51-3f1f0c6a7e12")  # of reversing vouchers' ids; never to be changed


class Correction(VouchersApproved):
    """A batch of reversing vouchers; without any as long as the originals have not been read and found whole."""

    vouchers: tuple[ApprovedVoucher, ...] = ()
    originals: tuple[VoucherId, ...] = ()
    """What each of them reverses, in the same order."""
    notes: tuple[str, ...] = Field(default=(), repr=False)
    """Who asked for each and when, for the books themselves: the Bookkeeping Act (5:5) wants to know."""


def heading(request: VouchersCorrectionRequested) -> Correction:
    """What the request itself says of the batch. All or nothing: half a correction helps nobody."""
    return Correction(
        connection_id=request.connection_id,
        batch_id=request.correction_id,
        financial_year=request.financial_year,
        series=request.series,
        mode=Mode.BOOK,
        policy=Policy.ALL_OR_NOTHING,
    )


def reversing_id(tenant: int, voucher_id: str) -> str:
    """The reversing voucher's own id: one for each original, so that no voucher can be reversed twice."""
    return str(uuid5(NAMESPACE, f"{tenant}/{voucher_id}"))


def reverse(
    request: VouchersCorrectionRequested, receipt: Receipt, booked: Voucher, year: FinancialYear | None
) -> ApprovedVoucher:
    """The reversing voucher. `year` is the original's, where it is another than the correction's."""
    return ApprovedVoucher(
        voucher_id=reversing_id(receipt.tenant, receipt.voucher_id),
        date=request.date,
        description=description(f"{receipt.series} {receipt.number}", booked.description or "", year),
        rows=tuple(_swapped(row) for row in booked.voucher_rows if not row.removed),
    )


def description(place: str, text: str, year: FinancialYear | None) -> str:
    """`Ändringsverifikation avseende I 12: Avskrivningar`; the original's own text as far as both have room."""
    which = f"{place} (räkenskapsåret {year_name(year)})" if year else place
    head = f"Ändringsverifikation avseende {which}"
    whole = f"{head}: {text}"
    return whole if text and len(tidy(whole)) <= DESCRIPTION_LENGTH else head


def note(requested_by: str, requested_at: datetime) -> str:
    """`Ändring begärd 2026-01-15 av Eva Ek`; the day is Sweden's."""
    return f"Ändring begärd {requested_at.astimezone(SWEDEN).date()} av {requested_by}"


def year_name(year: FinancialYear) -> str:
    """2024, or 2024/2025 where the year is a broken one."""
    first, last = year.from_date.year, year.to_date.year
    return str(first) if first == last else f"{first}/{last}"


def _swapped(row: BookedRow) -> VoucherRow:
    objects = ((COST_CENTRE, row.cost_centre), (PROJECT, row.project))
    return VoucherRow(
        account=row.account,
        debit=row.credit or None,
        credit=row.debit or None,
        dimensions=tuple(DimensionObject(dimension=number, object=code) for number, code in objects if code),
        text=row.transaction_information or "",
    )
