"""What differs between two files of the same books."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sie.columns import Rows
from sie.document import Document
from sie.records import Account, Header, Objects, Row, Voucher
from sie.values import kronor

Key = tuple[str, str, int]
"""Series, number, and which of those with the same number: some programs repeat them."""
BalanceKey = tuple[str, int, int, str, Objects]


@dataclass(frozen=True, slots=True)
class ChangedVoucher:
    old: Voucher
    new: Voucher
    what: tuple[str, ...]
    """Among `date`, `text`, `registered`, `signature`, `rows`, `struck`, `added`."""

    def rows_gone(self) -> list[Row]:
        """The booked rows that the old voucher had and the new one has not."""
        return list((Counter(self.old.rows) - Counter(self.new.rows)).elements())

    def rows_new(self) -> list[Row]:
        """The booked rows that only the new voucher has."""
        return list((Counter(self.new.rows) - Counter(self.old.rows)).elements())


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

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Comparison:
    same_company: bool
    """By organisation number, else by name, where both files say; else the rest says little."""
    same_year: bool
    """Whether both files are of the same financial year; else the rest says little."""
    new_vouchers: list[Voucher]
    changed_vouchers: list[ChangedVoucher]
    gone_vouchers: list[Voucher]
    new_accounts: list[Account]
    changed_accounts: list[ChangedAccount]
    gone_accounts: list[Account]
    moved_balances: list[MovedBalance]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.new_vouchers or self.changed_vouchers or self.gone_vouchers
            or self.new_accounts or self.changed_accounts or self.gone_accounts or self.moved_balances
        )  # fmt: skip


def compare(old: Document, new: Document) -> Comparison:
    """Vouchers by series and number, accounts by number, balances by what they are of.

    A balance that is missing is zero; the order of a voucher's rows says nothing.
    """
    before, after = _keys(old), _keys(new)
    return Comparison(
        same_company=_company(old.header, new.header),
        same_year=old.years.get(0) == new.years.get(0),
        new_vouchers=[new.vouchers[i] for key, i in after.items() if key not in before],
        changed_vouchers=list(_changed_vouchers(old, new, before, after)),
        gone_vouchers=[old.vouchers[i] for key, i in before.items() if key not in after],
        new_accounts=[account for number, account in new.accounts.items() if number not in old.accounts],
        changed_accounts=list(_changed_accounts(old.accounts, new.accounts)),
        gone_accounts=[account for number, account in old.accounts.items() if number not in new.accounts],
        moved_balances=list(_moved_balances(old, new)),
    )


def _company(old: Header, new: Header) -> bool:
    """An organisation number may have a hyphen, and a century before its ten digits (facts 4)."""
    numbers = ["".join(filter(str.isdigit, header.organisation_number))[-10:] for header in (old, new)]
    names = [header.company_name.casefold() for header in (old, new)]
    one, other = numbers if all(numbers) else names
    return one == other or not one or not other


def _keys(document: Document) -> dict[Key, int]:
    seen: Counter[tuple[str, str]] = Counter()
    keys: dict[Key, int] = {}
    columns = document.vouchers.columns
    for i, name in enumerate(zip(columns.series, columns.number, strict=True)):
        keys[(*name, seen[name])] = i
        seen[name] += 1
    return keys


class _Contents:
    """A document's vouchers as plain tuples, which compare quickly and without regard to codes."""

    def __init__(self, document: Document) -> None:
        columns = document.vouchers.columns
        self._columns = columns
        self._heads = list(zip(columns.date, columns.text, columns.registered, columns.signature, strict=True))
        self._rows = _tuples(document.rows)
        self._struck = _tuples(document.struck)
        self._added = _tuples(document.added)

    def parts(self, i: int) -> tuple[object, ...]:
        columns = self._columns
        return (
            *self._heads[i],
            self._rows[columns.first_row[i] : columns.first_row[i + 1]],
            self._struck[columns.first_struck[i] : columns.first_struck[i + 1]],
            self._added[columns.first_added[i] : columns.first_added[i + 1]],
        )


_PARTS = ("date", "text", "registered", "signature", "rows", "struck", "added")


def _tuples(rows: Rows) -> list[tuple[object, ...]]:
    columns = rows.account, rows.objects, rows.amount, rows.date, rows.text, rows.quantity, rows.signature
    return [row for row in zip(*columns, strict=True)]  # noqa: C416  (`list` would let no other thread run)


def _changed_vouchers(
    old: Document, new: Document, before: Mapping[Key, int], after: Mapping[Key, int]
) -> Iterator[ChangedVoucher]:
    old_contents, new_contents = _Contents(old), _Contents(new)
    for key, i in before.items():
        j = after.get(key)
        if j is None:
            continue
        was, is_now = old_contents.parts(i), new_contents.parts(j)
        if was != is_now:
            pairs = zip(_PARTS, was, is_now, strict=True)
            if what := tuple(name for name, one, other in pairs if _differ(one, other)):
                yield ChangedVoucher(old.vouchers[i], new.vouchers[j], what)


def _differ(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return Counter(one) != Counter(other)
    return one != other


def _changed_accounts(old: Mapping[str, Account], new: Mapping[str, Account]) -> Iterator[ChangedAccount]:
    for number, account in old.items():
        other = new.get(number)
        if other is not None and other != account:
            names = ("name", "type", "unit", "sru")
            what = tuple(name for name in names if getattr(account, name) != getattr(other, name))
            if what:
                yield ChangedAccount(account, other, what)


def _moved_balances(old: Document, new: Document) -> Iterator[MovedBalance]:
    before, after = _balances(old), _balances(new)
    for key in dict.fromkeys((*before, *after)):
        was, is_now = before.get(key, 0), after.get(key, 0)
        if was != is_now:
            kind, year, period, account, objects = key
            yield MovedBalance(kind, year, period or None, account, objects, kronor(was), kronor(is_now))


def _balances(document: Document) -> dict[BalanceKey, int]:
    columns = document.balances
    keys = zip(columns.kind, columns.year, columns.period, columns.account, columns.objects, strict=True)
    found: dict[BalanceKey, int] = {}
    for key, amount in zip(keys, columns.amount, strict=True):
        found.setdefault(key, amount)
    return found
