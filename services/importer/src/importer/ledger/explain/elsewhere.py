"""Payments' vouchers that don't touch the ledger account: what they are booked on instead."""

from collections.abc import Collection, Container, Sequence
from datetime import date
from decimal import Decimal

from importer.ledger.explain.account import Entry, entries
from importer.ledger.explain.case import Case
from importer.ledger.explain.matching import is_of_payment
from importer.ledger.explain.paid import Paid
from importer.ledger.model import VoucherName
from importer.ledger.vat import places_of
from sie import values

MONEY = "19"  # BAS: cash and bank


def vouchers_elsewhere(case: Case, payments: Sequence[Paid], on_account: Container[VoucherName]) -> dict[str, Entry]:
    """By the number of the payment that no voucher on the account stands for.

    Fortnox's list says it, where it was read; else it is a voucher of the payment's day and amount over money.
    """
    if not payments:
        return {}
    found = _referring(case, {paid.number for paid in payments}, on_account)
    alike = _like_payments(case, {paid.on for paid in payments})
    for paid in payments:
        same = [one for one in alike if one.on == paid.on and _is_amount(one, -paid.effect)]
        if same and paid.number not in found:
            alike.remove(same[0])
            found[paid.number] = same[0]
    return found


def _referring(case: Case, numbers: set[str], on_account: Container[VoucherName]) -> dict[str, Entry]:
    named = {
        name: reference.number
        for name, reference in case.references.items()
        if is_of_payment(reference) and reference.number in numbers and name not in on_account
    }
    return {named[name]: entry for name, entry in entries(case, named.keys(), touching=False).items()}


def _like_payments(case: Case, days: Collection[date]) -> list[Entry]:
    """Vouchers of those days with two rows, one of them on a money account and none on the ledger accounts."""
    columns, wanted = case.document.vouchers.columns, {values.to_days(day) for day in days}
    names = [
        name
        for name, place in places_of(case.document, case.year).items()
        if columns.date[place] in wanted and columns.first_row[place + 1] - columns.first_row[place] == 2
    ]
    found = entries(case, {name for name in names if name is not None}, touching=False).values()
    return [one for one in found if not one.amount and any(account.startswith(MONEY) for account in one.others)]


def _is_amount(entry: Entry, amount: Decimal) -> bool:
    """Whether that amount is on an account that is no money account."""
    return any(found == amount and not account.startswith(MONEY) for account, found in entry.others.items())
