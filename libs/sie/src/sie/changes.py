"""What can differ between two files of the same books."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sie.records import Account, FinancialYear, Objects, Row, Voucher


@dataclass(frozen=True, slots=True)
class ChangedVoucher:
    old: Voucher
    new: Voucher
    what: tuple[str, ...]
    """Among `date`, `text`, `registered`, `signature`, `rows`, `struck`, `added`."""

    def rows_gone(self) -> list[Row]:
        """The booked rows that the old voucher had and the new one has not."""
        return _only_in(self.old, self.new)

    def rows_new(self) -> list[Row]:
        """The booked rows that only the new voucher has."""
        return _only_in(self.new, self.old)


@dataclass(frozen=True, slots=True)
class ChangedAccount:
    old: Account
    new: Account
    what: tuple[str, ...]
    """Among `name`, `type`, `unit`, `sru`."""


@dataclass(frozen=True, slots=True)
class MovedBalance:
    kind: str
    year: int
    period: int | None
    account: str
    objects: Objects
    old: Decimal
    new: Decimal
    old_quantity: Decimal | None = None
    new_quantity: Decimal | None = None

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class ChangedField:
    """Of the header; `name` is one of `sie.comparing.HEADER`."""

    name: str
    old: str | int | date | None
    new: str | int | date | None


@dataclass(frozen=True, slots=True)
class ChangedYear:
    index: int
    old: FinancialYear | None
    new: FinancialYear | None


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """A dimension, or an object of one, that was added, renamed or removed."""

    dimension: str
    number: str
    """Empty for the dimension itself."""
    old: str | None
    """The name; None where there was none such. That of a sub-dimension says its parent too."""
    new: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    same_company: bool
    """By organisation number, else by name, where both files say; else the rest says little."""
    same_year: bool
    """Whether both files are of the same financial year; else the rest says little."""
    changed_header: list[ChangedField]
    changed_years: list[ChangedYear]
    new_vouchers: list[Voucher]
    changed_vouchers: list[ChangedVoucher]
    gone_vouchers: list[Voucher]
    new_accounts: list[Account]
    changed_accounts: list[ChangedAccount]
    gone_accounts: list[Account]
    changed_objects: list[ChangedObject]
    moved_balances: list[MovedBalance]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.changed_header or self.changed_years
            or self.new_vouchers or self.changed_vouchers or self.gone_vouchers
            or self.new_accounts or self.changed_accounts or self.gone_accounts
            or self.changed_objects or self.moved_balances
        )  # fmt: skip


def _only_in(one: Voucher, other: Voucher) -> list[Row]:
    """The booked rows of one that the other has not, by what they mean."""
    there = Counter(_meaning(row, other.date) for row in other.rows)
    found = []
    for row in one.rows:
        key = _meaning(row, one.date)
        if there[key] > 0:
            there[key] -= 1
        else:
            found.append(row)
    return found


def _meaning(row: Row, day: date | None) -> tuple[object, ...]:
    own_day = None if row.date == day else row.date
    return row.account, tuple(sorted(row.objects)), row.amount, own_day, row.text, row.quantity or None, row.signature
