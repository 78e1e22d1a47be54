"""Which character set the bytes are in, told from the bytes alone: #FORMAT is no evidence (facts 9)."""

import codecs
from dataclasses import dataclass
from typing import Literal

from sie.core import Counts

Certainty = Literal["certain", "likely", "unsure"]

CP437_LETTERS = bytes.fromhex("86 84 94 8F 8E 99 82")  # å ä ö Å Ä Ö é
LATIN_LETTERS = bytes.fromhex("E5 E4 F6 C5 C4 D6 E9")  # the same seven
KNOWN = {"cp437": "CP437", "utf-8": "UTF-8", "cp1252": "Windows-1252", "iso-8859-1": "ISO 8859-1"}
"""Python's names and people's."""
NOT_IN_WINDOWS_1252 = bytes.fromhex("81 8D 8F 90 9D")
_WINDOW = 1 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """A character set by its Python name, and how sure we are.

    `certain`: a byte order mark, valid multi-byte UTF-8, or nothing but ASCII (which is the same in all of them).
    """

    name: str
    certainty: Certainty
    mark: bool = False
    """The file began with a UTF-8 byte order mark."""


def detect(data: bytes, counts: Counts) -> Encoding:
    """Never misreads a conforming file: Swedish CP437 text is practically never valid UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        if is_utf8(data):
            return Encoding("utf-8", "certain", mark=True)
        return Encoding(*_eight_bit(counts), mark=True)
    if data.isascii():
        return Encoding("cp437", "certain")
    if is_utf8(data):
        return Encoding("utf-8", "certain")
    return Encoding(*_eight_bit(counts))


def named(name: str, data: bytes) -> Encoding:
    """The character set that the caller knows it to be; ValueError for one that SIE files don't come in."""
    if name not in KNOWN:
        raise ValueError(f"encoding must be one of {', '.join(KNOWN)}")
    return Encoding(name, "certain", mark=data.startswith(codecs.BOM_UTF8))


def is_utf8(data: bytes) -> bool:
    """Strictly valid, but for a last character that is cut off; with at least one whole multi-byte character.

    Tried a window at a time, so that no second copy of the file is made.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    characters = 0
    try:
        for start in range(0, len(data), _WINDOW):
            characters += len(decoder.decode(data[start : start + _WINDOW]))
    except UnicodeDecodeError:
        return False
    cut_off = len(decoder.getstate()[0])
    return characters + cut_off < len(data)


def _eight_bit(counts: Counts) -> tuple[str, Certainty]:
    old = sum(counts[byte] for byte in CP437_LETTERS)
    latin = sum(counts[byte] for byte in LATIN_LETTERS)
    sure: Certainty = "likely" if max(old, latin) > 3 * min(old, latin) else "unsure"
    if latin > old:
        return _latin(counts), sure
    return "cp437", sure


def _latin(counts: Counts) -> str:
    """Windows-1252 where it says more than ISO 8859-1 does and every byte exists in it."""
    beyond = any(counts[byte] for byte in range(0x80, 0xA0))
    undefined = any(counts[byte] for byte in NOT_IN_WINDOWS_1252)
    return "cp1252" if beyond and not undefined else "iso-8859-1"
