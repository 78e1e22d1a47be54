"""The balances that a document states, in öre, each with its line; of several for the same thing the first counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sie.document import Document
from sie.records import Account, Objects

Pair = tuple[str, str]
"""Dimension and object."""


class Stated(NamedTuple):
    """What the file says, and where."""

    amount: int
    line: int


NOTHING = Stated(0, 0)
"""A balance that is left out is zero (§5.17)."""
Balances = Mapping[str, Stated]
"""By account."""
PeriodKey = tuple[str, int, Objects]
"""Account, month as YYYYMM, and objects: none for the account's total."""


class Ledger:
    """#IB, #UB and #RES of each year by account."""

    def __init__(self, document: Document) -> None:
        columns = document.balances
        labels = {columns.kind.distinct.codes[label]: label for label in ("IB", "UB", "RES")}
        accounts = columns.account.values
        self._found: defaultdict[tuple[str, int], dict[str, Stated]] = defaultdict(dict)
        for kind, year, account, amount, line in zip(
            columns.kind.codes, columns.year, columns.account.codes, columns.amount, columns.line, strict=True
        ):
            if kind in labels:
                self._found[labels[kind], year].setdefault(accounts[account], Stated(amount, line))

    def balances(self, kind: str, year: int = 0) -> Balances:
        return self._found.get((kind, year), {})

    def opening(self) -> Balances:
        """The current year's IB; where the file has none, the previous year's UB stands for them (§5.16)."""
        return self.balances("IB") or self.balances("UB", -1)

    def years(self) -> list[int]:
        """Those with any balance, the latest first."""
        return sorted({year for _, year in self._found}, reverse=True)

    def is_empty(self) -> bool:
        return not self._found


def periods(document: Document, year: int = 0) -> dict[PeriodKey, Stated]:
    """#PSALDO by account, month and objects."""
    found: dict[PeriodKey, Stated] = {}
    columns = document.balances
    for i, kind in enumerate(columns.kind):
        if kind == "PSALDO" and columns.year[i] == year:
            key = columns.account[i], columns.period[i], columns.objects[i]
            found.setdefault(key, Stated(columns.amount[i], columns.line[i]))
    return found


def object_balances(document: Document, kind: str) -> dict[tuple[str, Pair], Stated]:
    """The current year's OIB or OUB by account and object, of dimensions that stand alone."""
    related = related_dimensions(document)
    found: dict[tuple[str, Pair], Stated] = {}
    columns = document.balances
    for i, label in enumerate(columns.kind):
        objects = columns.objects[i]
        if label == kind and columns.year[i] == 0 and len(objects) == 1 and objects[0][0] not in related:
            found.setdefault((columns.account[i], objects[0]), Stated(columns.amount[i], columns.line[i]))
    return found


def related_dimensions(document: Document) -> set[str]:
    """Dimensions above or below others: in balances their objects' codes are put together (§8.12)."""
    return {number for each in document.dimensions.values() if each.parent for number in (each.number, each.parent)}


def is_balance_account(account: str, accounts: Mapping[str, Account]) -> bool:
    """By #KTYP where the file has it, else by BAS: classes 1 and 2 are balance accounts (facts 5)."""
    declared = accounts.get(account)
    if declared and declared.type in {"T", "S", "K", "I"}:
        return declared.type in {"T", "S"}
    return account[:1] in {"1", "2"}


def in_order(accounts: Iterable[str]) -> list[str]:
    return sorted(accounts, key=rank)


def rank(account: str) -> tuple[int, str]:
    """Numbers of accounts are strings of any length: 999 comes before 1000."""
    return len(account), account
