"""The balances of a document by account, in öre."""

from sie.checks.booked import Pair
from sie.derive import is_balance_account
from sie.document import Document
from sie.records import Objects


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


def accounts_by_kind(document: Document, numbers: set[str]) -> tuple[list[str], list[str]]:
    """Balance accounts and result accounts, each in rising order."""
    ordered = sorted(numbers, key=lambda number: (len(number), number))
    is_balance = {number: is_balance_account(number, document.accounts) for number in ordered}
    return [n for n in ordered if is_balance[n]], [n for n in ordered if not is_balance[n]]
