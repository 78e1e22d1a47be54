"""The first sheet, "Reskontralista per balansdagen": the open items with their ageing, and totals as formulas."""

from collections.abc import Sequence
from decimal import Decimal

from common.events.import_data import OpenItem
from common.spreadsheets import Sheet, cell, cells
from importer.documents import heading
from importer.documents.open_items import CURRENCY, REMAINING, REMAINING_SEK, Column, columns
from importer.documents.words import AGEING, PER_DATE, bucket
from importer.ledger import ageing
from importer.result import Ledger, Result


def write(sheet: Sheet, result: Result, ledger: Ledger, footer: str) -> str:
    """Returns the name of the cell with the ledger's total."""
    table = columns(ledger.dataset, result.ageing_edges)
    top = heading.write(sheet, PER_DATE, result, ledger)
    aged = [bucket(name) for name in ageing.buckets(result.ageing_edges)]
    sheet.put(top - 1, next(place for place, one in enumerate(table) if one.heading == aged[0]), AGEING, "label")
    sheet.put_row(top, [one.heading for one in table], "heading")
    for row, item in enumerate(ledger.items, start=top + 1):
        sheet.put_row(row, [one.of(item) for one in table])
    if not ledger.items:
        sheet.put(top + 1, 0, "Inga öppna poster")
    last = top + max(1, len(ledger.items))
    totals = Totals(sheet, table, ledger.items, top + 1, last)
    end = totals.write(last + 1, aged)
    sheet.lay_out([one.width for one in table], top, end, footer)
    return cell(last + 1, totals.column(REMAINING_SEK))


class Totals:
    """The sums below the items, as formulas over them, so that whoever files it can see that they hold."""

    def __init__(self, sheet: Sheet, table: Sequence[Column], items: Sequence[OpenItem], first: int, last: int) -> None:
        self._sheet, self._table, self._items = sheet, table, items
        self._first, self._last = first, last

    @property
    def count(self) -> int:
        """The column in which is told how many items a sum is of."""
        return self.column(CURRENCY) + 1

    def write(self, top: int, buckets: Sequence[str]) -> int:
        """Returns the last row."""
        self._sheet.put(top, 0, "Summa", "label")
        for place, one in enumerate(self._table):
            if one.summed:
                self._formula(top, place, f"=SUM({self._of(one.heading)})", _sum(one, self._items), "sum")
        row = self._credits(top + 1)
        row = self._control(row, top, buckets)
        return self._currencies(row + 1)

    def column(self, name: str) -> int:
        return next(place for place, one in enumerate(self._table) if one.heading == name)

    def _credits(self, row: int) -> int:
        """Credit balances stand apart: a ledger may be asked for without them (BAS 2490, 1510 gross)."""
        negative = [item for item in self._items if item.remaining_sek < 0]
        place, area = self.column(REMAINING_SEK), self._of(REMAINING_SEK)
        self._sheet.put(row, 0, "Varav kreditposter", "label")
        total = _sum(self._table[place], negative)
        self._sheet.put(row - 1, self.count, "Antal", "label")
        self._formula(row, self.count, f'=COUNTIF({area},"<0")', len(negative), "number")
        self._formula(row, place, f'=SUMIF({area},"<0")', total, "amount")
        return row + 1

    def _control(self, row: int, top: int, buckets: Sequence[str]) -> int:
        places = [self.column(name) for name in buckets]
        aged = f"SUM({cell(top, places[0])}:{cell(top, places[-1])})"
        total = cell(top, self.column(REMAINING_SEK))
        amount = sum((_sum(self._table[place], self._items) for place in places), Decimal(0))
        holds = "Stämmer" if amount == _sum(self._table[self.column(REMAINING_SEK)], self._items) else "Stämmer inte"
        self._sheet.put(row, 0, f"{AGEING} mot restbelopp", "label")
        formula = f'=IF(ROUND({aged}-{total},2)=0,"Stämmer","Stämmer inte")'
        self._formula(row, self.column(REMAINING_SEK), formula, holds, "label")
        return row + 1

    def _currencies(self, row: int) -> int:
        """Each currency's items: how many, in the currency and in SEK."""
        self._sheet.put(row, 0, "Summa per valuta", "label")
        for currency in sorted({item.currency for item in self._items}):
            row += 1
            chosen = [item for item in self._items if item.currency == currency]
            self._sheet.put(row, self.column(CURRENCY), currency)
            these = f"({self._of(CURRENCY)}={cell(row, self.column(CURRENCY))})"
            self._formula(row, self.count, f"=SUMPRODUCT({these}*1)", len(chosen), "number")
            for name in (REMAINING, REMAINING_SEK):
                place = self.column(name)
                value = _sum(self._table[place], chosen)
                self._formula(row, place, f"=SUMPRODUCT({these}*{self._of(name)})", value, "amount")
        return row

    def _of(self, name: str) -> str:
        return cells(self.column(name), self._first, self._last)

    def _formula(self, row: int, column: int, formula: str, value: int | Decimal | str, style: str) -> None:
        self._sheet.formula(row, column, formula, value, style)


def _sum(column: Column, items: Sequence[OpenItem]) -> Decimal:
    amounts = (column.of(item) for item in items)
    return sum((one for one in amounts if isinstance(one, Decimal)), Decimal(0))
