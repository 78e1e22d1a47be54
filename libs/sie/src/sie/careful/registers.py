"""Accounts, dimensions and objects."""

from sie.assembly import AccountDraft
from sie.careful.told import Teller
from sie.fields import Line
from sie.records import Dimension, Other


class RegisterRecords(Teller):
    """#KONTO, #KTYP, #ENHET, #SRU, #DIM, #UNDERDIM and #OBJEKT."""

    def _account(self, line: Line) -> None:
        account = self._draft(number := self._account_number(line))
        fields = line.rest()
        name = self._text(fields[0].value) if fields else ""
        if account.name is not None:
            self._report("account-repeated", 0, self._raw)
            self._assembly.keep_other(Other(self._number, self._label, (number, name)))
        else:
            account.name = name
        self._keep_extra(fields[1:])

    def _account_type(self, line: Line) -> None:
        account = self._attribute(line)
        fields = line.rest()
        account.type = self._text(fields[0].value) if fields else ""
        self._keep_extra(fields[1:])

    def _account_unit(self, line: Line) -> None:
        account = self._attribute(line)
        fields = line.rest()
        account.unit = self._text(fields[0].value) if fields else ""
        self._keep_extra(fields[1:])

    def _sru(self, line: Line) -> None:
        if (first := line.field()) is None:
            self._report("empty-record", 0, self._raw)
            return
        account = self._draft(self._account_text(first))
        fields = line.rest()
        account.sru += [self._text(field.value) for field in fields[:1] if field.value]
        self._keep_extra(fields[1:])

    def _attribute(self, line: Line) -> AccountDraft:
        account = self._draft(self._account_number(line))
        if account.name is None:
            self._report("account-order", 0, self._raw)
        return account

    def _draft(self, number: str) -> AccountDraft:
        return self._assembly.accounts.setdefault(number, AccountDraft())

    def _dimension(self, line: Line) -> None:
        number = self._text(self._needed(line, "dimension").value)
        fields = line.rest()
        name, parent = ([self._text(field.value) for field in fields] + ["", ""])[:2]
        known = self._assembly.dimensions.get(number)
        if known is not None and known.declared:
            self._report("object-repeated", 0, self._raw)
            self._keep(fields)
            return
        is_sub = self._label == "UNDERDIM"
        objects = known.objects if known else {}
        self._assembly.dimensions[number] = Dimension(number, name, parent if is_sub else "", objects)
        self._keep_extra(fields[1 + is_sub :])

    def _object(self, line: Line) -> None:
        dimension = self._assembly.dimension(self._text(self._needed(line, "dimension").value))
        number = self._text(self._needed(line, "object").value)
        fields = line.rest()
        name = self._text(fields[0].value) if fields else ""
        if number in dimension.objects:
            self._report("object-repeated", 0, self._raw)
            self._keep(fields)
        else:
            dimension.objects[number] = name
            self._keep_extra(fields[1:])
