"""Opening balance plus what was booked is the closing balance, or the result: account by account (facts 5)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set

from sie.booked import covers_part
from sie.checks.books import Books, Readings
from sie.checks.totals import is_carried_result
from sie.findings import Finding, finding
from sie.ledger import NOTHING, Balances, PeriodKey, Stated, in_order, is_balance_account, periods
from sie.values import kronor, month_of

_BY_VOUCHERS = ("closing-balance", "result")
_BY_PERIODS = ("closing-balance-periods", "result-periods")
_BAS = ("BAS", "EUBAS", "NE")
"""How #KPTYP begins for a chart with BAS's classes; absent means BAS95 (§11)."""


def accounts(books: Books) -> Iterator[Finding]:
    """UB = IB + Σ of balance accounts and RES = Σ of result accounts; a missing balance is zero (§5.17).

    Σ is that of the vouchers; where there are none, of the periods (#PSALDO). A file of type 1 has neither.
    """
    document, ledger = books.document, books.ledger
    opened = ledger.opening()
    is_stated = any(ledger.balances(kind) for kind in ("UB", "RES"))
    if not is_stated and (books.lacks_closing or not opened or books.kind == "4I"):
        return  # none at all: told where the type demands them
    if len(document.vouchers):
        yield from _differing(books, 0, opened, books.moved, _BY_VOUCHERS)
    elif books.periods or books.demands("PSALDO"):
        yield from _differing(books, 0, opened, _moved_by_periods(books), _BY_PERIODS, _with_periods(books, 0))
    elif document.kind == 4:
        yield from _differing(books, 0, opened, Readings(Counter), _BY_VOUCHERS)


def previous_year(books: Books) -> Iterator[Finding]:
    """The same for the year before, where the file has its opening and closing balances and its periods."""
    ledger, stated = books.ledger, periods(books.document, -1)
    opened = ledger.balances("IB", -1)
    if opened and ledger.balances("UB", -1) and any(not objects for _, _, objects in stated):
        moved = Readings(lambda: _totals(stated))
        yield from _differing(books, -1, opened, moved, _BY_PERIODS, _with_periods(books, -1))


def classes(books: Books) -> Iterator[Finding]:
    """Balance accounts have #IB and #UB, result accounts #RES. Said once for each account and kind of record."""
    seen = set[tuple[str, str]]()
    for year in books.ledger.years():
        for label in ("IB", "UB", "RES"):
            for account, stated in books.ledger.balances(label, year).items():
                if stated.amount and (account, label) not in seen:
                    seen.add((account, label))
                    yield from _of_wrong_class(books, account, label, stated)


def _of_wrong_class(books: Books, account: str, label: str, stated: Stated) -> Iterator[Finding]:
    accounts = books.document.accounts
    if is_balance_account(account, accounts) == (label != "RES"):
        return
    declared = accounts.get(account)
    if declared and declared.type in {"T", "S", "K", "I"}:
        code = "account-type"
    elif (books.document.header.chart or "BAS95").startswith(_BAS) and account[:1] in set("12345678"):
        code = "result-of-balance-account" if label == "RES" else "balance-of-result-account"
    else:
        return
    kind = declared.type if declared else ""
    yield finding(code, account=account, found=kronor(stated.amount), line=stated.line, label=label, type=kind)


def _differing(
    books: Books, year: int, opened: Balances, moved: Readings[str], codes: tuple[str, str],
    among: Set[str] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    closed, results = books.ledger.balances("UB", year), books.ledger.balances("RES", year)
    carried = _uncarried_result(books) if year == 0 else 0
    every = opened.keys() | closed.keys() | results.keys() | moved.first.keys()
    for account in in_order(every if among is None else every & among):
        before, after, result = (each.get(account, NOTHING) for each in (opened, closed, results))
        is_balance = _is_balance(books, account, before.amount or after.amount, result.amount)
        found = after if is_balance else result
        start = before.amount if is_balance else 0
        is_told = is_balance and year == 0 and books.lacks_closing
        if not is_told and not moved.allow(account, found.amount - start):
            expected = start + moved.first.get(account, 0)
            line = found.line or before.line or books.first_lines.get(account, 0)
            if is_carried_result(account, found.amount - expected, carried):
                yield finding("result-carried", found=kronor(carried), account=account, line=line)
            else:
                yield finding(
                    codes[not is_balance], expected=kronor(expected), found=kronor(found.amount), account=account,
                    year=books.year(year), line=line,
                )  # fmt: skip


def _uncarried_result(books: Books) -> int:
    """The previous year's result, where its #UB, which may lack it, stand for this year's missing #IB (§5.16)."""
    if books.ledger.balances("IB"):
        return 0
    return sum(stated.amount for stated in books.ledger.balances("RES", -1).values())


def _is_balance(books: Books, account: str, balance: int, result: int) -> bool:
    """By the records where they agree; a chart that isn't BAS is legal, and a wrong class is told by itself."""
    if bool(balance) != bool(result):
        return bool(balance)
    return is_balance_account(account, books.document.accounts)


def _moved_by_periods(books: Books) -> Readings[str]:
    """Some programs go on past the day that the balances cover (#OMFATTN)."""
    stated, until = books.periods, books.document.header.covers_to
    if until is None or not covers_part(books.document):
        return Readings(lambda: _totals(stated))
    return Readings(lambda: _totals(stated), lambda: _totals(stated, month_of(until)))


def _with_periods(books: Books, year: int) -> Set[str] | None:
    """Where #PSALDO is optional (4E), it says something of those accounts only that have it, and not per object."""
    if books.demands("PSALDO"):
        return None
    return {account for account, _, objects in periods(books.document, year) if not objects}


def _totals(stated: Mapping[PeriodKey, Stated], until: int = 999999) -> Counter[str]:
    found: Counter[str] = Counter()
    for (account, period, objects), change in stated.items():
        if not objects and period <= until:  # the account's total; the object rows are parts of it (facts 4)
            found[account] += change.amount
    return found
