"""Sums that are zero, and one year's end that is the next one's beginning (facts 5)."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sie import core
from sie.checks.books import Books
from sie.document import Document
from sie.findings import Finding, finding
from sie.ledger import NOTHING, Balances, Stated, in_order
from sie.values import kronor

ZERO = Decimal("0.00")


def vouchers(document: Document) -> Iterator[Finding]:
    """Σ #TRANS of each voucher is zero."""
    columns, amounts = document.vouchers.columns, document.rows.amount
    first = columns.first_row
    for i in core.unbalanced(first, amounts):
        total = sum(amounts[first[i] : first[i + 1]])
        found, name = kronor(total), columns.name(i)
        yield finding("voucher-unbalanced", expected=ZERO, found=found, voucher=name, line=columns.line[i])


def years(books: Books) -> Iterator[Finding]:
    """Σ IB = 0 and Σ UB + Σ RES = 0, for each year that the file has balances of.

    A previous year may have #RES without #UB, which the current year's #IB tells instead (§5.16).
    """
    for year in books.ledger.years():
        opening, closing, results = (books.ledger.balances(kind, year) for kind in ("IB", "UB", "RES"))
        yield from _not_zero("opening-total", books.year(year), opening)
        if closing or year == 0:
            yield from _not_zero("closing-total", books.year(year), closing, results)


def opening(books: Books) -> Iterator[Finding]:
    """UB of the previous year = IB of the current one, where the file has both."""
    closed, opened = books.ledger.balances("UB", -1), books.ledger.balances("IB")
    if closed and opened:
        results = books.ledger.balances("RES", -1)
        yield from carried("opening-against-closing", closed, results, opened)


def repeated(document: Document) -> Iterator[Finding]:
    """One balance per account, year, kind, period and objects: the standard doesn't say what two would mean."""
    columns = document.balances
    seen: Counter[tuple[int, int, int, int, int]] = Counter()
    keys = zip(
        columns.kind.codes, columns.year, columns.account.codes, columns.period, columns.objects.codes, strict=True
    )
    for i, key in enumerate(keys):
        seen[key] += 1
        if seen[key] == 2:
            yield finding(
                "balance-repeated", account=columns.account[i], year=columns.year[i], line=columns.line[i],
                period=columns.period[i] or None, objects=columns.objects[i], label=f"#{columns.kind[i]}",
            )  # fmt: skip


def carried(
    code: str, closed: Balances, results: Balances, opened: Balances, *, same_file: bool = True
) -> Iterator[Finding]:
    """Accounts that open otherwise than they closed; a line is one of the file that opens."""
    result = sum(each.amount for each in results.values())
    for account, before, after in differing(closed, opened):
        line = after.line or (before.line if same_file else 0)
        if is_carried_result(account, after.amount - before.amount, result):
            yield finding("result-carried", found=kronor(result), account=account, line=line)
        else:
            expected, found = kronor(before.amount), kronor(after.amount)
            yield finding(code, expected=expected, found=found, account=account, line=line)


def is_carried_result(account: str, difference: int, result: int) -> bool:
    """Some programs open an equity account with a result that no voucher has carried there: that is only noted."""
    return bool(result) and account.startswith("20") and difference == result


def differing(expected: Balances, found: Balances) -> Iterator[tuple[str, Stated, Stated]]:
    """Each account with another balance; a missing one is zero (§5.17)."""
    for account in in_order(expected.keys() | found.keys()):
        one, other = expected.get(account, NOTHING), found.get(account, NOTHING)
        if one.amount != other.amount:
            yield account, one, other


def _not_zero(code: str, year: int, *balances: Balances) -> Iterator[Finding]:
    if total := sum(stated.amount for each in balances for stated in each.values()):
        line = min(stated.line for each in balances for stated in each.values())
        yield finding(code, expected=ZERO, found=kronor(total), year=year, line=line)
