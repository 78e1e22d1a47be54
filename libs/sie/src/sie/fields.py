"""One line into its fields, the careful way: quotes, escapes and object lists by the standard (§5.7), and past it.

The quick way of the scanner takes only lines about which there can be no doubt; all others come here.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

SHOWN = 400
"""Enough bytes of the text for any problem to show."""
FIELD_LIMIT = 64
"""No known record has more than ten fields; the limit keeps a hostile line from becoming a billion objects."""
OBJECT_LIMIT = 1000

_PLAIN = re.compile(rb'[ \t]*+(?:([^ \t"]++)|"([^"\\]*+)")(?=[ \t]|\Z)')
"""A field without any quote or backslash inside, which is nearly every one."""
_BLANKS = re.compile(rb"[ \t]*+")
_BARE = re.compile(rb"[^ \t]*+")
_BARE_IN_LIST = re.compile(rb"[^ \t}]*+")
_QUOTED = re.compile(rb'"([^"\\]*+(?:\\"?+[^"\\]*+)*+)"')
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

    def rest(self, limit: int = FIELD_LIMIT) -> list[Field]:
        fields: list[Field] = []
        while (field := self.field()) is not None:
            if len(fields) == limit:
                self._report("too-many-fields", field.start, field.value)
                break
            fields.append(field)
        return fields

    def field(self) -> Field | None:
        if plain := _PLAIN.match(self._line, self._at):
            self._at = plain.end()
            bare = plain[1]
            return Field(bare, plain.start(1)) if bare else Field(plain[2], plain.start(2) - 1, True)
        self._skip_blanks()
        if self._at >= len(self._line):
            return None
        if self._line[self._at] == b'"'[0]:
            return self._quoted(_CLOSING)
        return self._bare(_BARE)

    def at_list(self) -> bool:
        self._skip_blanks()
        return self._line[self._at : self._at + 1] == b"{"

    def objects(self) -> list[Field]:
        """The parts of `{1 "0123" 6 Bilen}`: any spacing, each part quoted or not (§8)."""
        start = self._at
        if self._line.startswith(b"{}", start):
            self._at += 2
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
                break
            item = self._quoted(_CLOSING_IN_LIST) if self._line[self._at] == b'"'[0] else self._bare(_BARE_IN_LIST)
            if len(items) < 2 * OBJECT_LIMIT:
                items.append(item)
            elif len(items) == 2 * OBJECT_LIMIT:
                self._report("objects-too-many", item.start, item.value)
                items.append(item)
        return items[: 2 * OBJECT_LIMIT]

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
        """A quoted field; where its closing quote is in doubt, the one that a blank or the line's end follows."""
        start = self._at
        match = _QUOTED.match(self._line, start)
        if match and closing.match(self._line, match.end() - 1):
            value, self._at = match[1], match.end()
        else:
            value = self._doubtful(start, closing)
        return Field(value.replace(b'\\"', b'"'), start, quoted=True)

    def _doubtful(self, start: int, closing: re.Pattern[bytes]) -> bytes:
        last = self._line.rfind(b'"')
        for match in closing.finditer(self._line, start + 1):
            end = match.start()
            escaped = self._line[end - 1 : end] == b"\\"
            if escaped and end < last:
                continue
            before, self._at = self._line[start + 1 : end], end + 1
            code = "quote-backslash" if escaped else "quote-inside"
            self._report(code, start, self._line[start : start + SHOWN])
            return before
        self._at = len(self._line)
        self._report("quote-unclosed", start, self._line[start : start + SHOWN])
        return self._line[start + 1 :]
