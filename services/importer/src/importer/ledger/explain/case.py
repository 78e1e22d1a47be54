"""What a difference is explained from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Protocol

import sie
from importer.ledger.as_of import belongs
from importer.ledger.details import Details
from importer.ledger.model import Invoice, Settlement, VoucherName
from importer.ledger.vat import places_of


class Listed(Protocol):
    """What is needed of a payment here, as Fortnox's lists show it."""

    @property
    def number(self) -> str: ...
    @property
    def invoice_number(self) -> str: ...
    @property
    def payment_date(self) -> date | None: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency_rate(self) -> Decimal | None: ...
    @property
    def currency_unit(self) -> Decimal | None: ...
    @property
    def booked(self) -> bool: ...
    @property
    def source(self) -> str | None: ...
    @property
    def write_off_exist(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Reference:
    """What the voucher list says that a voucher was made for (Fortnox fact 6.1)."""

    type: str
    number: str


@dataclass(frozen=True)
class Case:
    """One ledger, its accounts and the books, at the closing date."""

    document: sie.Document
    year: int
    """Fortnox's id of the financial year."""
    closing_date: date
    accounts: tuple[int, ...]
    sign: int
    """1 for claims, −1 for debts: turns the books' amounts into the ledger's."""
    cash_method: bool
    invoices: Sequence[Invoice]
    """All of the list."""
    settlements: Sequence[Settlement]
    """Those after the closing date, exactly."""
    payments: Sequence[Listed]
    remaining: Mapping[str, Decimal]
    """Of the ledger's open items at the closing date, in their currency."""
    payments_from: date | None = None
    """From this day on they are complete; None: all of them are there."""
    details: Mapping[str, Details] = field(default_factory=dict)
    references: Mapping[VoucherName, Reference] = field(default_factory=dict)
    """From the voucher list, for the series that were asked for."""

    @property
    def start(self) -> date:
        return self.document.financial_year.start

    @property
    def end(self) -> date:
        return self.document.financial_year.end

    @property
    def opening(self) -> Decimal:
        """The accounts' opening balance, with the ledger's sign."""
        return self.sign * sum((self.document.amount("IB", account) for account in self.accounts), Decimal(0))

    def is_member(self, invoice: Invoice) -> bool:
        return belongs(invoice, self.closing_date, cash_method=self.cash_method)

    def is_on_account(self, invoice: Invoice) -> bool:
        """Under the cash method only what this year's voucher puts there, or what was booked before the year, is.

        What is paid is booked on its payment then, past the ledger account.
        """
        if not self.cash_method:
            return invoice.booked
        if invoice.voucher is not None and invoice.voucher.year == self.year:
            return invoice.voucher in self.touched
        return invoice.booked and invoice.invoice_date < self.start

    @cached_property
    def touched(self) -> frozenset[VoucherName]:
        """The year's vouchers that have rows on the ledger accounts, or had before they were struck."""
        codes, columns = self.document.words.accounts.codes, self.document.vouchers.columns
        wanted = {codes[account] for account in map(str, self.accounts) if account in codes}
        booked, struck = self.document.rows.account.codes, self.document.struck.account.codes
        sides = ((booked, columns.first_row), (struck, columns.first_struck))
        return frozenset(
            name
            for name, place in places_of(self.document, self.year).items()
            if name and any(not wanted.isdisjoint(rows[first[place] : first[place + 1]]) for rows, first in sides)
        )
