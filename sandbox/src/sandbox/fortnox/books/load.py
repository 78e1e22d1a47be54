"""A company's first financial year from a SIE file, and the year after it.

Books are taken as they are. Only what Fortnox can't hold is made holdable: empty series and numbers, numbers that
occur twice, accounts that are no numbers, texts that are too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import sie
from sandbox.fortnox.books import bas
from sandbox.fortnox.books.books import Books
from sandbox.fortnox.books.model import COST_CENTRE, PROJECT, Account, Balances, FinancialYear, Row, Series, Voucher
from sandbox.fortnox.clock import SWEDEN
from sandbox.fortnox.company import Company, Profile

LONGEST_TEXT, LONGEST_SERIES = 200, 10
STRANGE_ACCOUNTS_FROM = 9000  # where accounts go whose number is no number


def load(document: sie.Document, company: Company) -> FinancialYear:
    """Puts the file's year, and an empty one after it, into a company that has no years yet."""
    year = _year(document, 2 + company.tenant % 5)
    numbers = AccountNumbers(document)
    year.accounts = {numbers[name]: _account(numbers[name], account) for name, account in document.accounts.items()}
    _balances(document, year, numbers)
    profile = company.profile
    profile.years[year.id] = year
    profile.sie_chart = document.header.chart or "EUBAS97"
    _dimensions(document, profile)
    for voucher in _vouchers(document, year, numbers, company.books):
        company.books.add(voucher)
    for number in {row.account for voucher in company.books for row in voucher.rows} | set(year.opening):
        year.accounts.setdefault(number, bas.usual_account(number))
    add_following_year(company, year)
    return year


def add_following_year(company: Company, year: FinancialYear) -> FinancialYear:
    """The next year: same chart, same series, opening balances as they stand now (fact 5.8)."""
    end = _a_year_from(year.end + timedelta(days=1))
    accounts = {number: _copy(account) for number, account in year.accounts.items()}
    series = {code: Series(s.code, s.name, s.manual) for code, s in year.series.items()}
    following = FinancialYear(year.id + 1, year.end + timedelta(days=1), end, accounts, series, {})
    company.profile.years[following.id] = following
    carry_balances(company, year, following)
    return following


def carry_balances(company: Company, year: FinancialYear, following: FinancialYear) -> None:
    """ "Överför balanser från föregående år": the closing balances of balance-sheet accounts become opening ones."""
    closing = dict(year.opening)
    for account, moved in company.books.movements(year.id).items():
        closing[account] = closing.get(account, 0) + moved
    following.opening = {a: amount for a, amount in closing.items() if amount and Account(a, "").has_balance}
    company.books.changed(following.id)


class AccountNumbers:
    """Account numbers as int; those that are none ("DIFF") get free ones."""

    def __init__(self, document: sie.Document) -> None:
        self._known: dict[str, int] = {}
        self._taken = {int(name) for name in document.words.accounts.values if name.isdecimal()}

    def __getitem__(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = int(name) if name.isdecimal() else self._free()
        return self._known[name]

    def _free(self) -> int:
        number = next(n for n in range(STRANGE_ACCOUNTS_FROM, 10_000) if n not in self._taken)
        self._taken.add(number)
        return number


def _a_year_from(start: date) -> date:
    return (
        start.replace(year=start.year + 1) - timedelta(days=1)
        if (start.month, start.day) != (2, 29)
        else (date(start.year + 1, 2, 28))
    )


def _copy(account: Account) -> Account:
    return Account(**{name: getattr(account, name) for name in Account.__slots__})


def _year(document: sie.Document, identity: int) -> FinancialYear:
    """Year 0 of the file; files for import needn't say it: then it is the calendar year of the first voucher."""
    years, series = document.years, bas.usual_series()
    for code in {_series(voucher.series) for voucher in document.vouchers}:
        series.setdefault(code, Series(code, f"Serie {code}", manual=True))
    if 0 in years:
        start, end = years[0].start, years[0].end
    else:
        first = min((v.date for v in document.vouchers if v.date), default=date.today())  # noqa: DTZ011 - any year does
        start, end = date(first.year, 1, 1), date(first.year, 12, 31)
    before = Balances(years[-1].start, years[-1].end) if -1 in years else None
    return FinancialYear(identity, start, end, {}, series, {}, before)


def _account(number: int, account: sie.Account) -> Account:
    code = account.sru[0] if account.sru else ""
    return Account(number, account.name or f"Konto {number}", sru=code, vat_code=_vat_code(number))


def _vat_code(number: int) -> str:
    """SIE has no VAT codes; these are the usual ones of the usual accounts."""
    usual = {2610: "U1", 2611: "U1", 2620: "U2", 2621: "U2", 2630: "U3", 2631: "U3", 2640: "I", 2641: "I", 2645: "I"}
    return usual.get(number, "MP1" if 3000 <= number <= 3003 else "")


def _balances(document: sie.Document, year: FinancialYear, numbers: AccountNumbers) -> None:
    """Opening balances; where the file has none, the year before's closing ones are (SIE §5.16)."""
    columns, before = document.balances, year.before
    for i, kind in enumerate(columns.kind):
        number, amount = numbers[columns.account[i]], columns.amount[i]
        if kind == "IB" and columns.year[i] == 0:
            year.opening[number] = year.opening.get(number, 0) + amount
        elif before is not None and columns.year[i] == -1:
            kept = {"IB": before.opening, "UB": before.closing, "RES": before.result}.get(kind)
            if kept is not None:
                kept[number] = amount
    if not year.opening and before is not None:
        year.opening = dict(before.closing)


def _dimensions(document: sie.Document, profile: Profile) -> None:
    profile.dimensions = {COST_CENTRE: "Kostnadsställe", PROJECT: "Projekt"}
    for number, dimension in document.dimensions.items():
        if dimension.declared:
            profile.dimensions.setdefault(number, dimension.name)
        profile.objects.setdefault(number, {}).update(dimension.objects)
    for objects in document.words.objects.values:
        for number, code in objects:
            profile.objects.setdefault(number, {}).setdefault(code, code)


def _series(code: str) -> str:
    return re.sub(r"\s", "", code)[:LONGEST_SERIES] or "A"


def _vouchers(document: sie.Document, year: FinancialYear, numbers: AccountNumbers, books: Books) -> Iterator[Voucher]:
    """The file's vouchers in its order. Numbers that can't be used are given anew, after all that can."""
    taken: set[tuple[str, int]] = set()
    waiting: list[sie.Voucher] = []
    for voucher in document.vouchers:
        number = int(voucher.number) if voucher.number.isdecimal() else 0
        key = _series(voucher.series), number
        if number < 1 or key in taken:
            waiting.append(voucher)
        else:
            taken.add(key)
            yield _voucher(voucher, year, key, numbers)
    for voucher in waiting:
        series = _series(voucher.series)
        yield _voucher(voucher, year, (series, books.next_number(year.id, series)), numbers)


def _voucher(voucher: sie.Voucher, year: FinancialYear, key: tuple[str, int], numbers: AccountNumbers) -> Voucher:
    day = voucher.date or year.start
    registered = voucher.registered or day
    moment = datetime.combine(registered, time(12), SWEDEN).astimezone(UTC)
    rows = [_row(row, numbers, removed=True) for row in voucher.struck]
    waiting = [_identity(row) for row in voucher.added]
    signatures = {_identity(row): row.signature for row in voucher.added}
    for row in voucher.rows:
        added = _identity(row) in waiting
        if added:
            waiting.remove(_identity(row))
        rows.append(_row(row, numbers, added=added, signature=signatures.get(_identity(row), "")))
    return Voucher(year.id, *key, day, voucher.text[:LONGEST_TEXT], rows, registered, created=moment, modified=moment)


def _identity(row: sie.Row) -> tuple[str, Decimal, tuple[tuple[str, str], ...]]:
    """What pairs a #RTRANS with its twin #TRANS (SIE facts 6)."""
    return row.account, row.amount, row.objects


def _row(
    row: sie.Row, numbers: AccountNumbers, *, removed: bool = False, added: bool = False, signature: str = ""
) -> Row:
    amount = int(row.amount * 100)
    made = Row.of(numbers[row.account], amount, row.text)
    made.objects, made.quantity = row.objects, row.quantity or Decimal()
    made.removed, made.added, made.signature = removed, added, signature or row.signature
    return made
