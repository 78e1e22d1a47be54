"""Texts that Fortnox accepts: which characters, and the nearest ones for those it refuses (2000359).

The class is Fortnox's own ("Formats & Encoding") without the characters that were refused in voucher texts
all the same (Fortnox facts 3): square and angle brackets, tilde, bar, em dash, ellipsis, curly quotes.
"""

import unicodedata
from dataclasses import dataclass

PUNCTUATION = frozenset(" –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\\u00a0\u0308\u030a\n\r")
DIGITS = frozenset("0123456789")
NEAREST = {
    "—": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "~": "-",
    "…": "...", "•": "-", "·": ".",
    "'": "´", "‘": "´", "’": "´", "‚": ",", '"': "", "“": "", "”": "", "„": "", "»": "", "«": "",
    "[": "(", "]": ")", "{": "(", "}": ")", "<": " ", ">": " ", "|": "/", "\t": " ",
    "×": "x", "¼": "1/4", "¾": "3/4",
}  # fmt: skip


@dataclass(frozen=True)
class Cleaned:
    """A text that Fortnox accepts, and the characters that it wouldn't have, each once, in their order."""

    text: str
    replaced: tuple[str, ...]


def allowed(text: str) -> bool:
    """Whether Fortnox is known to accept each character."""
    return all(_fits(character) for character in text)


def clean(text: str) -> Cleaned:
    """The text with the nearest accepted characters; composed first, so that é is one character."""
    composed = unicodedata.normalize("NFC", text)
    written = "".join(character if _fits(character) else _nearest(character) for character in composed)
    return Cleaned(written, tuple(dict.fromkeys(c for c in composed if not _fits(c))))


def _fits(character: str) -> bool:
    is_letter = unicodedata.category(character).startswith("L") and character <= "\uffff"
    return is_letter or character in DIGITS or character in PUNCTUATION


def _nearest(character: str) -> str:
    if character in NEAREST:
        return NEAREST[character]
    if unicodedata.category(character) == "Zs":
        return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain != character and allowed(plain) else ""
