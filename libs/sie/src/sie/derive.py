"""What follows from opening balances and vouchers: closing balances, results, monthly changes."""

from collections import defaultdict
from collections.abc import Iterator

from sie import values
from sie.booked import Booked
from sie.document import Document
from sie.ledger import NOTHING, Ledger, in_order, is_balance_account
from sie.records import Balance, BalanceKind, Objects

Change = tuple[int, Objects, int]


def balances(document: Document) -> Iterator[Balance]:
    """The current year's UB, PSALDO (per account and per object) and RES, from its IB and its vouchers.

    Accounts in rising order. Only what differs from zero or has moved; a month is that of the voucher's date. With
    #OMFATTN before the year's end, of the vouchers up to it.
    """
    booked, opening = Booked(document), Ledger(document).balances("IB")
    moved, months = booked.by_account(), _months(booked)
    for account in in_order(opening.keys() | moved.keys()):
        is_balance = is_balance_account(account, document.accounts)
        if is_balance:
            yield _balance("UB", account, opening.get(account, NOTHING).amount + moved[account])
        for period, objects, change in sorted(months[account]):
            yield _balance("PSALDO", account, change, objects, period)
        if not is_balance:
            yield _balance("RES", account, moved[account])


def _balance(kind: BalanceKind, account: str, ore: int, objects: Objects = (), period: int | None = None) -> Balance:
    return Balance(kind, 0, account, values.kronor(ore), objects, period)


def _months(booked: Booked) -> defaultdict[str, list[Change]]:
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for (account, period, objects), change in booked.by_month().items():
        found[account].append((period, objects, change))
    return found
