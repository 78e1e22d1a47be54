"""The identities between vouchers, balances and periods (facts 5)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from sie import core
from sie.checks import ledger
from sie.checks.booked import Booked
from sie.document import Document
from sie.findings import Finding, finding
from sie.records import Objects
from sie.values import kronor

ZERO = Decimal("0.00")


def vouchers(document: Document) -> Iterator[Finding]:
    """Σ #TRANS of each voucher is zero."""
    columns, amounts = document.vouchers.columns, document.rows.amount
    first = columns.first_row
    for i in core.unbalanced(first, amounts):
        total = sum(amounts[first[i] : first[i + 1]])
        name = f"{columns.series[i]} {columns.number[i]}".strip()
        yield finding("voucher-unbalanced", expected=ZERO, found=kronor(total), voucher=name, line=columns.line[i])


def accounts(document: Document, booked: Booked) -> Iterator[Finding]:
    """IB + Σ #TRANS = UB, and Σ #TRANS = RES, of the current year; only where the file has vouchers and balances."""
    if len(document.vouchers) and _has_balances(document):
        yield from _closing(document, booked.by_account(), "closing-balance", "result")


def periods(document: Document, booked: Booked) -> Iterator[Finding]:
    """#PSALDO against the vouchers of its month; where there are no vouchers, the year's periods against UB and RES."""
    stated = ledger.periods(document)
    if not stated:
        return
    if len(document.vouchers):
        yield from _months(booked.by_month(), stated)
    elif _has_balances(document):
        yield from _closing(document, _by_account(stated), "closing-balance-periods", "result-periods")


def objects(document: Document, booked: Booked) -> Iterator[Finding]:
    """OIB + Σ #TRANS = OUB of each object that has either.

    Not for dimensions above or below others, whose object codes are put together in balances (§8.12).
    """
    opened, closed = (ledger.object_balances(document, kind) for kind in ("OIB", "OUB"))
    if not closed or not len(document.vouchers):
        return
    computed = booked.by_object()
    for account, pair in sorted(opened.keys() | closed.keys()):
        expected = opened.get((account, pair), 0) + computed[account, pair]
        found = closed.get((account, pair), 0)
        if expected != found:
            yield finding(
                "object-balance", expected=kronor(expected), found=kronor(found), account=account, objects=(pair,)
            )


def totals(document: Document) -> Iterator[Finding]:
    """Σ IB = 0 and Σ UB + Σ RES = 0, for each year that the file has balances of."""
    for year in sorted(set(document.balances.year), reverse=True):
        opening = ledger.balances(document, "IB", year)
        closing, results = ledger.balances(document, "UB", year), ledger.balances(document, "RES", year)
        if total := sum(opening.values()):
            yield finding("opening-total", expected=ZERO, found=kronor(total), year=_year(document, year))
        if closing and (total := sum(closing.values()) + sum(results.values())):
            yield finding("closing-total", expected=ZERO, found=kronor(total), year=_year(document, year))


def opening(document: Document) -> Iterator[Finding]:
    """UB of the previous year = IB of the current one, where the file has both."""
    closed, opened = ledger.balances(document, "UB", -1), ledger.balances(document, "IB")
    if closed and opened:
        yield from carried("opening-against-closing", closed, ledger.balances(document, "RES", -1), opened)


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
    code: str, closed: Mapping[str, int], results: Mapping[str, int], opened: Mapping[str, int]
) -> Iterator[Finding]:
    """As `differing`; but some programs open an equity account with a result that no voucher has carried there."""
    result = sum(results.values())
    for found in differing(code, closed, opened):
        if result and found.account.startswith("20") and found.difference == kronor(result):
            yield finding("result-carried", found=kronor(result), account=found.account)
        else:
            yield found


def differing(code: str, expected: Mapping[str, int], found: Mapping[str, int]) -> Iterator[Finding]:
    """A finding for each account with another balance; a missing one is zero (§5.17)."""
    for account in sorted(expected.keys() | found.keys(), key=lambda number: (len(number), number)):
        if expected.get(account, 0) != found.get(account, 0):
            yield finding(
                code, expected=kronor(expected.get(account, 0)), found=kronor(found.get(account, 0)), account=account
            )


def _closing(document: Document, changes: Mapping[str, int], closing_code: str, result_code: str) -> Iterator[Finding]:
    opened, closed = ledger.balances(document, "IB"), ledger.balances(document, "UB")
    results = ledger.balances(document, "RES")
    numbers = opened.keys() | closed.keys() | results.keys() | changes.keys()
    for account in sorted(numbers, key=lambda number: (len(number), number)):
        expected = opened.get(account, 0) + changes.get(account, 0)
        found = closed.get(account, 0) + results.get(account, 0)
        if expected != found:
            code = result_code if _is_result(document, account, opened, closed, results) else closing_code
            yield finding(code, expected=kronor(expected), found=kronor(found), account=account)


def _is_result(document: Document, account: str, *balances: Mapping[str, int]) -> bool:
    opened, closed, results = balances
    if account in results:
        return True
    return account not in opened and account not in closed and not ledger.accounts_by_kind(document, {account})[0]


def _months(
    computed: defaultdict[tuple[str, int], Counter[Objects]], stated: Mapping[tuple[str, int, Objects], int]
) -> Iterator[Finding]:
    for (account, period, objects), amount in stated.items():
        expected = computed[account, period][objects] if len(objects) <= 1 else amount
        if expected != amount:
            code = "period-object" if objects else "period"
            yield finding(
                code, expected=kronor(expected), found=kronor(amount), account=account, period=period, objects=objects
            )
    for (account, period), sums in list(computed.items()):
        if sums[()] and (account, period, ()) not in stated:
            yield finding("period", expected=kronor(sums[()]), found=ZERO, account=account, period=period)


def _by_account(stated: Mapping[tuple[str, int, Objects], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (account, _, objects), amount in stated.items():
        if not objects:  # the account's total; the object rows are parts of it (facts 4)
            found[account] += amount
    return found


def _has_balances(document: Document) -> bool:
    return any(ledger.balances(document, kind) for kind in ("UB", "RES"))


def _year(document: Document, index: int) -> int:
    """The calendar year in which a financial year ends; its index where the file doesn't say."""
    return document.years[index].end.year if index in document.years else index
