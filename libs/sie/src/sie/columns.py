"""Rows, vouchers and balances in columns: a file has a million rows, an object is made for one when it is asked for.

Numbers are `array`s (buffers that numpy, Arrow and polars take over as they are); texts are dictionary-coded: an
`array` of codes and the distinct values, which is Arrow's dictionary array.
"""

from array import array
from collections.abc import Hashable, Iterator
from decimal import Decimal
from typing import Generic, TypeVar

from sie import values
from sie.frames import Frame
from sie.records import Balance, BalanceKind, Objects, Row, voucher_name

T = TypeVar("T", bound=Hashable)


class Distinct(Generic[T]):
    """Distinct values, each with a code in the order of their first appearance; shared by several columns."""

    def __init__(self, *first: T) -> None:
        self.values: list[T] = list(first)
        self._codes: dict[T, int] = {}

    @property
    def codes(self) -> dict[T, int]:
        """Codes by value; the native scanner appends values only, and many a document is never asked."""
        for code in range(len(self._codes), len(self.values)):
            self._codes[self.values[code]] = code
        return self._codes

    def code(self, value: T) -> int:
        """The value's code, a new one if it is new."""
        code = self._codes.get(value)
        if code is None and (code := self.codes.get(value)) is None:
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code


class Coded(Generic[T]):
    """A column of values that repeat: `codes[i]` tells which of `distinct.values` stands at i."""

    __slots__ = ("codes", "distinct")

    def __init__(self, distinct: Distinct[T]) -> None:
        self.distinct = distinct
        self.codes = array("i")

    @property
    def values(self) -> list[T]:
        return self.distinct.values

    def append(self, value: T) -> None:
        self.codes.append(self.distinct.code(value))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: int) -> T:
        return self.distinct.values[self.codes[index]]

    def __iter__(self) -> Iterator[T]:
        return map(self.distinct.values.__getitem__, self.codes)


class Vocabulary:
    """The distinct values of one document; code 0 means empty everywhere but for accounts."""

    def __init__(self) -> None:
        self.accounts: Distinct[str] = Distinct()
        self.objects: Distinct[Objects] = Distinct(())
        self.texts: Distinct[str] = Distinct("")
        self.quantities: Distinct[str] = Distinct("")
        self.signatures: Distinct[str] = Distinct("")
        self.series: Distinct[str] = Distinct("")
        self.numbers: Distinct[str] = Distinct("")
        self.kinds: Distinct[str] = Distinct("IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET")


class Rows(Frame):
    """#TRANS, #BTRANS or #RTRANS rows in the file's order."""

    NAMES = ("voucher", "account", "objects", "amount", "date", "text", "quantity", "signature", "line")
    DATES = ("date",)
    __slots__ = NAMES

    def __init__(self, words: Vocabulary) -> None:
        self.voucher = array("i")
        """Index of the voucher that the row belongs to."""
        self.account = Coded(words.accounts)
        self.objects = Coded(words.objects)
        self.amount = array("q")
        """In öre."""
        self.date = array("i")
        """Days since 1970-01-01, or `values.NO_DATE`: the voucher's date holds."""
        self.text = Coded(words.texts)
        self.quantity = Coded(words.quantities)
        self.signature = Coded(words.signatures)
        self.line = array("i")

    def __len__(self) -> int:
        return len(self.amount)

    def __getitem__(self, index: int) -> Row:
        return Row(
            self.account[index],
            values.kronor(self.amount[index]),
            self.objects[index],
            values.to_date(self.date[index]),
            self.text[index],
            _number(self.quantity[index]),
            self.signature[index],
            self.line[index],
        )

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    def likeness(self, index: int) -> tuple[int, int, int]:
        """Account, objects and amount, in which twins are alike; date and signature differ in real files (facts 6)."""
        return self.account.codes[index], self.objects.codes[index], self.amount[index]


class VoucherColumns(Frame):
    """#VER records in the file's order; the rows of voucher i are `first_row[i]` up to `first_row[i + 1]`."""

    NAMES = ("series", "number", "date", "text", "registered", "signature", "line")
    DATES = ("date", "registered")
    __slots__ = (*NAMES, "first_row", "first_struck", "first_added")

    def __init__(self, words: Vocabulary) -> None:
        self.series = Coded(words.series)
        self.number = Coded(words.numbers)
        self.date = array("i")
        self.text = Coded(words.texts)
        self.registered = array("i")
        self.signature = Coded(words.signatures)
        self.line = array("i")
        self.first_row = array("i", [0])
        self.first_struck = array("i", [0])
        self.first_added = array("i", [0])

    def __len__(self) -> int:
        return len(self.line)

    def name(self, index: int) -> str:
        return voucher_name(self.series[index], self.number[index])


class Balances(Frame):
    """#IB, #UB, #RES, #OIB, #OUB, #PSALDO and #PBUDGET in the file's order."""

    NAMES = ("kind", "year", "period", "account", "objects", "amount", "quantity", "line")
    __slots__ = (*NAMES, "decimals")

    def __init__(self, words: Vocabulary) -> None:
        self.kind = Coded(words.kinds)
        self.year = array("i")
        self.period = array("i")
        """YYYYMM; 0 for kinds without a period."""
        self.account = Coded(words.accounts)
        self.objects = Coded(words.objects)
        self.amount = array("q")
        """In öre."""
        self.decimals = array("b")
        """How many decimals the file wrote (old Fortnox mixes them); -1 if it was not read from a file."""
        self.quantity = Coded(words.quantities)
        self.line = array("i")

    def __len__(self) -> int:
        return len(self.amount)

    def __getitem__(self, index: int) -> Balance:
        kind: BalanceKind = self.kind[index]  # type: ignore[assignment]  # the column holds nothing else
        return Balance(
            kind,
            self.year[index],
            self.account[index],
            values.kronor(self.amount[index]),
            self.objects[index],
            self.period[index] or None,
            _number(self.quantity[index]),
            self.line[index],
        )

    def __iter__(self) -> Iterator[Balance]:
        return map(self.__getitem__, range(len(self)))


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
