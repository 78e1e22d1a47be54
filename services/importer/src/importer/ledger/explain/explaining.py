"""From a difference to its causes. Whatever is found has its share of the difference; the rest is left as a number.

ledger − account = what stood already when the year began
                 + Σ invoices of the year − what their vouchers book
                 − Σ payments of the year − what their vouchers book − what else is on the account
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from importer.ledger.details import NOTHING, part_of
from importer.ledger.explain import classify
from importer.ledger.explain.account import Entry, entries
from importer.ledger.explain.case import Case
from importer.ledger.explain.causes import Cause, Explained, Finding, by_cause
from importer.ledger.explain.elsewhere import vouchers_elsewhere
from importer.ledger.explain.matching import NEARBY, Matched, match
from importer.ledger.explain.paid import Paid, all_paid
from importer.ledger.model import Invoice, VoucherName

ONE_KRONA = Decimal(1)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why ledger and account differ."""

    causes: tuple[Explained, ...]
    unexplained: Decimal
    first_day: date | None
    """From which on they are not the same; the year's first where they weren't when it began."""


def explain(case: Case, difference: Decimal) -> Explanation:
    """The causes of a difference (ledger − account), and what stands beside the ledger where there is none."""
    if difference == 0:
        return Explanation(by_cause(_unbooked(case)), Decimal(0), None)
    explaining = _Explaining(case)
    findings = list(explaining.findings())
    unexplained = difference - sum((one.effect for one in findings), Decimal(0))
    return Explanation(by_cause(findings), unexplained, explaining.first_day(difference))


def series_to_read(case: Case, difference: Decimal) -> tuple[str, ...]:
    """The voucher series with rows on the account that no invoice and no payment accounts for.

    Only their lists say what a voucher was made for; where nothing differs none is read.
    """
    if difference == 0:
        return ()
    matched = _Explaining(case).matched
    left = (entry for entry in matched.entries if not entry.linked and entry.on <= case.closing_date)
    return tuple(sorted({entry.name.series for entry in left}))


class _Explaining:
    """One case, with its vouchers and payments matched."""

    def __init__(self, case: Case) -> None:
        self._case = case
        named = {one.voucher for one in case.invoices if one.voucher is not None}
        self._entries = entries(case, named)
        for invoice in case.invoices:
            self._link(invoice)
        self._paid = all_paid(case)
        self._counted = [one for one in self._paid if one.on >= case.start and one.lowered_ledger(case)]
        self._lowered: dict[str, Decimal] = defaultdict(Decimal)
        for paid in self._counted:
            self._lowered[paid.invoice.number] += paid.effect
        until = case.closing_date + NEARBY
        wanted = [one for one in self._paid if one.counts_on_account(case) and case.start <= one.on <= until]
        on_account = [one for one in self._entries.values() if one.left and one.amount and one.on <= until]
        on_account.sort(key=lambda one: (bool(one.linked), one.name))
        self.matched: Matched = match(on_account, wanted, dict(case.references))

    def findings(self) -> Iterator[Finding]:
        yield from self._invoices()
        yield from self._matched_payments()
        elsewhere = vouchers_elsewhere(self._case, self.matched.payments, self._entries)
        yield from classify.left_over(self._case, self._entries.values(), self.matched, elsewhere)
        yield from self._settlements()
        yield from self._opening()
        yield from _unbooked(self._case)

    def first_day(self, difference: Decimal) -> date | None:
        """Day by day, ledger against account; öre on the way say nothing where kronor are looked for."""
        changes: dict[date, Decimal] = defaultdict(Decimal)
        before = self._before(on_account_only=False) - self._case.opening
        for entry in self._entries.values():
            changes[entry.on] -= entry.amount
        for invoice in self._members():
            if not self._was_open(invoice):
                changes[invoice.invoice_date] += invoice.in_sek(invoice.total)
        for paid in self._counted:
            changes[paid.on] -= paid.effect
        least = min(ONE_KRONA, abs(difference))
        if abs(before) >= least:
            return self._case.start
        for day in sorted(day for day in changes if day <= self._case.closing_date):
            before += changes[day]
            if abs(before) >= least:
                return day
        return None

    def _link(self, invoice: Invoice) -> None:
        """An invoice accounts for its share of the voucher that it is booked in, if it is booked on the account."""
        is_there = self._case.is_on_account(invoice) and not (invoice.cancelled or invoice.cash)
        if invoice.voucher in self._entries and is_there and invoice.rate:
            entry = self._entries[invoice.voucher]
            entry.linked.append(invoice)
            entry.left -= invoice.in_sek(invoice.total)

    def _invoices(self) -> Iterator[Finding]:
        for invoice in self._case.invoices:
            if invoice.rate and not invoice.cancelled and not invoice.cash and invoice.total:
                yield from self._invoice(invoice)

    def _invoice(self, invoice: Invoice) -> Iterator[Finding]:
        """Where the invoice is in the ledger and not on the account, or the other way round."""
        case, total = self._case, invoice.in_sek(invoice.total)
        entry = self._entries.get(invoice.voucher) if invoice.voucher else None
        is_booked = entry is not None and entry.on <= case.closing_date
        if not case.is_member(invoice):
            if is_booked and invoice.booked:
                cause = Cause.OTHER_YEAR if invoice.invoice_date > case.end else Cause.OTHER_DAY
                yield _of(invoice, cause, -total, entry)
        elif not case.is_on_account(invoice):
            yield from self._not_carried(invoice)
        elif invoice.voucher is None:
            if invoice.invoice_date >= case.start:
                yield _of(invoice, Cause.NO_VOUCHER, total)
        elif invoice.voucher.year != case.year:
            if invoice.invoice_date >= case.start:
                yield _of(invoice, Cause.OTHER_YEAR, total)
        elif entry is None:
            yield _of(invoice, Cause.NO_VOUCHER, total)
        elif not is_booked:
            yield _of(invoice, Cause.OTHER_DAY, total, entry)

    def _not_carried(self, invoice: Invoice) -> Iterator[Finding]:
        """Under the cash method: in the ledger, and on the account only once it is carried over at year end."""
        rest = self._case.remaining.get(invoice.number)
        if rest:
            worth = invoice.in_sek(rest)
            known = self._case.details.get(invoice.number, NOTHING).vat_sek
            vat = part_of(known, worth, invoice.in_sek(invoice.total))
            cause = Cause.NOT_CARRIED if self._case.closing_date == self._case.end else Cause.BOOKED_WHEN_PAID
            yield Finding(cause, worth, invoice=invoice.number, on=invoice.invoice_date, vat=vat)

    def _matched_payments(self) -> Iterator[Finding]:
        case = self._case
        for vouchers, payments in self.matched.pairs:
            entry = vouchers[0]
            is_booked = entry.on <= case.closing_date
            for paid in payments:
                counts = paid.lowered_ledger(case)
                if is_booked and not counts:
                    yield _of_payment(paid, _why_not(case, paid), paid.effect, entry)
                elif counts and not is_booked:
                    yield _of_payment(paid, Cause.OTHER_DAY, -paid.effect, entry)
            off = sum((one.left for one in vouchers), Decimal(0)) + sum((one.effect for one in payments), Decimal(0))
            if off and is_booked:
                yield Finding(Cause.ROUNDING, -off, voucher=str(entry.name), on=entry.on)

    def _settlements(self) -> Iterator[Finding]:
        """Both halves together change nothing, but for öre of currencies, unless one half is missing."""
        halves = [paid for paid in self._counted if paid.is_settlement and self._case.is_on_account(paid.invoice)]
        net = sum((paid.effect for paid in halves), Decimal(0))
        if net:
            yield Finding(Cause.ROUNDING if abs(net) < ONE_KRONA else Cause.PAYMENT_NOT_BOOKED, -net)

    def _opening(self) -> Iterator[Finding]:
        stood = self._before(on_account_only=True) - self._case.opening
        brought = [
            (one, self._open_at_start(one))
            for one in self._members()
            if one.voucher is None and self._was_open(one) and self._case.is_on_account(one)
        ]
        yield from classify.opening(stood, [(one, amount) for one, amount in brought if amount], self._case.start)

    def _before(self, *, on_account_only: bool) -> Decimal:
        """The ledger when the year began."""
        open_then = (
            self._open_at_start(one)
            for one in self._members()
            if self._was_open(one) and (not on_account_only or self._case.is_on_account(one))
        )
        return sum(open_then, Decimal(0))

    def _was_open(self, invoice: Invoice) -> bool:
        """From before the year. What is dated before it and booked in it counts as this year's."""
        booked_now = invoice.voucher is not None and invoice.voucher.year == self._case.year
        return invoice.invoice_date < self._case.start and not booked_now

    def _open_at_start(self, invoice: Invoice) -> Decimal:
        rest = invoice.in_sek(self._case.remaining.get(invoice.number, Decimal(0)))
        return rest + self._lowered[invoice.number]

    def _members(self) -> Iterator[Invoice]:
        return (one for one in self._case.invoices if one.rate and self._case.is_member(one))


def _unbooked(case: Case) -> Iterator[Finding]:
    """Invoices that nobody has booked are neither in the ledger nor on the account: they are told, with no share."""
    if case.cash_method:
        return
    for one in case.invoices:
        if not (one.booked or one.cancelled or one.cash) and one.rate and one.invoice_date <= case.closing_date:
            amount = one.in_sek(one.total)
            if amount:
                yield Finding(
                    Cause.UNBOOKED_INVOICE, Decimal(0), invoice=one.number, on=one.invoice_date, amount=amount
                )


def _why_not(case: Case, paid: Paid) -> Cause:
    """Why a payment that is on the account didn't lower the ledger."""
    if case.is_member(paid.invoice):
        return Cause.OTHER_DAY
    return Cause.UNBOOKED_INVOICE if not paid.invoice.booked else Cause.PAYMENT_BEFORE_INVOICE


def _of(invoice: Invoice, cause: Cause, effect: Decimal, entry: Entry | None = None) -> Finding:
    name: VoucherName | None = entry.name if entry else invoice.voucher
    on = entry.on if entry else invoice.invoice_date
    return Finding(cause, effect, voucher=str(name) if name else None, invoice=invoice.number, on=on)


def _of_payment(paid: Paid, cause: Cause, effect: Decimal, entry: Entry) -> Finding:
    return Finding(
        cause, effect, voucher=str(entry.name), invoice=paid.invoice.number, payment=paid.number, on=entry.on
    )
