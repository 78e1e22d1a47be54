"""A financial year as a SIE file in the layout of Fortnox 3.6x (SIE facts 8): CRLF, no last newline, no #KSUMMA.

Written here and not by `sie.write`, so that what our reader and our writer both misunderstand shows; a test holds the
two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sandbox.fortnox.amounts import text as amount_text
from sandbox.fortnox.books.model import COST_CENTRE, PROJECT, FinancialYear, Row, Voucher
from sandbox.fortnox.company import Company
from sandbox.fortnox.switches import Switches

Months = dict[int, dict[tuple[str, tuple[tuple[str, str], ...]], int]]  # account → (month, object) → öre


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a year is wanted."""

    kind: int  # 1 year balances, 2 with months, 3 with objects, 4 with vouchers
    start: date
    end: date
    selection: tuple[tuple[str, int, int], ...] = ()  # series, first and last number
    unused_accounts: bool | None = None  # None: active ones and those that are used


def compose(company: Company, year: FinancialYear, wish: Wish, today: date, switches: Switches) -> bytes:
    """The file's bytes. What the character set lacks becomes a question mark."""
    export = _Export(company, year, wish, today, switches)
    return "\r\n".join(export.lines()).encode(switches.sie_encoding, "replace")


class _Export:
    def __init__(self, company: Company, year: FinancialYear, wish: Wish, today: date, switches: Switches) -> None:
        self._company, self._year, self._wish = company, year, wish
        self._today, self._switches = today, switches
        self._previous = company.previous(year)
        self._moved = company.books.movements(year.id)
        self._moved_before = company.books.movements(self._previous.id) if self._previous else {}

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield ""
        yield from self._accounts()
        yield ""
        if self._wish.kind >= 3:
            yield from self._dimensions()
            yield ""
        yield from self._balances()
        if self._wish.kind >= 2:
            yield from self._months()
        yield from self._results()
        if self._wish.kind == 4:
            yield from self._vouchers()

    def _head(self) -> Iterator[str]:
        profile, year = self._company.profile, self._year
        yield "#FLAGGA 0"
        yield "#FORMAT PC8"
        yield f"#SIETYP {self._wish.kind}"
        yield f'#PROGRAM "Fortnox" {self._switches.sie_program_version}'
        yield f"#GEN {self._today:%Y%m%d}"
        yield f"#FNR {profile.tenant}"
        yield f"#FNAMN {self._quoted(profile.name)}"
        postal = self._quoted(f"{profile.zip_code} {profile.city}".strip())
        yield f'#ADRESS "" {self._quoted(profile.address)} {postal} "" '
        yield f"#RAR 0 {year.start:%Y%m%d} {year.end:%Y%m%d}"
        if before := self._previous or year.before:
            yield f"#RAR -1 {before.start:%Y%m%d} {before.end:%Y%m%d}"
        yield f"#ORGNR {profile.organisation_number}"
        if self._wish.kind >= 2:
            yield f"#OMFATTN {year.end:%Y%m%d}"
        yield f"#KPTYP {profile.sie_chart}"

    def _accounts(self) -> Iterator[str]:
        for number, account in sorted(self._year.accounts.items()):
            wanted = account.active if self._wish.unused_accounts is None else self._wish.unused_accounts
            if wanted or self._is_used(number):
                yield f"#KONTO {number} {self._quoted(account.name)}"
                if account.sru:
                    yield f"#SRU {number} {account.sru}"

    def _is_used(self, number: int) -> bool:
        return any(number in known for known in (self._year.opening, self._moved, self._moved_before))

    def _dimensions(self) -> Iterator[str]:
        """Dimensions 1 and 6 always stand there, others where the books have them."""
        profile = self._company.profile
        names = {COST_CENTRE: "Kostnadsställe", PROJECT: "Projekt", **profile.dimensions}
        for number, name in sorted(names.items(), key=lambda pair: int(pair[0])):
            yield f"#DIM {number} {self._quoted(name)}"
        for number, objects in sorted(profile.objects.items(), key=lambda pair: int(pair[0])):
            for code, name in sorted(objects.items()):
                yield f"#OBJEKT {number} {self._quoted(code)} {self._quoted(name)}"

    def _balances(self) -> Iterator[str]:
        """#IB and #UB interleaved per account, years 0 and -1."""
        opening = self._year.opening
        before, closed = self._brought()
        numbers = {n for n in {*opening, *self._moved, *before, *closed} if self._has_balance(n)}
        for number in sorted(numbers):
            amount = opening.get(number, 0)
            yield f"#IB 0 {number} {amount_text(amount)} 0"
            yield f"#UB 0 {number} {amount_text(amount + self._moved.get(number, 0))} 0"
            if number in before or number in closed:
                yield f"#IB -1 {number} {amount_text(before.get(number, 0))} 0"
                yield f"#UB -1 {number} {amount_text(closed.get(number, 0))} 0"

    def _brought(self) -> tuple[dict[int, int], dict[int, int]]:
        """Opening and closing balances of the year before."""
        if self._previous is not None:
            opening = self._previous.opening
            numbers = {*opening, *self._moved_before}
            return opening, {n: opening.get(n, 0) + self._moved_before.get(n, 0) for n in numbers}
        before = self._year.before
        return (before.opening, before.closing) if before else ({}, {})

    def _results(self) -> Iterator[str]:
        brought = self._year.before.result if self._year.before and self._previous is None else self._moved_before
        for number in sorted({*self._moved, *brought}):
            if not self._has_balance(number):
                yield f"#RES 0 {number} {amount_text(self._moved.get(number, 0))} 0"
                if number in brought:
                    yield f"#RES -1 {number} {amount_text(brought[number])} 0"

    def _has_balance(self, number: int) -> bool:
        return str(number)[0] in "12" or bool(self._year.opening.get(number))

    def _months(self) -> Iterator[str]:
        """The change of each month, account rows `{}` and, in types 3 and 4, object rows among them."""
        years = ((0, self._year), *(((-1, self._previous),) if self._previous else ()))
        for index, year in years:
            by_account = _by_month(self._company.books.of_year(year.id), with_objects=self._wish.kind >= 3)
            for number, changes in sorted(by_account.items()):
                for (month, objects), amount in sorted(changes.items()):
                    yield f"#PSALDO {index} {month} {number} {self._objects(objects)} {amount_text(amount)} 0"

    def _vouchers(self) -> Iterator[str]:
        wish = self._wish
        for voucher in self._company.books.of_year(self._year.id):
            if wish.start <= voucher.date <= wish.end and _is_selected(voucher, wish.selection):
                name = f"{self._word(voucher.series)} {voucher.number}"
                text = self._quoted(voucher.text)
                yield f"#VER {name} {voucher.date:%Y%m%d} {text} {voucher.registered:%Y%m%d}"
                yield "{"
                for row in voucher.rows:
                    yield from self._row(row)
                yield "}"

    def _row(self, row: Row) -> Iterator[str]:
        """A struck row is a #BTRANS; an added one a #RTRANS with its twin. Only those carry a signature."""
        body = f"{row.account} {self._objects(row.objects)} {amount_text(row.amount)} "
        body += f'"" {self._quoted(row.text)} {amount_text(int(row.quantity * 100))}'
        if row.removed:
            yield f"#BTRANS {body} {self._quoted(row.signature or 'Okänd')}"
            return
        if row.added:
            yield f"#RTRANS {body} {self._quoted(row.signature or 'Okänd')}"
        yield f"#TRANS {body}"

    def _objects(self, objects: tuple[tuple[str, str], ...]) -> str:
        return "{" + " ".join(f"{dimension} {self._quoted(code)}" for dimension, code in objects) + "}"

    def _word(self, text: str) -> str:
        """Unquoted where that is possible, as Fortnox writes series and organisation numbers."""
        return text if text and not set(text) & set(' "{}\\') else self._quoted(text)

    def _quoted(self, text: str) -> str:
        """Quotes are escaped; line breaks, which Fortnox accepts and SIE doesn't, become blanks."""
        if self._switches.sie_escapes_backslash:
            text = text.replace("\\", "\\\\")
        plain = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in text)
        return '"' + plain.replace('"', '\\"') + '"'


def _by_month(vouchers: list[Voucher], *, with_objects: bool) -> Months:
    moved: Months = defaultdict(lambda: defaultdict(int))
    for voucher in vouchers:
        month = f"{voucher.date:%Y%m}"
        for row in voucher.rows:
            if not row.removed:
                changes, amount = moved[row.account], row.amount
                changes[month, ()] += amount
                if with_objects:
                    for pair in row.objects:
                        changes[month, (pair,)] += amount
    return moved


def _is_selected(voucher: Voucher, selection: tuple[tuple[str, int, int], ...]) -> bool:
    return not selection or any(
        voucher.series == series and first <= voucher.number <= last for series, first, last in selection
    )
