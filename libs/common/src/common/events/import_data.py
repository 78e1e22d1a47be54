"""The imported data in chunks. Each chunk is at most 500 kB; a snapshot is complete when `import.completed` says so."""

import datetime
from uuid import UUID

from pydantic import Field

from common.events.envelope import EventData
from common.events.imports import Check
from common.events.topics import IMPORT_DATA
from common.events.types import Amount, FinancialYear, Model


class Chunk(EventData):
    """A numbered piece of one dataset of one snapshot (one reading of the books)."""

    TOPIC = IMPORT_DATA

    import_id: UUID
    snapshot_id: UUID
    dataset: str
    number: int = Field(ge=1)
    """From 1 within the dataset, in a fixed order."""


class Year(Model):
    """A financial year of the company; `offset` 0 is the one imported, −1 the one before."""

    offset: int
    from_date: datetime.date
    to_date: datetime.date


class CompanyChunk(Chunk):
    """Who the books belong to and which year they are of."""

    TYPE = "data.company"

    name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)
    tenant: int
    fortnox_financial_year: int
    accounting_method: str
    """ACCRUAL or CASH."""
    years: tuple[Year, ...]
    sie_sha256: str | None = None
    sie_program: str = ""


class Account(Model):
    number: str
    name: str
    sru: tuple[str, ...] = ()


class AccountsChunk(Chunk):
    """The chart of accounts."""

    TYPE = "data.accounts"

    rows: tuple[Account, ...]


class Object(Model):
    """A cost centre, a project or another object of a dimension. Without `object` the row is the dimension itself."""

    dimension: int
    object: str | None = None
    name: str


class DimensionsChunk(Chunk):
    """Dimensions and their objects."""

    TYPE = "data.dimensions"

    rows: tuple[Object, ...]


class Balance(Model):
    """A balance of a year: opening (IB), closing (UB) or result (RES); debit positive."""

    kind: str
    year: int
    account: str
    amount: Amount
    objects: tuple[tuple[int, str], ...] = ()


class BalancesChunk(Chunk):
    """Opening and closing balances and results, for the year and the one before."""

    TYPE = "data.balances"

    rows: tuple[Balance, ...]


class BookedRow(Model):
    """A voucher's row; debit positive."""

    account: str
    amount: Amount
    objects: tuple[tuple[int, str], ...] = ()
    date: datetime.date | None = None
    text: str = Field(default="", repr=False)


class BookedVoucher(Model):
    """A voucher as the books have it: exactly its #TRANS rows; one without rows was cancelled and keeps its number."""

    series: str
    number: str
    date: datetime.date
    text: str = Field(default="", repr=False)
    registered: datetime.date | None = None
    rows: tuple[BookedRow, ...]


class VouchersChunk(Chunk):
    """Vouchers in the file's order."""

    TYPE = "data.vouchers"

    vouchers: tuple[BookedVoucher, ...]


class Settlement(Model):
    """Something that lowered an item after the closing date: a payment, a write-off or a credit note's settlement."""

    kind: str
    date: datetime.date
    amount: Amount
    """In the item's currency."""
    reference: str = ""
    against: str | None = None
    """For a credit note's settlement: the item on the other side, where it is known."""


class OpenItem(Model):
    """An invoice or credit note that was open on the closing date. Credits are negative."""

    number: str
    counterparty_number: str
    counterparty_name: str = Field(repr=False)
    external_number: str = ""
    """The supplier's own invoice number."""
    invoice_date: datetime.date
    due_date: datetime.date | None
    currency: str
    amount: Amount
    """The invoice's total, in its currency."""
    amount_sek: Amount
    paid_before: Amount
    """In the item's currency, up to and including the closing date."""
    remaining: Amount
    """In the item's currency, at the closing date."""
    remaining_sek: Amount
    paid_after: tuple[Settlement, ...] = ()
    days_overdue: int
    """At the closing date; zero or less is not due."""
    bucket: str
    """not_due, 1-30, 31-60, 61-90 or over_90, unless the importer is set to other limits."""
    booked: bool = True
    credit_of: str | None = None
    """For a credit note: the invoice that it credits, where it is known."""
    vat_sek: Amount | None = None
    """The VAT in `amount_sek`; nothing where neither its voucher nor Fortnox tells."""
    remaining_vat_sek: Amount | None = None
    """The same share of `remaining_sek`: a write-down is made without it."""
    tax_agency_share: Amount | None = None
    """The part of `remaining` that the Tax Agency owes and not the customer (ROT, RUT), where it is known."""
    reminders: int | None = None
    """How often it was reminded of so far; only looked up for the largest that are long overdue."""
    last_reminder: datetime.date | None = None
    collection: bool = False
    """Handed over for collection or sold (Fortnox Finans)."""


class UnbookedPayment(Model):
    """A payment that is registered but not booked: it has lowered nothing yet."""

    number: str
    invoice: str
    date: datetime.date | None
    amount: Amount
    """In SEK, at the payment's own rate."""


class LedgerChunk(Chunk):
    """Open items at the closing date, by number; in chunks after them what stands beside the ledger."""

    closing_date: datetime.date
    rows: tuple[OpenItem, ...]
    unbooked_payments: tuple[UnbookedPayment, ...] = ()
    """Dated up to the closing date, as far back as payments were read."""


class CustomerLedgerChunk(LedgerChunk):
    """What customers owe."""

    TYPE = "data.customer_ledger"


class SupplierLedgerChunk(LedgerChunk):
    """What is owed to suppliers."""

    TYPE = "data.supplier_ledger"


class ChecksChunk(Chunk):
    """The checks' results once more, so that the data can be kept together with their verdict."""

    TYPE = "data.checks"

    financial_year: FinancialYear
    rows: tuple[Check, ...]


CHUNKS: tuple[type[Chunk], ...] = (
    CompanyChunk,
    AccountsChunk,
    DimensionsChunk,
    BalancesChunk,
    VouchersChunk,
    CustomerLedgerChunk,
    SupplierLedgerChunk,
    ChecksChunk,
)
