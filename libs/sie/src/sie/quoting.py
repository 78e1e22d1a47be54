"""A text as a field of a SIE file, and back into the file's bytes."""

import datetime
import re
from functools import lru_cache
from typing import Literal

from sie import values
from sie.encodings import KNOWN
from sie.problems import SieError, make
from sie.records import Objects

Unwritable = Literal["error", "replace"]
"""What becomes of characters that the file can't hold: SieError, or a stand-in."""

_BARE = re.compile(r'[^\x00-\x20\x7f"{}]+')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_STAND_INS = str.maketrans({
    "–": "-", "—": "-", "’": "'", "‘": "'", "”": '"', "“": '"', "…": "...", "€": "EUR", "ø": "ö", "Ø": "Ö",
    "õ": "o", "ã": "a", "š": "s", "ž": "z", "−": "-", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U",
})  # fmt: skip


class Quoting:
    """Writes texts as fields."""

    def __init__(self, unwritable: Unwritable = "error", *, closing_backslash: bool = False) -> None:
        self._replaces = unwritable == "replace"
        self._closing_backslash = closing_backslash

    def text(self, value: str) -> str:
        """Always in quotation marks, as most programs write names and texts."""
        value = self._writable(value)
        if value.endswith("\\") and not self._closing_backslash:
            # inside quotes a reader would take \" for a quotation mark (§5.7 leaves it open)
            if self._is_bare(value):
                return value
            value = self._replaced("backslash-not-writable", value, value[:-1] + "/")
        return '"' + value.replace('"', '\\"') + '"'

    def field(self, value: str) -> str:
        """Without quotation marks where it needs none."""
        return value if self._is_bare(value) else self.text(value)

    def objects(self, objects: Objects, *, quoted: bool = False) -> str:
        """The object list; the dimensions in quotation marks too if `quoted`."""
        first = self.text if quoted else self.field
        pairs = (f"{first(dimension)} {self.text(number)}" for dimension, number in objects)
        return "{" + " ".join(pairs) + "}"

    def encode(self, text: str, encoding: str) -> bytes:
        try:
            return text.encode(encoding)
        except UnicodeEncodeError as error:
            if not self._replaces:
                wrong = text[error.start : error.end]
                raise SieError(make("not-in-encoding", text=wrong, encoding=KNOWN.get(encoding, encoding))) from None
            return text.translate(_STAND_INS).encode(encoding, errors="replace")

    @staticmethod
    def _is_bare(value: str) -> bool:
        return bool(_BARE.fullmatch(value))

    def _writable(self, value: str) -> str:
        return self._replaced("not-writable", value, _CONTROLS.sub(" ", value)) if _CONTROLS.search(value) else value

    def _replaced(self, code: str, value: str, instead: str) -> str:
        if not self._replaces:
            raise SieError(make(code, text=value))
        return instead


def trimmed(fields: list[str]) -> list[str]:
    """Without the empty fields at the end."""
    end = len(fields)
    while end and fields[end - 1] == '""':
        end -= 1
    return fields[:end]


def written_day(day: datetime.date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


@lru_cache(maxsize=4096)
def written_days(days: int) -> str:
    day = values.to_date(days)
    return '""' if day is None else written_day(day)
