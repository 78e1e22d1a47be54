"""One line into its fields, the careful way: quotes, escapes and object lists by the standard (§5.7), and past it.

The quick way of the scanner takes only lines about which there can be no doubt; all others come here.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

SHOWN = 400
"""Enough bytes of the text for any problem to show."""
FIELD_LIMIT = 64
"""No known record has more than ten fields; the limit keeps a hostile line from becoming a billion objects."""
OBJECT_LIMIT = 1000
CLOSINGS_TRIED = 64
"""Quotation marks of a line that are tried as the one that closes a field in doubt."""

_PLAIN = re.compile(rb'[ \t]*+(?:([^ \t"]++)|"([^"\\]*+)")(?=[ \t]|\Z)')
"""A field without any quote or backslash inside, which is nearly every one."""
_BLANKS = re.compile(rb"[ \t]*+")
_BARE = re.compile(rb"[^ \t]*+")
_BARE_IN_LIST = re.compile(rb"[^ \t}]*+")
_QUOTED = re.compile(rb'"([^"\\]*+(?:\\"?+[^"\\]*+)*+)"')
_SOUND = re.compile(
    rb'(?:[ \t{]++|"[^"\\]*+(?:\\"?+[^"\\]*+)*+(?:"(?=[ \t}]|\Z)|\Z)|[^ \t"{][^ \t]*+(?:(?<!")|(?<=\\")))*+'
)
"""Fields whose quotation marks leave no doubt: each opens a field or closes one, the last may be left open."""
_NEXT_PAIR = re.compile(rb'(?<!\\)"\d++[ \t]')
"""Inside an item of an object list: perhaps the item ends here and the next dimension begins."""
_BEFORE_QUOTE = re.compile(rb'[ \t]++"')
_CLOSING = re.compile(rb'"(?=[ \t]|\Z)')
_CLOSING_IN_LIST = re.compile(rb'"(?=[ \t}]|\Z)')

Report = Callable[[str, int, bytes], None]
"""Told of a problem: its code, the byte at which it is, and the text."""


class Field(NamedTuple):
    value: bytes
    """Without enclosing quotes, and with a quote inside as itself."""
    start: int
    """The byte at which it begins, from 0."""
    quoted: bool = False


class Line:
    """Reads one line's fields from left to right; the caller knows where an object list may stand."""

    def __init__(self, line: bytes, report: Report) -> None:
        self._line = line
        self._report = report
        self._at = 0
        self._tries = CLOSINGS_TRIED
        self._is_doubtful = False
        self._is_sound = b'"' not in line or _SOUND.fullmatch(line) is not None

    @property
    def at(self) -> int:
        return self._at

    def rest(self, limit: int = FIELD_LIMIT) -> list[Field]:
        fields: list[Field] = []
        while (field := self.field()) is not None:
            if len(fields) == limit:
                self._report("too-many-fields", field.start, field.value)
                break
            fields.append(field)
        return fields

    def field(self) -> Field | None:
        plain = _PLAIN.match(self._line, self._at)
        if plain and (self._is_sound or not plain[2]):
            self._at = plain.end()
            bare = plain[1]
            return Field(bare, plain.start(1)) if bare else Field(plain[2], plain.start(2) - 1, True)
        self._skip_blanks()
        if self._at >= len(self._line):
            return None
        if self._line[self._at] == b'"'[0]:
            return self._quoted(_CLOSING)
        return self._bare(_BARE)

    def field_before_list(self) -> Field | None:
        """A field that ends, at the latest, where an object list begins: `3001{}`."""
        field = self.field()
        if field is None or field.quoted or b"{" not in field.value:
            return field
        self._at = self._line.index(b"{", field.start)
        if self._at > field.start:
            self._report("blank-missing", self._at, self._line[self._at : self._at + SHOWN])
        return Field(self._line[field.start : self._at], field.start)

    def at_list(self) -> bool:
        self._skip_blanks()
        return self._line[self._at : self._at + 1] == b"{"

    def objects(self) -> list[Field]:
        """The parts of `{1 "0123" 6 Bilen}`: any spacing, each part quoted or not (§8)."""
        start = self._at
        if self._line.startswith(b"{}", start):
            self._at += 2
            self._leave_list()
            return []
        items: list[Field] = []
        self._at += 1
        while True:
            self._skip_blanks()
            if self._at >= len(self._line):
                self._report("objects-unclosed", start, self._line[start : start + SHOWN])
                break
            if self._line[self._at] == b"}"[0]:
                self._at += 1
                self._leave_list()
                break
            item = self._quoted_in_list() if self._line[self._at] == b'"'[0] else self._bare(_BARE_IN_LIST)
            if len(items) < 2 * OBJECT_LIMIT:
                items.append(item)
            elif len(items) == 2 * OBJECT_LIMIT:
                self._report("objects-too-many", item.start, item.value)
                items.append(item)
        return items[: 2 * OBJECT_LIMIT]

    def _quoted_in_list(self) -> Field:
        start = self._at
        item = self._quoted(_CLOSING_IN_LIST)
        if _NEXT_PAIR.search(self._line, start + 1, self._at):
            self._tell_doubt(start, self._line[start : start + SHOWN])
        return item

    def _leave_list(self) -> None:
        if self._at < len(self._line) and self._line[self._at] not in b" \t":
            self._report("blank-missing", self._at, self._line[self._at : self._at + SHOWN])

    def _skip_blanks(self) -> None:
        self._at = _BLANKS.match(self._line, self._at).end()  # type: ignore[union-attr]  # it always matches

    def _bare(self, pattern: re.Pattern[bytes]) -> Field:
        start = self._at
        value = pattern.match(self._line, start)[0]  # type: ignore[index]  # it always matches
        self._at += len(value)
        if b'"' in value:
            if b'"' in value.replace(b'\\"', b""):
                self._report("quote-inside", start, value)
            value = value.replace(b'\\"', b'"')
        return Field(value, start)

    def _quoted(self, closing: re.Pattern[bytes]) -> Field:
        """A quoted field; where its closing quote is in doubt, the one after which the rest of the line is sound."""
        start = self._at
        match = _QUOTED.match(self._line, start)
        regular = match.end() - 1 if match and closing.match(self._line, match.end() - 1) else -1
        if regular < 0 or not (self._is_sound or regular == start + 1):
            regular = self._closing_of(start, closing, regular)
        self._at = min(regular + 1, len(self._line))
        return Field(self._line[start + 1 : regular].replace(b'\\"', b'"'), start, quoted=True)

    def _closing_of(self, start: int, closing: re.Pattern[bytes], regular: int) -> int:
        """Where the closing quote is, told unless it is the regular one; the line's end if there is none."""
        shown = self._line[start : start + SHOWN]
        found = [match.start() for match in islice(closing.finditer(self._line, start + 1), CLOSINGS_TRIED)]
        if not found:
            self._report("quote-unclosed", start, shown)
            return len(self._line)
        at = next((at for at in found if self._is_end(at)), -1)
        if at < 0:
            at = next((at for at in found if not self._is_escaped(at)), found[0])
            self._is_sound = True  # it has been told that nothing here is certain
            self._tell_doubt(start, shown)
        elif at != regular and not self._is_sound:
            self._tell_doubt(start, shown)
        elif at != regular:
            self._report("quote-backslash" if self._is_escaped(at) else "quote-inside", start, shown)
        return at

    def _tell_doubt(self, start: int, shown: bytes) -> None:
        """An error once a line: from there on nothing is certain."""
        self._report("quote-inside" if self._is_doubtful else "quote-doubtful", start, shown)
        self._is_doubtful = True

    def _is_end(self, at: int) -> bool:
        """Whether a field may well end with the quote here: what follows is sound, or at least a quoted field."""
        if self._is_sound:
            return True
        self._tries -= 1
        self._is_sound = self._tries >= 0 and _SOUND.fullmatch(self._line, at + 1) is not None
        return self._is_sound or _BEFORE_QUOTE.match(self._line, at + 1) is not None

    def _is_escaped(self, at: int) -> bool:
        return self._line[at - 1] == b"\\"[0]
