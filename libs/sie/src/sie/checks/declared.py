"""What is used and not declared."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sie.assembly import RESERVED_DIMENSIONS
from sie.checks.booked import Booked
from sie.document import Document
from sie.findings import Finding, finding


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


def objects(document: Document) -> Iterator[Finding]:
    """Dimensions and objects; the reserved dimensions need no #DIM."""
    known = document.dimensions
    used = {pair: None for objects in document.words.objects.values for pair in objects}
    for dimension in dict.fromkeys(dimension for dimension, _ in used):
        declared = dimension in known and known[dimension].declared
        if not declared and dimension not in RESERVED_DIMENSIONS:
            yield finding("dimension-undeclared", found=dimension)
    if document.is_import:
        return
    undeclared: defaultdict[str, list[str]] = defaultdict(list)
    for dimension, number in used:
        if dimension not in known or number not in known[dimension].objects:
            undeclared[dimension].append(number)
    for dimension, numbers in undeclared.items():
        shown = ((dimension, numbers[0]),)
        yield finding("object-undeclared", found=len(numbers), objects=shown, dimension=dimension, example=numbers[0])


def used_accounts(document: Document, booked: Booked) -> dict[str, int]:
    """Accounts with rows or with a balance other than zero, and the line where they were first seen."""
    found: dict[str, int] = {}
    balances = document.balances
    for account, amount, line in zip(balances.account, balances.amount, balances.line, strict=True):
        if amount:
            found.setdefault(account, line)
    found = booked.first_lines() | found
    return {number: found[number] for number in sorted(found, key=lambda number: (len(number), number))}
