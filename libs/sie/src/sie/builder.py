"""Composes a document from parts, for writing one that was never read."""

import datetime
from collections.abc import Iterable
from decimal import Decimal

from sie import derive, values
from sie.assembly import AccountDraft, Assembly
from sie.columns import Rows
from sie.document import Document, Origin, assembled
from sie.records import Balance, BalanceKind, Dimension, FinancialYear, Header, Objects, Row, Voucher


class DocumentBuilder:
    """Collects the parts in the order given; `build` makes the document.

    Each adding method returns the builder's self, so that calls can be chained.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._assembly = Assembly()

    def year(self, index: int, start: datetime.date, end: datetime.date) -> "DocumentBuilder":
        self._assembly.years[index] = FinancialYear(index, start, end)
        return self

    def account(
        self, number: str | int, name: str, *, type: str = "", unit: str = "", sru: Iterable[str] = ()  # noqa: A002
    ) -> "DocumentBuilder":  # fmt: skip
        self._assembly.accounts[str(number)] = AccountDraft(name, type, unit, list(sru))
        return self

    def dimension(self, number: str | int, name: str, *, parent: str = "") -> "DocumentBuilder":
        known = self._assembly.dimensions.get(str(number))
        objects = known.objects if known else {}
        self._assembly.dimensions[str(number)] = Dimension(str(number), name, parent, objects)
        return self

    def object(self, dimension: str | int, number: str, name: str) -> "DocumentBuilder":
        self._assembly.dimension(str(dimension)).objects[number] = name
        return self

    def balance(
        self,
        kind: BalanceKind,
        account: str | int,
        amount: Decimal | int,
        *,
        year: int = 0,
        period: int | None = None,
        objects: Objects = (),
        quantity: Decimal | None = None,
    ) -> "DocumentBuilder":
        return self.add(Balance(kind, year, str(account), Decimal(amount), objects, period, quantity))

    def add(self, balance: Balance) -> "DocumentBuilder":
        balances = self._assembly.balances
        amount = values.to_ore(balance.amount)
        balances.kind.append(balance.kind)
        balances.year.append(balance.year)
        balances.period.append(balance.period or 0)
        balances.account.append(balance.account)
        balances.objects.append(balance.objects)
        balances.amount.append(amount)
        balances.decimals.append(-1)
        balances.quantity.append(_digits(balance.quantity))
        balances.line.append(0)
        return self

    def voucher(self, voucher: Voucher) -> "DocumentBuilder":
        """The voucher with its rows; a row whose amount has fractions of an öre is a ValueError.

        Where all rows say their `line`, booked, struck and added ones are written in that order.
        """
        assembly = self._assembly
        rows = ((assembly.rows, voucher.rows), (assembly.struck, voucher.struck), (assembly.added, voucher.added))
        amounts = [[values.to_ore(row.amount) for row in given] for _, given in rows]
        columns = assembly.vouchers
        columns.series.append(voucher.series)
        columns.number.append(voucher.number)
        columns.date.append(values.to_days(voucher.date))
        columns.text.append(voucher.text)
        columns.registered.append(values.to_days(voucher.registered))
        columns.signature.append(voucher.signature)
        columns.line.append(0)
        assembly.begin_voucher()
        for (columns_of_rows, given), amount in zip(rows, amounts, strict=True):
            self._append(columns_of_rows, given, amount)
        assembly.end_voucher()
        return self

    def derive_balances(self) -> "DocumentBuilder":
        """Adds the current year's UB, PSALDO and RES as they follow from the IB and vouchers added so far."""
        for balance in list(derive.balances(self.build())):
            self.add(balance)
        return self

    def build(self) -> Document:
        return assembled(self._assembly, Origin(), self._header)

    def _append(self, rows: Rows, given: tuple[Row, ...], amounts: list[int]) -> None:
        rows.amount.extend(amounts)
        for row in given:
            rows.voucher.append(len(self._assembly.vouchers) - 1)
            rows.account.append(row.account)
            rows.objects.append(row.objects)
            rows.date.append(values.to_days(row.date))
            rows.text.append(row.text)
            rows.quantity.append(_digits(row.quantity))
            rows.signature.append(row.signature)
            rows.line.append(row.line)


def _digits(quantity: Decimal | None) -> str:
    return "" if quantity is None else f"{quantity:f}"
