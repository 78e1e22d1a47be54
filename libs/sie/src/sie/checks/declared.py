"""What is used and not declared."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sie.assembly import RESERVED_DIMENSIONS
from sie.checks.books import Books
from sie.document import Document
from sie.findings import Finding, finding
from sie.ledger import in_order
from sie.records import Objects

LONGEST_CODE = 200
"""Of an object, that could be put together from two; any longer one is nobody's."""


def accounts(document: Document, used: Mapping[str, int]) -> Iterator[Finding]:
    """Accounts that are booked on, or have a balance, without #KONTO. Import files (4I) needn't have any."""
    if document.is_import and not document.accounts:
        return
    for number, line in used.items():
        if number not in document.accounts or not document.accounts[number].declared:
            yield finding("account-undeclared", account=number, line=line)


def codes(document: Document, used: Mapping[str, int]) -> Iterator[Finding]:
    """Accounts in use without SRU code; said once where the file has no codes at all."""
    if not any(account.sru for account in document.accounts.values()):
        if document.accounts and not document.is_import:
            yield finding("no-sru")
        return
    for number, line in used.items():
        account = document.accounts.get(number)
        if account and not account.sru:
            yield finding("account-without-sru", account=number, line=line)


def types(document: Document) -> Iterator[Finding]:
    for account in document.accounts.values():
        if account.type not in {"", "T", "S", "K", "I"}:
            yield finding("account-type-unknown", found=account.type, account=account.number, line=account.line)


def parents(document: Document) -> Iterator[Finding]:
    """The dimension that a #UNDERDIM is a part of is declared too, or a reserved one."""
    for each in document.dimensions.values():
        known = document.dimensions.get(each.parent)
        if each.parent and each.parent not in RESERVED_DIMENSIONS and (known is None or not known.declared):
            yield finding("dimension-undeclared", found=each.parent, line=each.line)


def objects(document: Document) -> Iterator[Finding]:
    """Dimensions and objects; the reserved dimensions need no #DIM."""
    known = document.dimensions
    used = {pair: objects for objects in reversed(document.words.objects.values) for pair in objects}
    undeclared: defaultdict[str, list[str]] = defaultdict(list)
    for dimension, number in sorted(used):
        if dimension not in known or not _is_object(document, dimension, number):
            undeclared[dimension].append(number)
    first_used = {dimension: used[dimension, numbers[0]] for dimension, numbers in undeclared.items()}
    lines = _first_lines(document, set(first_used.values()))
    for dimension, numbers in undeclared.items():
        shown, line = ((dimension, numbers[0]),), lines.get(first_used[dimension], 0)
        if not (dimension in known and known[dimension].declared) and dimension not in RESERVED_DIMENSIONS:
            yield finding("dimension-undeclared", found=dimension, line=line)
        if not document.is_import:
            yield finding(
                "object-undeclared", found=len(numbers), objects=shown, line=line, dimension=dimension,
                example=numbers[0],
            )  # fmt: skip


def used_accounts(books: Books) -> dict[str, int]:
    """Accounts with rows or with a balance other than zero, and the line where they were first seen."""
    found: dict[str, int] = {}
    balances = books.document.balances
    for account, amount, line in zip(balances.account, balances.amount, balances.line, strict=True):
        if amount:
            found.setdefault(account, line)
    found = books.first_lines | found
    return {number: found[number] for number in in_order(found)}


def _is_object(document: Document, dimension: str, number: str) -> bool:
    """Whether it is declared; in balances a sub-dimension's object comes after that of its parent, as one (§8.12)."""
    each = document.dimensions.get(dimension)
    if each is None:
        return False
    if number in each.objects:
        return True
    parent = document.dimensions.get(each.parent)
    return (
        parent is not None
        and len(number) <= LONGEST_CODE
        and any(number[:end] in parent.objects and number[end:] in each.objects for end in range(1, len(number)))
    )


def _first_lines(document: Document, wanted: set[Objects]) -> dict[Objects, int]:
    """Where each of the lists first stands."""
    lists = document.words.objects.values
    codes = {code for code, objects in enumerate(lists) if objects in wanted}
    found: dict[Objects, int] = {}
    for columns in (document.rows, document.balances, document.struck, document.added) if codes else ():
        for code, line in zip(columns.objects.codes, columns.line, strict=True):
            if code in codes:
                found.setdefault(lists[code], line)
    return found
