"""The commands that the product sends, made from its own terms. Amounts are Decimal SEK and travel as strings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sandbox.product.records import CommandRecord, command

IMPORT_REQUESTS = "fortnox.import-requests.v1"
VOUCHER_BATCHES = "fortnox.voucher-batches.v1"
DATASETS = ("sie4", "customer_ledger", "supplier_ledger")


@dataclass(frozen=True)
class Year:
    """The financial year that the accountant works in."""

    from_date: date
    to_date: date

    def as_json(self) -> dict[str, str]:
        return {"from_date": self.from_date.isoformat(), "to_date": self.to_date.isoformat()}


@dataclass(frozen=True)
class ClosingRow:
    account: int
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        side = {"debit": str(self.debit)} if self.debit else {"credit": str(self.credit)}
        return {"account": self.account, **side, "text": self.text}


@dataclass(frozen=True)
class ClosingVoucher:
    """A closing voucher that the accountant has approved."""

    voucher_id: str
    date: date
    description: str
    rows: tuple[ClosingRow, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "voucher_id": self.voucher_id,
            "date": self.date.isoformat(),
            "description": self.description,
            "rows": [row.as_json() for row in self.rows],
        }


class Approved(Protocol):
    """A voucher as the command has it."""

    def as_json(self) -> dict[str, Any]: ...


def import_requested(
    connection_id: UUID,
    import_id: UUID,
    year: Year,
    *,
    closing_date: date | None = None,
    datasets: Sequence[str] = DATASETS,
    organisation_number: str | None = None,
) -> CommandRecord:
    """Asks for a year's books and ledgers."""
    data: dict[str, Any] = {
        "import_id": str(import_id),
        "financial_year": year.as_json(),
        "datasets": list(datasets),
        "expected_organisation_number": organisation_number,
    }
    if closing_date:
        data["closing_date"] = closing_date.isoformat()
    return command(IMPORT_REQUESTS, "import.requested", connection_id, data)


def import_cancel_requested(connection_id: UUID, import_id: UUID) -> CommandRecord:
    return command(IMPORT_REQUESTS, "import.cancel_requested", connection_id, {"import_id": str(import_id)})


def vouchers_approved(
    connection_id: UUID,
    batch_id: UUID,
    year: Year,
    series: str,
    vouchers: Iterable[Approved],
    *,
    mode: str = "book",
    policy: str = "all_or_nothing_before_sending",
) -> CommandRecord:
    """Sends approved vouchers to be checked, or checked and booked."""
    data = {
        "batch_id": str(batch_id),
        "financial_year": year.as_json(),
        "series": series,
        "mode": mode,
        "policy": policy,
        "vouchers": [voucher.as_json() for voucher in vouchers],
    }
    return command(VOUCHER_BATCHES, "vouchers.approved", connection_id, data)


def vouchers_correction_requested(
    connection_id: UUID,
    correction_id: UUID,
    year: Year,
    series: str,
    day: date,
    voucher_ids: Sequence[str],
    *,
    requested_by: str,
) -> CommandRecord:
    """Asks for booked vouchers to be reversed, all or none, by vouchers of that year, series and day."""
    data = {
        "correction_id": str(correction_id),
        "financial_year": year.as_json(),
        "series": series,
        "date": day.isoformat(),
        "voucher_ids": list(voucher_ids),
        "requested_by": requested_by,
    }
    return command(VOUCHER_BATCHES, "vouchers.correction_requested", connection_id, data)
