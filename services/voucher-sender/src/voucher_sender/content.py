"""What a voucher says: as approved, as sent, as booked, and whether these are the same."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.events.voucher_batches import ApprovedVoucher, VoucherRow
from fortnox import NewVoucher, NewVoucherRow, Voucher
from fortnox.text import clean
from voucher_sender.marker import comment_of

COST_CENTRE, PROJECT = 1, 6  # SIE's reserved dimensions, the two that Fortnox has
DESCRIPTION_LENGTH, ROW_TEXT_LENGTH = 200, 100  # Fortnox fact 6.1


@dataclass(frozen=True, order=True)
class Line:
    """What a row means in the books: an amount on an account, debit positive, with its cost centre and project."""

    account: int
    amount: Decimal
    cost_centre: str = ""
    project: str = ""

    def __str__(self) -> str:
        objects = "".join(f" {name} {code}" for name, code in (("KS", self.cost_centre), ("P", self.project)) if code)
        return f"{self.account}{objects} {self.amount:.2f}"


def approved_lines(voucher: ApprovedVoucher) -> list[Line]:
    """The rows as they were approved."""
    return [Line(row.account, signed(row), cost_centre_of(row), project_of(row)) for row in voucher.rows]


def booked_lines(voucher: Voucher) -> list[Line]:
    """The rows as Fortnox has them; struck ones don't count."""
    return [
        Line(row.account, row.debit - row.credit, row.cost_centre or "", row.project or "")
        for row in voucher.voucher_rows
        if not row.removed
    ]


def rows_hash(lines: Iterable[Line]) -> str:
    """SHA-256 over `account;amount;cost centre;project` of each row, sorted, a line each, amounts with two decimals.

    Order and texts are left out, so that the same rows are recognised in an SIE file too.
    """
    written = [f"{one.account};{one.amount:.2f};{one.cost_centre};{one.project}\n" for one in lines]
    return hashlib.sha256("".join(sorted(written)).encode()).hexdigest()


def content_hash(voucher: ApprovedVoucher) -> str:
    """SHA-256 over all that was approved, as it is meant: by it a voucher sent again is the same or another one."""
    rows = [
        [
            row.account,
            _plain(row.debit),
            _plain(row.credit),
            sorted([one.dimension, one.object] for one in row.dimensions),
            row.text,
        ]
        for row in voucher.rows
    ]
    return hashlib.sha256(json.dumps([voucher.date.isoformat(), voucher.description, rows]).encode()).hexdigest()


def to_send(voucher: ApprovedVoucher, series: str, marker: str, note: str = "") -> NewVoucher:
    """The voucher as Fortnox gets it: texts cleaned, the marker and a note in its comment. Only after its check."""
    return NewVoucher(
        voucher_series=series,
        transaction_date=voucher.date,
        description=tidy(voucher.description),
        comments=comment_of(marker, tidy(note)),
        voucher_rows=[
            NewVoucherRow(
                account=row.account,
                debit=row.debit or Decimal(0),
                credit=row.credit or Decimal(0),
                cost_centre=cost_centre_of(row) or None,
                project=project_of(row) or None,
                transaction_information=tidy(row.text) or None,
            )
            for row in voucher.rows
        ],
    )


def payload_hash(payload: NewVoucher) -> str:
    return hashlib.sha256(payload.model_dump_json(by_alias=True).encode()).hexdigest()


def differences(approved: ApprovedVoucher, series: str, financial_year: int, booked: Voucher) -> tuple[str, ...]:
    """How what Fortnox booked differs from what was approved, each as `what: approved → booked`."""
    told = []
    if booked.voucher_series != series:
        told.append(f"serie: {series} → {booked.voucher_series}")
    if booked.transaction_date != approved.date:
        told.append(f"datum: {approved.date} → {booked.transaction_date}")
    if booked.year != financial_year:
        told.append(f"räkenskapsår: {financial_year} → {booked.year}")
    wanted, got = sorted(approved_lines(approved)), sorted(booked_lines(booked))
    told += [f"rad: {line} → saknas" for line in _without(wanted, got)]
    told += [f"rad: saknas → {line}" for line in _without(got, wanted)]
    return tuple(told)


def tidy(text: str) -> str:
    """The text with characters that Fortnox accepts."""
    return clean(text).text.strip()


def signed(row: VoucherRow) -> Decimal:
    """The row's amount, debit positive."""
    return (row.debit or Decimal(0)) - (row.credit or Decimal(0))


def cost_centre_of(row: VoucherRow) -> str:
    return object_of(row, COST_CENTRE)


def project_of(row: VoucherRow) -> str:
    return object_of(row, PROJECT)


def object_of(row: VoucherRow, dimension: int) -> str:
    """The object's code, or an empty text."""
    return next((one.object for one in row.dimensions if one.dimension == dimension), "")


def _without(lines: list[Line], others: list[Line]) -> list[Line]:
    """The lines that the others lack, as often as they lack them."""
    left = list(others)
    missing = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            missing.append(line)
    return missing


def _plain(amount: Decimal | None) -> str:
    """The same text for 100, 100.0 and 100.00; nothing and zero are the same."""
    return str((amount or Decimal(0)).normalize())
