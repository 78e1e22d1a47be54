"""#KSUMMA (§10): CRC-32 over every record between the opening and the closing one.

Of each record the label with its # and the content of every field count, as CP437; what separates them doesn't: blanks,
enclosing quotes, braces, line ends. Verified on all eight real checksummed files at hand (facts 7).
"""

import re
import zlib
from enum import StrEnum
from io import BytesIO

from sie.assembly import Checksum
from sie.problems import Problems

_QUOTED = re.compile(rb'"([^"\\]*+(?:\\"?+[^"\\]*+)*+)(?:"|\Z)')
_SEPARATORS = b" \t{}"


class ChecksumVerdict(StrEnum):
    ABSENT = "absent"
    RIGHT = "right"
    WRONG = "wrong"
    TRUNCATED = "truncated"
    """Opened and never closed: the file is cut off."""
    UNVERIFIED = "unverified"
    """Closed without being opened, or of text that CP437 can't write."""


def verdict(data: bytes, encoding: str, found: Checksum, problems: Problems) -> ChecksumVerdict:
    if found.opened is None and found.closed is None:
        return ChecksumVerdict.ABSENT
    if found.opened is None or (found.closed is not None and found.closed < found.opened):
        problems.add("checksum-unopened", found.closed or 0)
        return ChecksumVerdict.UNVERIFIED
    if found.closed is None:
        problems.add("checksum-unclosed", found.opened)
        return ChecksumVerdict.TRUNCATED
    try:
        computed = compute(data, encoding, found.opened, found.closed)
    except UnicodeError:
        problems.add("checksum-skipped", found.closed)
        return ChecksumVerdict.UNVERIFIED
    if computed == found.declared:
        return ChecksumVerdict.RIGHT
    problems.add("checksum-wrong", found.closed)
    return ChecksumVerdict.WRONG


def compute(data: bytes, encoding: str, opened: int, closed: int) -> int:
    """The checksum of the lines between the two, which are counted from 1."""
    total = 0
    for number, line in enumerate(BytesIO(data), 1):
        if opened < number < closed:
            content = _content(line.rstrip(b"\r\n"))
            if encoding != "cp437" and not content.isascii():
                content = content.decode(encoding).encode("cp437")
            total = zlib.crc32(content, total)
    return total


def _content(line: bytes) -> bytes:
    if b'"' not in line:
        return line.translate(None, _SEPARATORS)
    parts = []
    at = 0
    for quoted in _QUOTED.finditer(line):
        parts.append(line[at : quoted.start()].translate(None, _SEPARATORS))
        parts.append(quoted[1].replace(b'\\"', b'"'))
        at = quoted.end()
    parts.append(line[at:].translate(None, _SEPARATORS))
    return b"".join(parts)
