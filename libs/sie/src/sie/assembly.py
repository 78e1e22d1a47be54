"""A document in the making: what the scanner and the careful reader fill together."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, auto

from sie.columns import Balances, Rows, Vocabulary, VoucherColumns
from sie.problems import Problems
from sie.records import Dimension, FinancialYear, Other

RESERVED_DIMENSIONS = {
    "1": "Kostnadsställe", "2": "Kostnadsbärare", "6": "Projekt", "7": "Anställd", "8": "Kund", "9": "Leverantör",
    "10": "Faktura",
}  # fmt: skip
"""Dimensions that need no #DIM (§8.17)."""


class Place(IntEnum):
    """Where in the file we are."""

    OUTSIDE = auto()
    AFTER_VOUCHER = auto()
    """A #VER was read, its { not yet."""
    INSIDE = auto()
    INSIDE_WITHOUT_BRACE = auto()
    """Rows came although the { is missing."""


@dataclass(slots=True)
class AccountDraft:
    name: str | None = None
    type: str = ""
    unit: str = ""
    sru: list[str] = field(default_factory=list)
    line: int = 0


@dataclass(slots=True)
class Checksum:
    """The #KSUMMA records as they stand in the file."""

    opened: int | None = None
    """The line of the opening one."""
    closed: int | None = None
    declared: int | None = None


class Assembly:
    OTHERS_KEPT = 100_000

    def __init__(self) -> None:
        self.words = Vocabulary()
        self.rows = Rows(self.words)
        self.struck = Rows(self.words)
        self.added = Rows(self.words)
        self.vouchers = VoucherColumns(self.words)
        self.balances = Balances(self.words)
        self.header: dict[str, str | int | date | None] = {}
        self.years: dict[int, FinancialYear] = {}
        self.accounts: dict[str, AccountDraft] = {}
        self.dimensions: dict[str, Dimension] = {}
        self.other: list[Other] = []
        self.counts: Counter[str] = Counter()
        self.places: dict[str, tuple[int, int]] = {}
        self.checksum = Checksum()
        self.problems = Problems()
        self.place = Place.OUTSIDE
        self.is_cut_off = False

    def begin_voucher(self) -> None:
        """The voucher's own columns have been appended to; its rows follow."""
        self.place = Place.AFTER_VOUCHER
        for first, rows in self._ends():
            first.append(len(rows))

    def end_voucher(self) -> None:
        """Sets where the next voucher's rows begin."""
        self.place = Place.OUTSIDE
        for first, rows in self._ends():
            first[-1] = len(rows)

    def keep_other(self, other: Other) -> None:
        if len(self.other) < self.OTHERS_KEPT:
            self.other.append(other)
        else:
            self.problems.add("other-too-many", other.line)

    def dimension(self, number: str) -> Dimension:
        """The dimension, made undeclared with its reserved name if no #DIM came before."""
        found = self.dimensions.get(number)
        if found is None:
            found = Dimension(number, RESERVED_DIMENSIONS.get(number, ""), declared=False)
            self.dimensions[number] = found
        return found

    def _ends(self) -> tuple[tuple["array[int]", Rows], ...]:
        columns = self.vouchers
        return (
            (columns.first_row, self.rows),
            (columns.first_struck, self.struck),
            (columns.first_added, self.added),
        )
