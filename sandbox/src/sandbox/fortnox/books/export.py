"""A financial year as a SIE document: what Fortnox puts into the four types of file (SIE facts 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sie
from sandbox.fortnox.books.model import COST_CENTRE, PROJECT, FinancialYear, Row, Voucher
from sandbox.fortnox.company import Company
from sandbox.fortnox.switches import Switches

NOBODY = "Okänd"  # signs what is struck or added where the books don't say who did it

Months = dict[int, dict[tuple[int, sie.Objects], int]]  # account → (month, object) → öre


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a year is wanted."""

    kind: int  # 1 year balances, 2 with months, 3 with objects, 4 with vouchers
    start: date
    end: date
    selection: tuple[tuple[str, int, int], ...] = ()  # series, first and last number
    unused_accounts: bool | None = None  # None: active ones and those that are used


def compose(company: Company, year: FinancialYear, wish: Wish, today: date, switches: Switches) -> sie.Document:
    """The document as the books are now; `written` makes the file of it."""
    return _Export(company, year, wish, today, switches).document()


def written(document: sie.Document, encoding: str) -> bytes:
    """The file as Fortnox 3.6x lays it out. What the character set lacks is replaced."""
    return sie.write(document, "fortnox", unwritable="replace", encoding=encoding)


class _Export:
    def __init__(self, company: Company, year: FinancialYear, wish: Wish, today: date, switches: Switches) -> None:
        self._company, self._year, self._wish = company, year, wish
        self._escapes = switches.sie_escapes_backslash
        self._previous = company.previous(year)
        self._moved = company.books.movements(year.id)
        self._moved_before = company.books.movements(self._previous.id) if self._previous else {}
        self._builder = sie.DocumentBuilder(self._header(today, switches.sie_program_version))

    def document(self) -> sie.Document:
        self._years()
        self._accounts()
        if self._wish.kind >= 3:
            self._dimensions()
        self._balances()
        if self._wish.kind >= 2:
            self._months()
        self._results()
        if self._wish.kind == 4:
            self._vouchers()
        return self._builder.build()

    def _header(self, today: date, version: str) -> sie.Header:
        profile, kind = self._company.profile, self._wish.kind
        return sie.Header(
            program="Fortnox",
            program_version=version,
            generated=today,
            kind=kind,
            company_id=str(profile.tenant),
            organisation_number=profile.organisation_number,
            street=self._told(profile.address),
            postal_address=self._told(f"{profile.zip_code} {profile.city}".strip()),
            company_name=self._told(profile.name),
            covers_to=self._year.end if kind >= 2 else None,
            chart=profile.sie_chart,
        )

    def _years(self) -> None:
        years = {0: self._year, -1: self._previous or self._year.before}
        for index, year in years.items():
            if year is not None:
                self._builder.year(index, year.start, year.end)

    def _accounts(self) -> None:
        for number, account in sorted(self._year.accounts.items()):
            wanted = account.active if self._wish.unused_accounts is None else self._wish.unused_accounts
            if wanted or self._is_used(number):
                self._builder.account(number, self._told(account.name), sru=[account.sru] if account.sru else [])

    def _is_used(self, number: int) -> bool:
        return any(number in known for known in (self._year.opening, self._moved, self._moved_before))

    def _dimensions(self) -> None:
        """Dimensions 1 and 6 always stand there, others where the books have them."""
        profile = self._company.profile
        names = {COST_CENTRE: "Kostnadsställe", PROJECT: "Projekt", **profile.dimensions}
        for number in sorted({*names, *profile.objects}, key=int):
            if number in names:
                self._builder.dimension(number, self._told(names[number]))
            for code, name in sorted(profile.objects.get(number, {}).items()):
                self._builder.object(number, self._told(code), self._told(name))

    def _balances(self) -> None:
        """#IB and #UB, years 0 and -1."""
        opening = self._year.opening
        before, closed = self._brought()
        for number in sorted({n for n in {*opening, *self._moved, *before, *closed} if self._has_balance(n)}):
            amount = opening.get(number, 0)
            self._balance("IB", 0, number, amount)
            self._balance("UB", 0, number, amount + self._moved.get(number, 0))
            if number in before or number in closed:
                self._balance("IB", -1, number, before.get(number, 0))
                self._balance("UB", -1, number, closed.get(number, 0))

    def _brought(self) -> tuple[dict[int, int], dict[int, int]]:
        """Opening and closing balances of the year before."""
        if self._previous is not None:
            opening = self._previous.opening
            numbers = {*opening, *self._moved_before}
            return opening, {n: opening.get(n, 0) + self._moved_before.get(n, 0) for n in numbers}
        before = self._year.before
        return (before.opening, before.closing) if before else ({}, {})

    def _results(self) -> None:
        brought = self._year.before.result if self._year.before and self._previous is None else self._moved_before
        for number in sorted({*self._moved, *brought}):
            if not self._has_balance(number):
                self._balance("RES", 0, number, self._moved.get(number, 0))
                if number in brought:
                    self._balance("RES", -1, number, brought[number])

    def _has_balance(self, number: int) -> bool:
        return str(number)[0] in "12" or bool(self._year.opening.get(number))

    def _months(self) -> None:
        """The change of each month, account rows `{}` and, in types 3 and 4, object rows among them."""
        years = ((0, self._year), *(((-1, self._previous),) if self._previous else ()))
        for index, year in years:
            by_account = _by_month(self._company.books.of_year(year.id), with_objects=self._wish.kind >= 3)
            for number, changes in sorted(by_account.items()):
                for (month, objects), amount in sorted(changes.items()):
                    self._balance("PSALDO", index, number, amount, month, self._objects(objects))

    def _balance(
        self, kind: sie.BalanceKind, year: int, account: int, ore: int, month: int | None = None,
        objects: sie.Objects = (),
    ) -> None:  # fmt: skip
        self._builder.balance(kind, account, _kronor(ore), year=year, period=month, objects=objects)

    def _vouchers(self) -> None:
        wish = self._wish
        for voucher in self._company.books.of_year(self._year.id):
            if wish.start <= voucher.date <= wish.end and _is_selected(voucher, wish.selection):
                self._builder.voucher(self._voucher(voucher))

    def _voucher(self, voucher: Voucher) -> sie.Voucher:
        """A struck row is a #BTRANS; an added one a #RTRANS before its twin. Only those carry a signature."""
        booked: list[sie.Row] = []
        struck: list[sie.Row] = []
        added: list[sie.Row] = []
        for line, row in enumerate(voucher.rows):
            if row.added and not row.removed:
                added.append(self._row(row, 2 * line + 1, row.signature or NOBODY))
            (struck if row.removed else booked).append(
                self._row(row, 2 * line + 2, (row.signature or NOBODY) if row.removed else "")
            )
        return sie.Voucher(
            self._told(voucher.series),
            str(voucher.number),
            voucher.date,
            self._told(voucher.text),
            tuple(booked),
            voucher.registered,
            struck=tuple(struck),
            added=tuple(added),
        )

    def _row(self, row: Row, line: int, signature: str = "") -> sie.Row:
        quantity = _kronor(int(row.quantity * 100)).normalize() if row.quantity else None
        objects, text = self._objects(row.objects), self._told(row.text)
        return sie.Row(
            str(row.account), _kronor(row.amount), objects, None, text, quantity, self._told(signature), line
        )

    def _objects(self, objects: sie.Objects) -> sie.Objects:
        return tuple((number, self._told(code)) for number, code in objects) if objects else ()

    def _told(self, text: str) -> str:
        """As Fortnox has it in the file, with backslashes before backslashes; SIE itself gives them no meaning."""
        return text.replace("\\", "\\\\") if self._escapes else text


def _kronor(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)


def _by_month(vouchers: Iterable[Voucher], *, with_objects: bool) -> Months:
    moved: Months = defaultdict(lambda: defaultdict(int))
    for voucher in vouchers:
        month = voucher.date.year * 100 + voucher.date.month
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
