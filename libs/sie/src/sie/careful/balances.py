"""Balances and periods."""

import re

from sie.careful.told import Teller
from sie.fields import Field, Line
from sie.records import Objects

_WITH_COMMA = re.compile(rb"\d{3},\d{1,2}")
_HUNDREDS = re.compile(rb"\d{3}")
_FURTHER_HUNDREDS = re.compile(rb"\d{3}(?:[.,]\d{1,2})?")
"""What follows the amount is else a quantity, and nothing follows that."""
_MONTHS = range(1, 13)


class BalanceRecords(Teller):
    """#IB, #UB, #RES, #OIB, #OUB, #PSALDO and #PBUDGET."""

    def _balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        account = self._account_number(line)
        self._append_balance(line, year, 0, account, ())

    def _object_balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        account = self._account_before_list(line)
        self._append_balance(line, year, 0, account, self._objects(line))

    def _period_balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        period_field = self._needed(line, "period")
        account_field = self._needed(line, "account", before_list=True)
        if not self._is_month(period_field) and self._is_month(account_field):
            self._report("period-and-account-swapped", period_field.start, period_field.value)
            period_field, account_field = account_field, period_field
        if not self._is_month(period_field):
            raise self._refusal("period-unreadable", period_field.start, period_field.value)
        account = self._account_text(account_field)
        self._append_balance(line, year, int(period_field.value), account, self._objects(line))

    def _append_balance(self, line: Line, year: int, period: int, account: str, objects: Objects) -> None:
        field = self._needed(line, "amount")
        amount = self._amount(field)
        rest = line.rest()
        is_million = len(rest) > 1 and _FURTHER_HUNDREDS.fullmatch(rest[1].value) and not rest[1].quoted
        self._refuse_thousands(field, rest, _HUNDREDS if is_million else _WITH_COMMA)
        balances = self._assembly.balances
        quantity = self._quantity(rest[0]) if rest else ""
        balances.kind.append(self._label)
        balances.year.append(year)
        balances.period.append(period)
        balances.account.append(account)
        balances.objects.append(objects)
        balances.amount.append(amount)
        balances.decimals.append(min(len(field.value.partition(b".")[2]), 2))
        balances.quantity.append(quantity)
        balances.line.append(self._number)
        self._keep_extra(rest[1:])

    @staticmethod
    def _is_month(field: Field) -> bool:
        text = field.value
        return len(text) == 6 and text.isdigit() and text >= b"1000" and int(text[4:]) in _MONTHS
