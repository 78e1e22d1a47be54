"""#KSUMMA (§10): CRC-32 over every record between the opening and the closing one.

Of each record the label with its # and the content of every field count, as CP437; what separates them doesn't: blanks,
enclosing quotes, braces, line ends. Verified on all eight real checksummed files at hand (facts 7).
"""

import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from io import BytesIO
from itertools import islice

from sie import core
from sie.assembly import Assembly
from sie.fields import Line

_WITH_LIST = {b"#TRANS", b"#BTRANS", b"#RTRANS", b"#OIB", b"#OUB", b"#PSALDO", b"#PBUDGET"}


class ChecksumVerdict(StrEnum):
    ABSENT = "absent"
    RIGHT = "right"
    WRONG = "wrong"
    TRUNCATED = "truncated"
    """Opened and never closed: the file is cut off."""
    UNVERIFIED = "unverified"
    """Closed without being opened, of text that CP437 can't write, or right while there are records outside it."""


def verdict(data: bytes, encoding: str, assembly: Assembly) -> ChecksumVerdict:
    found, problems = assembly.checksum, assembly.problems
    if found.opened is None and found.closed is None:
        return ChecksumVerdict.ABSENT
    if found.opened is None or (found.closed is not None and found.closed < found.opened):
        problems.add("checksum-unopened", found.closed or 0)
        return ChecksumVerdict.UNVERIFIED
    if found.closed is None:
        problems.add("checksum-unclosed", found.opened)
        return ChecksumVerdict.TRUNCATED
    outside = _outside(assembly, found.opened, found.closed)
    if outside:
        problems.add("record-outside-checksum", outside, 1)
    try:
        is_right = compute(data, encoding, found.opened, found.closed) == found.declared or (
            compute(data, encoding, found.opened, found.closed, contents_as_read) == found.declared
        )
    except UnicodeError:
        problems.add("checksum-skipped", found.closed)
        return ChecksumVerdict.UNVERIFIED
    if not is_right:
        problems.add("checksum-wrong", found.closed)
        return ChecksumVerdict.WRONG
    return ChecksumVerdict.UNVERIFIED if outside else ChecksumVerdict.RIGHT


def compute(
    data: bytes, encoding: str, opened: int, closed: int, contents: Callable[[bytes, int, int], bytes] | None = None
) -> int:
    """The checksum of the lines between the two, which are counted from 1."""
    content = (contents or core.contents)(data, opened, closed)
    if encoding != "cp437" and not content.isascii():
        content = content.decode(encoding).encode("cp437")
    return zlib.crc32(content)


def contents_as_read(data: bytes, opened: int, closed: int) -> bytes:
    """The contents as the careful reader has them, where quotes, backslashes and braces leave doubt."""
    lines = islice(BytesIO(data), opened, closed - 1)
    return b"".join(part for line in lines for part in _parts(line.strip(b" \t\r\n")))


def _parts(line: bytes) -> Iterator[bytes]:
    reader = Line(line, lambda _code, _start, _text: None)
    label = reader.field()
    if label is None or line in (b"{", b"}"):
        return
    yield label.value
    has_list = label.value.upper() in _WITH_LIST
    while field := None if has_list and reader.at_list() else reader.field():
        yield field.value
    if has_list and reader.at_list():
        yield from (part.value for part in (*reader.objects(), *reader.rest()))


def _outside(assembly: Assembly, opened: int, closed: int) -> int:
    """The first line of a record that the checksum doesn't cover though it should: all but #FLAGGA (§10); or 0."""
    places = (place for label, place in assembly.places.items() if label not in {"FLAGGA", "KSUMMA"})
    lines = [line for place in places for line in place] + [other.line for other in assembly.other]
    return min((line for line in lines if not opened <= line <= closed), default=0)
