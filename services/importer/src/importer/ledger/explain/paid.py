"""What payments took off the ledger, in SEK at the invoices' rates, worked out from the lists as far as they tell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from importer.ledger.as_of import by_number
from importer.ledger.explain.case import Case, Listed
from importer.ledger.model import CENT, Invoice, rounded
from importer.ledger.settling import SETTLE, effects


@dataclass
class Paid:
    """A booked payment with what was written off with it."""

    number: str
    invoice: Invoice
    on: date
    effect: Decimal
    """What it took off the ledger."""
    exact: bool
    is_settlement: bool
    """Half a settlement of a credit note: no voucher belongs to it."""

    def counts_on_account(self, case: Case) -> bool:
        """Whether there should be a voucher for it on the ledger account."""
        if self.is_settlement or not self.effect:
            return False
        return not case.cash_method or case.is_on_account(self.invoice)

    def lowered_ledger(self, case: Case) -> bool:
        """Whether it is why the ledger was lower on the closing date."""
        return self.on <= case.closing_date and case.is_member(self.invoice)

    @property
    def tolerance(self) -> Decimal:
        """A foreign payment whose amount had to be worked out may be off by a few öre."""
        return Decimal(0) if self.exact else Decimal("0.05")


def all_paid(case: Case) -> list[Paid]:
    """All booked payments that were read, by number."""
    invoices = {invoice.number: invoice for invoice in case.invoices}
    booked = [one for one in case.payments if one.booked and one.invoice_number in invoices]
    effect = effects(booked, invoices)
    of: dict[str, list[Listed]] = defaultdict(list)
    for one in sorted(booked, key=lambda one: (effect[one.number].on, by_number(one.number))):
        of[one.invoice_number].append(one)
    later: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for settlement in case.settlements:
        later[settlement.invoice][settlement.reference] += settlement.amount
    found = []
    for number, listed in of.items():
        days = [effect[one.number].on for one in listed]
        found += _paid(case, invoices[number], listed, days, later[number])
    return sorted(found, key=lambda one: by_number(one.number))


def _paid(
    case: Case, invoice: Invoice, listed: Sequence[Listed], days: Sequence[date], later: Mapping[str, Decimal]
) -> list[Paid]:
    """Payments of one invoice, in the order in which they count; the rest stands at the invoice's rate."""
    if not invoice.rate:
        return []
    amounts, exact = _amounts(case, invoice, listed, days, later)
    found, rest = [], invoice.total
    for one, day, amount, is_exact in zip(listed, days, amounts, exact, strict=True):
        effect = invoice.in_sek(rest) - invoice.in_sek(rest - amount)
        rest -= amount
        found.append(Paid(one.number, invoice, day, effect, is_exact, _is_settlement(one)))
    return found


def _amounts(
    case: Case, invoice: Invoice, listed: Sequence[Listed], days: Sequence[date], later: Mapping[str, Decimal]
) -> tuple[list[Decimal], list[bool]]:
    """In the invoice's currency, and whether they are exact.

    What the list doesn't say (write-offs, currencies worth less than a krona) follows from what was settled in all up
    to the closing date, as long as it is only one payment's. `later` has what was settled after it, exactly.
    """
    amounts = [later[one.number] if one.number in later else _told(one, invoice) for one in listed]
    doubtful = [
        place
        for place, one in enumerate(listed)
        if one.number not in later and (one.write_off_exist or not _is_unique(one, invoice))
    ]
    settled = _settled(case, invoice)
    until = [place for place, day in enumerate(days) if day <= case.closing_date or not case.is_member(invoice)]
    here = [place for place in doubtful if place in until]
    if here and settled is not None:
        amounts[here[-1]] += settled - sum((amounts[place] for place in until), Decimal(0))
    return amounts, [place not in doubtful or len(here) == 1 for place in range(len(listed))]


def _settled(case: Case, invoice: Invoice) -> Decimal | None:
    """What was settled up to the closing date; of an invoice that wasn't in the ledger, all that was settled.

    None where some of its payments may not have been read.
    """
    if case.payments_from is not None and invoice.invoice_date < case.payments_from:
        return None
    if case.is_member(invoice):
        return invoice.total - case.remaining.get(invoice.number, Decimal(0))
    return None if invoice.balance is None else invoice.total - invoice.balance


def _told(one: Listed, invoice: Invoice) -> Decimal:
    """SEK at the payment's own rate, turned back (the list lacks the amount in currency, Fortnox fact 5.7)."""
    return rounded(one.amount / _rate(one)) if invoice.foreign else one.amount


def _is_unique(one: Listed, invoice: Invoice) -> bool:
    """Whether only one amount in the currency gives those SEK."""
    if not invoice.foreign:
        return True
    rate, found = _rate(one), _told(one, invoice)
    neighbours = (found - CENT, found + CENT)
    return rounded(found * rate) == one.amount and all(rounded(near * rate) != one.amount for near in neighbours)


def _rate(one: Listed) -> Decimal:
    return (one.currency_rate or Decimal(1)) / (one.currency_unit or 1)


def _is_settlement(one: Listed) -> bool:
    return (one.source or "").lower() == SETTLE
