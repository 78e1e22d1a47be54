"""Accounts, dimensions and objects."""

from sie.assembly import AccountDraft
from sie.careful.told import Refused, Teller
from sie.fields import Field, Line
from sie.records import Dimension, Other


class RegisterRecords(Teller):
    """#KONTO, #KTYP, #ENHET, #SRU, #DIM, #UNDERDIM and #OBJEKT."""

    def _account(self, line: Line) -> None:
        account = self._draft(number := self._account_number(line))
        fields = line.rest()
        name = self._name(fields)
        if account.name is not None:
            self._report_line("account-repeated")
            self._assembly.keep_other(Other(self._number, self._label, (number, name)))
        else:
            account.name = name
        self._keep_extra(fields[1:])

    def _account_type(self, line: Line) -> None:
        account, text = self._attribute(line)
        account.type = self._first(account.type, text)

    def _account_unit(self, line: Line) -> None:
        account, text = self._attribute(line)
        account.unit = self._first(account.unit, text)

    def _sru(self, line: Line) -> None:
        account, text = self._attribute(line)
        account.sru.append(text)

    def _attribute(self, line: Line) -> tuple[AccountDraft, str]:
        """The account and what the record says of it; one that says nothing ends here."""
        fields = line.rest()
        if len(fields) < 2 or not fields[1].value:
            self._report_line("empty-record")
            raise Refused
        account = self._draft(self._account_text(fields[0]))
        if account.name is None and self._label != "SRU":
            self._report_line("account-order")
        self._keep_extra(fields[2:])
        return account, self._text(fields[1].value)

    def _first(self, known: str, text: str) -> str:
        if known:
            self._report_line("repeated-record")
            self._assembly.keep_other(Other(self._number, self._label, (text,)))
        return known or text

    def _draft(self, number: str) -> AccountDraft:
        return self._assembly.accounts.setdefault(number, AccountDraft(line=self._number))

    def _dimension(self, line: Line) -> None:
        number = self._text(self._needed(line, "dimension").value)
        fields = line.rest()
        name, parent = ([self._text(field.value) for field in fields] + ["", ""])[:2]
        known = self._assembly.dimensions.get(number)
        if known is not None and known.declared:
            self._report_line("object-repeated")
            self._keep(fields)
            return
        is_sub = self._label == "UNDERDIM"
        self._name(fields)
        if is_sub and not parent:
            self._report_line("parent-missing")
        objects = known.objects if known else {}
        parent = parent if is_sub else ""
        self._assembly.dimensions[number] = Dimension(number, name, parent, objects, line=self._number)
        self._keep_extra(fields[1 + is_sub :])

    def _object(self, line: Line) -> None:
        dimension_field, number_field = self._needed(line, "dimension"), self._needed(line, "object")
        dimension = self._assembly.dimension(self._text(dimension_field.value))
        number = self._text(number_field.value)
        fields = line.rest()
        name = self._name(fields)
        if number in dimension.objects:
            self._report_line("object-repeated")
            self._keep(fields)
        else:
            dimension.objects[number] = name
            self._keep_extra(fields[1:])

    def _name(self, fields: list[Field]) -> str:
        """The name; told if there is no field for it."""
        if not fields:
            self._report_line("name-missing")
        return self._text(fields[0].value) if fields else ""
