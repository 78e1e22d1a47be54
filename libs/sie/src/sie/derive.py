"""What follows from opening balances and vouchers: closing balances, results, monthly changes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from sie import values
from sie.document import Document
from sie.records import Account, Balance, BalanceKind, Objects


def is_balance_account(account: str, accounts: Mapping[str, Account]) -> bool:
    """By #KTYP where the file has it, else by BAS: classes 1 and 2 are balance accounts (facts 5)."""
    declared = accounts.get(account)
    if declared and declared.type in {"T", "S", "K", "I"}:
        return declared.type in {"T", "S"}
    return account[:1] in {"1", "2"}


def balances(document: Document) -> Iterator[Balance]:
    """The current year's UB, PSALDO (per account and per object) and RES, from its IB and its vouchers.

    Accounts in rising order. Only what differs from zero or has moved; a month is that of the voucher's date.
    """
    opening, moved, months = _opening(document), _moved(document), _months(document)
    for account in sorted(opening.keys() | moved.keys(), key=lambda number: number.rjust(12)):
        if is_balance_account(account, document.accounts):
            yield _balance("UB", account, opening[account] + moved[account])
        for (period, objects), change in sorted(months[account].items()):
            yield _balance("PSALDO", account, change, objects, period)
        if not is_balance_account(account, document.accounts):
            yield _balance("RES", account, moved[account])


def _balance(kind: BalanceKind, account: str, ore: int, objects: Objects = (), period: int | None = None) -> Balance:
    return Balance(kind, 0, account, values.kronor(ore), objects, period)


def _opening(document: Document) -> Counter[str]:
    found: Counter[str] = Counter()
    balances = document.balances
    for i, kind in enumerate(balances.kind):
        if kind == "IB" and balances.year[i] == 0:
            found[balances.account[i]] = balances.amount[i]
    return found


def _moved(document: Document) -> Counter[str]:
    found: Counter[str] = Counter()
    for account, amount in zip(document.rows.account, document.rows.amount, strict=True):
        found[account] += amount
    return found


def _months(document: Document) -> defaultdict[str, Counter[tuple[int, Objects]]]:
    found: defaultdict[str, Counter[tuple[int, Objects]]] = defaultdict(Counter)
    rows = document.rows
    periods = [_period(days) for days in document.vouchers.columns.date]
    for account, objects, amount, voucher in zip(rows.account, rows.objects, rows.amount, rows.voucher, strict=True):
        for group in ((), *((pair,) for pair in objects)):
            found[account][periods[voucher], group] += amount
    return found


def _period(days: int) -> int:
    day = values.to_date(days)
    return 0 if day is None else day.year * 100 + day.month
