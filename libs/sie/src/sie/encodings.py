"""Which character set the bytes are in, told from the bytes alone: #FORMAT is no evidence (facts 9)."""

import codecs
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from sie.core import Counts
from sie.problems import Problems

Certainty = Literal["certain", "likely", "unsure"]

CP437_CLUES = bytes.fromhex("86 84 94 8F 8E 99 82 81 8D 90 9D FF")
"""å ä ö Å Ä Ö é; ü and three more that Windows-1252 lacks; the no-break space, which elsewhere is ÿ."""
LATIN_CLUES = bytes.fromhex("E5 E4 F6 C5 C4 D6 E9 FC DC C9")
"""å ä ö Å Ä Ö é ü Ü É; in CP437 rare signs."""
KNOWN = {"cp437": "CP437", "utf-8": "UTF-8", "cp1252": "Windows-1252", "iso-8859-1": "ISO 8859-1"}
"""Python's names and people's."""
NOT_IN_WINDOWS_1252 = bytes.fromhex("81 8D 8F 90 9D")
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_FIRST, _FURTHER = bytes(range(0xC2, 0xF5)), bytes(range(0x80, 0xC0))
"""Bytes of a character of several bytes in UTF-8."""
_WINDOW = 1 << 20
_OPENING_QUOTE, _O_OR_QUOTE = b"\x93", b"\x94"
"""CP437's ô and ö, and the “ and ” of Windows-1252."""
_BETWEEN_LETTERS = re.compile(rb"(?<=[A-Za-z])\x94(?=[a-z])")
_BEFORE_CAPITAL = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x93\x94](?=[A-Z])")
"""As no word begins in CP437, and every name in quotes does in Windows-1252."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A character set by its Python name, and how sure we are.

    `certain`: a byte order mark, valid multi-byte UTF-8, or nothing but ASCII (which is the same in all of them).
    `likely`: letters of this one only, or more multi-byte UTF-8 than bytes that are none. `unsure`: of several, of
    none, or a single one that would be another letter elsewhere.
    """

    name: str
    certainty: Certainty
    mark: bool = False
    """The file began with a UTF-8 byte order mark."""


def detect(data: bytes, counts: Counts) -> Encoding:
    """Never misreads a conforming file: Swedish CP437 text is practically never valid UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8", "certain", mark=True)
    if data.isascii():
        return Encoding("cp437", "certain")
    if is_utf8(data):
        return Encoding("utf-8", "certain")
    whole, rest = _multi_byte(data, counts)
    if whole > rest:  # a text was cut in the middle of a character, say
        return Encoding("utf-8", "likely")
    name, certainty = _eight_bit(data, counts)
    return Encoding(name, "unsure" if whole else certainty)


def named(name: str, data: bytes) -> Encoding:
    """The character set that the caller knows it to be; ValueError for one that SIE files don't come in."""
    if name not in KNOWN:
        raise ValueError(f"encoding must be one of {', '.join(KNOWN)}")
    return Encoding(name, "certain", mark=data.startswith(codecs.BOM_UTF8))


def is_utf8(data: bytes) -> bool:
    """Strictly valid, but for a last character that is cut off; with at least one whole multi-byte character."""
    cut_off = _read_utf8(data)
    return cut_off is not None and not data[: len(data) - cut_off].isascii()


def _read_utf8(data: bytes) -> int | None:
    """How many bytes of a last character there are that is cut off; None if it isn't UTF-8.

    Tried a window at a time, so that no second copy of the file is made.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _WINDOW):
            decoder.decode(data[start : start + _WINDOW])
    except UnicodeDecodeError:
        return None
    return len(decoder.getstate()[0])


def is_valid(data: bytes, encoding: str) -> bool:
    """Whether every byte is a character's."""
    if encoding == "utf-8":
        return data.isascii() or _read_utf8(data) == 0
    return encoding != "cp1252" or not any(byte in data for byte in NOT_IN_WINDOWS_1252)


def mended(data: bytes, encoding: str, problems: Problems) -> bytes:
    """The bytes with what is no character of the encoding told, line by line; UTF-8 becomes valid with � in its place.

    In Windows-1252, which has no �, the few undefined bytes are left for the scanner to replace.
    """
    lines = []
    for number, line in enumerate(BytesIO(data), 1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            before, text = line[: error.start].decode(encoding), line.decode(encoding, errors="replace")
            shown = text[max(0, len(before) - 20) :].rstrip("\r\n")
            problems.add("encoding-damaged", number, len(before) + 1, shown, encoding=KNOWN[encoding])
            lines.append(text.encode() if encoding == "utf-8" else line)
        else:
            lines.append(line)
    return b"".join(lines)


def _multi_byte(data: bytes, counts: Counts) -> tuple[int, int]:
    """How many characters of several bytes there are if this is UTF-8, and how many bytes that belong to none."""
    first, further, all_ = (sum(map(counts.__getitem__, some)) for some in (_FIRST, _FURTHER, _BEYOND_ASCII))
    if not (first and further):
        return 0, all_  # so it is with nearly every file, which needn't be looked at
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    characters = size = 0
    for start in range(0, len(data), _WINDOW):
        text = decoder.decode(data[start : start + _WINDOW])
        characters += len(text)
        size += len(text.encode())
    return characters - (len(data) - all_), len(data) - size


def _eight_bit(data: bytes, counts: Counts) -> tuple[str, Certainty]:
    old = sum(counts[byte] for byte in CP437_CLUES)
    latin = sum(counts[byte] for byte in LATIN_CLUES)
    quotes = counts[_O_OR_QUOTE[0]]
    if counts[_OPENING_QUOTE[0]] or 0 < old == quotes:
        latin += len(_BEFORE_CAPITAL.findall(data))
    sure: Certainty = "unsure" if bool(old) == bool(latin) or latin == 1 else "likely"
    if latin and quotes:
        old -= quotes - len(_BETWEEN_LETTERS.findall(data))
    return (_latin(counts) if latin > old else "cp437"), sure


def _latin(counts: Counts) -> str:
    """Windows-1252 where it says more than ISO 8859-1 does and every byte exists in it."""
    beyond = any(counts[byte] for byte in range(0x80, 0xA0))
    undefined = any(counts[byte] for byte in NOT_IN_WINDOWS_1252)
    return "cp1252" if beyond and not undefined else "iso-8859-1"
