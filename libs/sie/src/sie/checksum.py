"""#KSUMMA (§10): CRC-32 over every record between the opening and the closing one.

Of each record the label with its # and the content of every field count, as CP437; what separates them doesn't: blanks,
enclosing quotes, braces, line ends. Verified on all eight real checksummed files at hand (facts 7).
"""

import zlib
from enum import StrEnum

from sie import core
from sie.assembly import Checksum
from sie.problems import Problems


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
    content = core.contents(data, opened, closed)
    if encoding != "cp437" and not content.isascii():
        content = content.decode(encoding).encode("cp437")
    return zlib.crc32(content)
