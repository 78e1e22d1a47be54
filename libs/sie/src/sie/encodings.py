"""Which character set the bytes are in, told from the bytes alone: #FORMAT is no evidence (facts 9)."""

import codecs
from dataclasses import dataclass
from typing import Literal

Certainty = Literal["certain", "likely", "unsure"]

CP437_LETTERS = bytes.fromhex("86 84 94 8F 8E 99 82")  # å ä ö Å Ä Ö é
LATIN_LETTERS = bytes.fromhex("E5 E4 F6 C5 C4 D6 E9")  # the same seven
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


def detect(data: bytes) -> Encoding:
    """Never misreads a conforming file: Swedish CP437 text is practically never valid UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        if _is_utf8(data):
            return Encoding("utf-8", "certain", mark=True)
        return Encoding(*_eight_bit(data), mark=True)
    if data.isascii():
        return Encoding("cp437", "certain")
    if _is_utf8(data):
        return Encoding("utf-8", "certain")
    return Encoding(*_eight_bit(data))


def _is_utf8(data: bytes) -> bool:
    """Strictly valid, tried a window at a time so that no second copy of the file is made."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _WINDOW):
            decoder.decode(data[start : start + _WINDOW])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _eight_bit(data: bytes) -> tuple[str, Certainty]:
    old = sum(data.count(byte) for byte in CP437_LETTERS)
    latin = sum(data.count(byte) for byte in LATIN_LETTERS)
    sure: Certainty = "likely" if max(old, latin) > 3 * min(old, latin) else "unsure"
    if latin > old:
        return _latin(data), sure
    return "cp437", sure


def _latin(data: bytes) -> str:
    """Windows-1252 where it says more than ISO 8859-1 does and every byte exists in it."""
    beyond = any(data.count(byte) for byte in range(0x80, 0xA0))
    undefined = any(data.count(byte) for byte in NOT_IN_WINDOWS_1252)
    return "cp1252" if beyond and not undefined else "iso-8859-1"
