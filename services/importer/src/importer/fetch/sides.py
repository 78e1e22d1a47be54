"""What differs between the two ledgers: their lists, their records and their accounts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar

import fortnox
from common.events import Dataset
from importer.ledger.details import Details
from importer.ledger.model import KRONOR, Invoice, VoucherName, from_sek

Listed = TypeVar("Listed", fortnox.InvoiceListItem, fortnox.SupplierInvoiceListItem)

CASH_INVOICE = "CASHINVOICE"


@dataclass(frozen=True)
class Side(Generic[Listed]):
    """One of the two ledgers as Fortnox has it."""

    dataset: Dataset
    invoices: fortnox.Resource[Listed]
    payments: fortnox.Resource[Any]
    payment: Callable[[fortnox.Client, str], Awaitable[fortnox.InvoicePayment]]
    invoice: Callable[[Listed], Invoice]
    number: Callable[[Listed], str]
    """An invoice's key in Fortnox."""
    single_model: type[Any]
    single: Callable[[fortnox.Client, str], Awaitable[Any]]
    details: Callable[[Any, Invoice], Details]
    presets: tuple[str, ...]
    """Fortnox's names for the preset ledger account."""
    account: int
    """The usual one (BAS), where the presets may not be read."""
    sign: int
    """1 for claims, which are debit in the books, −1 for debts."""
    by_number: Mapping[str, str] = field(default_factory=dict)
    """How to ask for the invoices so that new ones come last; nothing is documented for suppliers' (fact 5.3)."""
    newest_first: Mapping[str, str] = field(default_factory=dict)
    """How to ask for the payments of the last days first; nothing is documented for suppliers' (fact 5.7)."""
    has_reminders: bool = False
    has_tax_reductions: bool = False
    """ROT and RUT are of customers' invoices only."""

    @property
    def singles(self) -> str:
        """What the plan calls invoices that are read one by one."""
        return f"{self.invoices.path}, one by one"

    def accounts(self, presets: Mapping[str, int]) -> tuple[int, ...]:
        """The accounts that the ledger is held to."""
        found = {presets[name] for name in self.presets if name in presets}
        return tuple(sorted(found or {self.account}))


def customer_invoice(listed: fortnox.InvoiceListItem) -> Invoice:
    """A customer's: total and balance are in the invoice's currency (fact 5.7)."""
    return Invoice(
        number=listed.document_number,
        party_number=listed.customer_number or "",
        party_name=listed.customer_name or "",
        invoice_date=listed.invoice_date,
        due_date=listed.due_date,
        total=listed.total,
        balance=listed.balance,
        currency=listed.currency or KRONOR,
        rate=_rate(listed),
        booked=listed.booked,
        cancelled=listed.cancelled,
        cash=listed.invoice_type == CASH_INVOICE,
        collection=bool(listed.nox_finans),
        voucher=_voucher(listed.voucher_series, listed.voucher_number, listed.voucher_year),
    )


def supplier_invoice(listed: fortnox.SupplierInvoiceListItem) -> Invoice:
    """A supplier's: the total is in the invoice's currency, the balance in SEK (fact 5.7)."""
    rate = _rate(listed)
    booked = next((one for one in listed.vouchers if one.number is not None), fortnox.VoucherReference())
    return Invoice(
        number=listed.given_number,
        party_number=listed.supplier_number or "",
        party_name=listed.supplier_name or "",
        invoice_date=listed.invoice_date,
        due_date=listed.due_date,
        total=listed.total,
        balance=listed.balance if rate == 1 else rate and from_sek(listed.balance, listed.total, rate),
        currency=listed.currency or KRONOR,
        rate=rate,
        booked=listed.booked,
        cancelled=listed.cancelled,
        external_number=listed.invoice_number or "",
        voucher=_voucher(booked.series, booked.number, booked.year),
    )


def _voucher(series: str | None, number: int | None, year: int | None) -> VoucherName | None:
    """Empty until it is booked (fact 3)."""
    return None if number is None or series is None or year is None else VoucherName(series, number, year)


def customer_details(single: fortnox.Invoice, invoice: Invoice) -> Details:
    """What a customer's invoice says when it is read singly."""
    return Details(
        vat_sek=None if single.total_vat is None else invoice.in_sek(single.total_vat),
        tax_agency_share=single.tax_reduction,
        reminders=single.reminders,
        last_reminder=single.last_remind_date,
        credits=_reference(single.invoice_reference),
    )


def supplier_details(single: fortnox.SupplierInvoice, invoice: Invoice) -> Details:
    """What a supplier's invoice says when it is read singly."""
    return Details(
        vat_sek=None if single.vat is None else invoice.in_sek(single.vat),
        credits=_reference(single.credit_reference) if invoice.total < 0 else None,
    )


def _reference(number: str | None) -> str | None:
    """ "0" is none (fact 3)."""
    return number if number and number != "0" else None


def _rate(listed: fortnox.InvoiceListItem | fortnox.SupplierInvoiceListItem) -> Decimal | None:
    """SEK for one of the currency; Fortnox quotes it for `currency_unit` of them, such as 100 yen."""
    if (listed.currency or KRONOR) == KRONOR:
        return Decimal(1)
    if not listed.currency_rate or listed.currency_rate < 0:
        return None
    return listed.currency_rate / (listed.currency_unit or 1)


CUSTOMERS = Side(
    dataset=Dataset.CUSTOMER_LEDGER,
    invoices=fortnox.INVOICES,
    payments=fortnox.INVOICE_PAYMENTS,
    payment=fortnox.Client.invoice_payment,
    invoice=customer_invoice,
    number=lambda listed: listed.document_number,
    by_number={"sortby": "documentnumber", "sortorder": "ascending"},
    newest_first={"sortby": "paymentdate", "sortorder": "descending"},
    single_model=fortnox.Invoice,
    single=fortnox.Client.invoice,
    details=customer_details,
    presets=fortnox.CUSTOMER_CLAIMS,
    account=1510,
    sign=1,
    has_reminders=True,
    has_tax_reductions=True,
)
SUPPLIERS = Side(
    dataset=Dataset.SUPPLIER_LEDGER,
    invoices=fortnox.SUPPLIER_INVOICES,
    payments=fortnox.SUPPLIER_INVOICE_PAYMENTS,
    payment=fortnox.Client.supplier_invoice_payment,
    invoice=supplier_invoice,
    number=lambda listed: listed.given_number,
    single_model=fortnox.SupplierInvoice,
    single=fortnox.Client.supplier_invoice,
    details=supplier_details,
    presets=fortnox.SUPPLIER_DEBTS,
    account=2440,
    sign=-1,
)
SIDES: tuple[Side[Any], ...] = (CUSTOMERS, SUPPLIERS)
