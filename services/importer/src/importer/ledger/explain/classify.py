"""What is left over on either side, once all that belongs together is taken away, and why it may be so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from importer.ledger.explain.account import Entry
from importer.ledger.explain.case import Case
from importer.ledger.explain.causes import Cause, Finding
from importer.ledger.explain.matching import NEARBY, Matched, is_of_payment
from importer.ledger.explain.paid import Paid
from importer.ledger.model import Invoice

EXCHANGE_ACCOUNTS = ("396", "796", "843")  # BAS: exchange gains and losses
ROUNDING_ACCOUNTS = ("374",)  # BAS 3740
LEAST = Decimal(1)  # a krona: less is rounding


def left_over(
    case: Case, entries: Iterable[Entry], matched: Matched, elsewhere: Mapping[str, Entry]
) -> Iterator[Finding]:
    """Vouchers and payments without each other, vouchers of invoices that book something else.

    `elsewhere` are vouchers of payments that don't touch the account, by the payment's number.
    """
    payments = [one for one in matched.payments if one.lowered_ledger(case)]
    on_account = [one for one in matched.entries if one.on <= case.closing_date and one.left]
    empty = [one for one in entries if one.left and not one.amount and one.on <= case.closing_date]
    for entry in (*on_account, *empty):
        paid = None if entry.linked else _paid_by(case, entry, payments)
        if paid is not None:
            payments.remove(paid)
        yield _voucher(case, entry, paid)
    struck = [one for one in entries if one.struck and not one.left]
    for paid in payments:
        yield _payment(case, paid, struck, elsewhere.get(paid.number))


def opening(stood: Decimal, brought: Sequence[tuple[Invoice, Decimal]], start: date) -> Iterator[Finding]:
    """A difference when the year began, blamed on items brought over from a former system where they make it up."""
    if not stood:
        return
    single = [(one, amount) for one, amount in brought if amount == stood]
    whole = brought if sum((amount for _, amount in brought), Decimal(0)) == stood else []
    if single or whole:
        for one, amount in single[:1] or whole:
            yield Finding(Cause.FORMER_SYSTEM, amount, invoice=one.number, on=one.invoice_date)
    else:
        yield Finding(Cause.OPENING, stood, on=start)


def _paid_by(case: Case, entry: Entry, payments: Sequence[Paid]) -> Paid | None:
    """The payment that a voucher was made for although their amounts differ."""
    reference = case.references.get(entry.name)
    if reference is not None:
        return next((one for one in payments if is_of_payment(reference) and one.number == reference.number), None)
    same_day = [one for one in payments if one.on == entry.on]
    return same_day[0] if entry.edited and len(same_day) == 1 else None


def _voucher(case: Case, entry: Entry, paid: Paid | None) -> Finding:
    cause, account = _why(case, entry, paid)
    return Finding(
        cause,
        -entry.left - (paid.effect if paid else 0),
        voucher=str(entry.name),
        invoice=paid.invoice.number if paid else ", ".join(one.number for one in entry.linked) or None,
        payment=paid.number if paid else None,
        on=entry.on,
        account=account,
    )


def _why(case: Case, entry: Entry, paid: Paid | None) -> tuple[Cause, str | None]:
    """The cause, and the other account where that says it."""
    related = _account(case, entry, related=True)
    belongs = bool(entry.linked or paid)
    if belongs and entry.edited:
        return Cause.EDITED, None
    if related:
        return Cause.RELATED_ACCOUNT, related
    return _booked_otherwise(case, entry, paid) if belongs else _by_hand(entry)


def _booked_otherwise(case: Case, entry: Entry, paid: Paid | None) -> tuple[Cause, str | None]:
    """The voucher of an invoice or payment that doesn't book its amount on the ledger account."""
    other = _account(case, entry, related=False)
    if other and not entry.amount:
        return Cause.OTHER_ACCOUNT, other
    off = entry.left + (paid.effect if paid else 0)
    return (Cause.ROUNDING if abs(off) < LEAST else Cause.OTHER_AMOUNT), None


def _by_hand(entry: Entry) -> tuple[Cause, str | None]:
    """A voucher that nothing in the ledger stands for: its other accounts say what it is about."""
    for cause, prefixes in ((Cause.REVALUATION, EXCHANGE_ACCOUNTS), (Cause.ROUNDING, ROUNDING_ACCOUNTS)):
        if account := next((one for one in sorted(entry.others) if one.startswith(prefixes)), None):
            return cause, account
    return Cause.MANUAL, next(iter(sorted(entry.others)), None)


def _account(case: Case, entry: Entry, *, related: bool) -> str | None:
    """The account that has what is missing here; `related` ones stand beside the ledger account, such as 1519."""
    missing = -entry.left
    found = (account for account, amount in entry.others.items() if amount == missing)
    return next((account for account in sorted(found) if account.startswith(_beside(case)) is related), None)


def _payment(case: Case, paid: Paid, struck: Sequence[Entry], elsewhere: Entry | None) -> Finding:
    """A payment that no voucher on the account stands for."""
    edited = next((one for one in struck if one.struck == -paid.effect and abs(one.on - paid.on) <= NEARBY), None)
    entry, cause, account = edited, Cause.EDITED if edited else Cause.PAYMENT_NOT_BOOKED, None
    if edited is None and elsewhere is not None:
        account = next((one for one, amount in sorted(elsewhere.others.items()) if amount == -paid.effect), None)
        beside = account is not None and account.startswith(_beside(case))
        entry, cause = elsewhere, Cause.RELATED_ACCOUNT if beside else Cause.OTHER_ACCOUNT
    return Finding(
        cause,
        -paid.effect,
        voucher=str(entry.name) if entry else None,
        invoice=paid.invoice.number,
        payment=paid.number,
        on=paid.on,
        account=account,
    )


def _beside(case: Case) -> tuple[str, ...]:
    """What the accounts beside the ledger account begin with, such as 151."""
    return tuple(str(account)[:3] for account in case.accounts)
