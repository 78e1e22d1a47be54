"""The balances of a document by account, and what its vouchers add up to; in öre."""

from collections import Counter, defaultdict
from datetime import date

from sie import values
from sie.derive import is_balance_account
from sie.document import Document
from sie.records import Objects

Pair = tuple[str, str]


def balances(document: Document, kind: str, year: int = 0) -> dict[str, int]:
    """The account's IB, UB or RES; of several the first."""
    found: dict[str, int] = {}
    columns = document.balances
    wanted = columns.kind.distinct.codes[kind]
    accounts = columns.account.values
    for code, at, account, amount in zip(
        columns.kind.codes, columns.year, columns.account.codes, columns.amount, strict=True
    ):
        if code == wanted and at == year:
            found.setdefault(accounts[account], amount)
    return found


def periods(document: Document, year: int = 0) -> dict[tuple[str, int, Objects], int]:
    """#PSALDO by account, month and objects."""
    found: dict[tuple[str, int, Objects], int] = {}
    columns = document.balances
    for i, kind in enumerate(columns.kind):
        if kind == "PSALDO" and columns.year[i] == year:
            found.setdefault((columns.account[i], columns.period[i], columns.objects[i]), columns.amount[i])
    return found


def object_balances(document: Document, kind: str) -> dict[tuple[str, Pair], int]:
    """The current year's OIB or OUB by account and object, of dimensions that stand alone."""
    dimensions = document.dimensions
    related = {number for each in dimensions.values() if each.parent for number in (each.number, each.parent)}
    found: dict[tuple[str, Pair], int] = {}
    columns = document.balances
    for i, label in enumerate(columns.kind):
        objects = columns.objects[i]
        if label == kind and columns.year[i] == 0 and len(objects) == 1 and objects[0][0] not in related:
            found.setdefault((columns.account[i], objects[0]), columns.amount[i])
    return found


def moved_by_object(document: Document) -> Counter[tuple[str, Pair]]:
    """Σ #TRANS per account and object, of the vouchers that the balances cover."""
    covered = _covered(document)
    found: Counter[tuple[str, Pair]] = Counter()
    rows = document.rows
    for account, objects, amount, voucher in zip(rows.account, rows.objects, rows.amount, rows.voucher, strict=True):
        if objects and covered[voucher]:
            for pair in objects:
                found[account, pair] += amount
    return found


def covered_until(document: Document) -> int:
    """The last day that the balances cover: #OMFATTN where it is before the year's end, else there is none."""
    covers_to, year = document.header.covers_to, document.years.get(0)
    is_partial = covers_to and (year is None or covers_to < year.end)
    return values.to_days(covers_to if is_partial else date.max)


def moved(document: Document) -> Counter[str]:
    """Σ #TRANS per account, of the vouchers that the balances cover."""
    covered = _covered(document)
    totals = [0] * len(document.words.accounts.values)
    rows = document.rows
    for account, amount, voucher in zip(rows.account.codes, rows.amount, rows.voucher, strict=True):
        if covered[voucher]:
            totals[account] += amount
    used = set(rows.account.codes)
    return Counter({document.words.accounts.values[code]: totals[code] for code in used})


def moved_by_month(document: Document) -> defaultdict[tuple[str, int], Counter[Objects]]:
    """Σ #TRANS by account and the month of the voucher's date; in total under (), and per object."""
    found: defaultdict[tuple[str, int], Counter[Objects]] = defaultdict(Counter)
    months = [_month(days) for days in document.vouchers.columns.date]
    rows = document.rows
    for account, objects, amount, voucher in zip(rows.account, rows.objects, rows.amount, rows.voucher, strict=True):
        sums = found[account, months[voucher]]
        sums[()] += amount
        for pair in objects:
            sums[(pair,)] += amount
    return found


def accounts_by_kind(document: Document, numbers: set[str]) -> tuple[list[str], list[str]]:
    """Balance accounts and result accounts, each in rising order."""
    ordered = sorted(numbers, key=lambda number: (len(number), number))
    is_balance = {number: is_balance_account(number, document.accounts) for number in ordered}
    return [n for n in ordered if is_balance[n]], [n for n in ordered if not is_balance[n]]


def _covered(document: Document) -> list[bool]:
    """By voucher."""
    until = covered_until(document)
    return [days <= until for days in document.vouchers.columns.date]


def _month(days: int) -> int:
    day = values.to_date(days)
    return 0 if day is None else day.year * 100 + day.month
