"""What differs between two files of the same books."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from sie.changes import (
    ChangedAccount,
    ChangedField,
    ChangedObject,
    ChangedVoucher,
    ChangedYear,
    Comparison,
    MovedBalance,
)
from sie.document import Document
from sie.pairing import PARTS, Contents, paired
from sie.records import Account, Dimension, FinancialYear, Header, Objects
from sie.values import kronor, ten_digits

HEADER = (
    "kind", "comment", "company_type", "company_id", "organisation_number", "acquisition_number", "activity_number",
    "industry_code", "contact", "street", "postal_address", "telephone", "company_name", "tax_year", "covers_to",
    "chart", "currency",
)  # fmt: skip
"""What of the header is about the books, and not about the file: who wrote it, when, and if it has been read."""
BalanceKey = tuple[str, int, int, str, Objects]


def compare(old: Document, new: Document) -> Comparison:
    """Vouchers by series and number, accounts by number, balances by what they are of.

    Where numbers are missing or repeated, vouchers of equal content are each other's. A balance that is missing is
    zero; the order of a voucher's rows says nothing.
    """
    before, after = Contents(old), Contents(new)
    pairs = paired(before, after)
    return Comparison(
        same_company=_company(old.header, new.header),
        same_year=old.years.get(0) == new.years.get(0),
        changed_header=list(_changed_header(old.header, new.header)),
        changed_years=list(_changed_years(old.years, new.years)),
        new_vouchers=[new.vouchers[j] for j in pairs.new],
        changed_vouchers=[
            ChangedVoucher(old.vouchers[i], new.vouchers[j], what)
            for i, j in pairs.both
            if (what := _changed_parts(before.parts(i), after.parts(j)))
        ],
        gone_vouchers=[old.vouchers[i] for i in pairs.gone],
        new_accounts=[account for number, account in new.accounts.items() if number not in old.accounts],
        changed_accounts=list(_changed_accounts(old.accounts, new.accounts)),
        gone_accounts=[account for number, account in old.accounts.items() if number not in new.accounts],
        changed_objects=list(_changed_objects(old.dimensions, new.dimensions)),
        moved_balances=list(_moved_balances(old, new)),
    )


def _company(old: Header, new: Header) -> bool:
    """By number, else by name."""
    numbers = [ten_digits(header.organisation_number) for header in (old, new)]
    names = [header.company_name.casefold() for header in (old, new)]
    one, other = numbers if all(numbers) else names
    return one == other or not one or not other


_MEANS: dict[str, Callable[[str], str]] = {
    "organisation_number": ten_digits,
    "currency": lambda code: code or "SEK",
    "chart": lambda chart: chart or "BAS95",
}
"""Fields that may be written in several ways (§11)."""


def _same(value: str) -> str:
    return value


def _changed_header(old: Header, new: Header) -> Iterator[ChangedField]:
    for name in HEADER:
        was, is_now = getattr(old, name), getattr(new, name)
        means = _MEANS.get(name, _same)
        if means(was) != means(is_now):
            yield ChangedField(name, was, is_now)


def _changed_years(old: Mapping[int, FinancialYear], new: Mapping[int, FinancialYear]) -> Iterator[ChangedYear]:
    for index in sorted(old.keys() | new.keys(), reverse=True):
        if old.get(index) != new.get(index):
            yield ChangedYear(index, old.get(index), new.get(index))


def _changed_parts(was: tuple[object, ...], is_now: tuple[object, ...]) -> tuple[str, ...]:
    if was == is_now:
        return ()
    return tuple(name for name, one, other in zip(PARTS, was, is_now, strict=True) if _differ(one, other))


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


def _changed_objects(old: Mapping[str, Dimension], new: Mapping[str, Dimension]) -> Iterator[ChangedObject]:
    before, after = _names(old), _names(new)
    for dimension, number in dict.fromkeys((*before, *after)):
        was, is_now = before.get((dimension, number)), after.get((dimension, number))
        if was != is_now:
            yield ChangedObject(dimension, number, was, is_now)


def _names(dimensions: Mapping[str, Dimension]) -> dict[tuple[str, str], str]:
    """Of dimensions, under the empty number, and of their objects."""
    found: dict[tuple[str, str], str] = {}
    for each in dimensions.values():
        found[each.number, ""] = f"{each.name} ({each.parent})" if each.parent else each.name
        for number, name in each.objects.items():
            found[each.number, number] = name
    return found


def _moved_balances(old: Document, new: Document) -> Iterator[MovedBalance]:
    before, after = _balances(old), _balances(new)
    nothing = (0, None)
    for key in dict.fromkeys((*before, *after)):
        (was, old_quantity), (is_now, new_quantity) = before.get(key, nothing), after.get(key, nothing)
        if (was, old_quantity) != (is_now, new_quantity):
            kind, year, period, account, objects = key
            yield MovedBalance(
                kind, year, period or None, account, objects, kronor(was), kronor(is_now), old_quantity, new_quantity
            )


def _balances(document: Document) -> dict[BalanceKey, tuple[int, Decimal | None]]:
    """Amount and quantity; a quantity of zero is none."""
    columns, words = document.balances, document.words
    orderly = [tuple(sorted(objects)) for objects in words.objects.values]
    quantities = [(Decimal(text) or None) if text else None for text in words.quantities.values]
    objects = map(orderly.__getitem__, columns.objects.codes)
    keys = zip(columns.kind, columns.year, columns.period, columns.account, objects, strict=True)
    found: dict[BalanceKey, tuple[int, Decimal | None]] = {}
    for key, amount, quantity in zip(keys, columns.amount, columns.quantity.codes, strict=True):
        found.setdefault(key, (amount, quantities[quantity]))
    return found
