"""Amounts, dates and quantities: from the file's characters to exact values and back.

Amounts are öre as `int` inside and `Decimal` kronor outside; dates are days since 1970-01-01 in columns (what Arrow
calls date32) and `datetime.date` outside.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

NO_DATE = -(2**31)
"""In a date column: no date was given."""

LARGEST_AMOUNT = 2**63 - 1
_EPOCH = date(1970, 1, 1).toordinal()
_LENIENT = re.compile(r"([+-]?)(\d*)(?:[.,](\d*))?", re.ASCII)
_STRICT = re.compile(r"-?\d+(?:\.\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
"""May be 1000 as well as 1.000."""
_QUANTITY = re.compile(r"[+-]?(?:\d{1,40}(?:[.,]\d{0,40})?|[.,]\d{1,40})", re.ASCII)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d\d)[-/.](\d\d)", re.ASCII)


class Unreadable(ValueError):
    """A value that can't be read; `code` is the problem's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kronor(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)


def to_ore(amount: Decimal | int) -> int:
    """Exact or refused: an amount with fractions of an öre is nobody's to round here."""
    ore = Decimal(amount).scaleb(2)
    if ore != ore.to_integral_value():
        raise Unreadable("amount-decimals")
    if abs(ore) > LARGEST_AMOUNT:
        raise Unreadable("amount-too-large")
    return int(ore)


def read_amount(text: str) -> tuple[int, bool]:
    """The amount in öre, and whether it is written as the standard says (§5.9)."""
    match = _LENIENT.fullmatch(text)
    if not match or not (match[2] or match[3]):
        raise Unreadable("amount-unreadable")
    if _THOUSANDS.fullmatch(text):
        raise Unreadable("amount-ambiguous")
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if decimals[2:].strip("0"):
        raise Unreadable("amount-decimals")
    digits = whole.lstrip("0") + decimals[:2].ljust(2, "0")
    if len(digits) > 19 or (ore := int(digits)) > LARGEST_AMOUNT:
        raise Unreadable("amount-too-large")
    return (-ore if sign == "-" else ore), bool(_STRICT.fullmatch(text))


def read_quantity(text: str) -> tuple[str, bool]:
    """The quantity as a plain decimal number (its own digits kept), and whether it was written so."""
    if not _QUANTITY.fullmatch(text) or ("," in text and _THOUSANDS.fullmatch(text)):
        raise Unreadable("quantity-unreadable")
    plain = text.replace(",", ".").removeprefix("+")
    return plain, plain == text


@lru_cache(maxsize=1024)
def read_date(text: str) -> tuple[int, bool]:
    """The date in days, and whether it is written as the standard says (§5.10)."""
    match = _DATE.fullmatch(text) or _ISO_DATE.fullmatch(text)
    if not match:
        raise Unreadable("date-unreadable")
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Unreadable("date-unreadable") from None
    return to_days(day), len(text) == 8


def to_days(day: date | None) -> int:
    return NO_DATE if day is None else day.toordinal() - _EPOCH


def to_date(days: int) -> date | None:
    return None if days == NO_DATE else date.fromordinal(days + _EPOCH)


def month_of(day: date) -> int:
    """The month as YYYYMM."""
    return day.year * 100 + day.month


def month_of_days(days: int) -> int:
    """The month as YYYYMM; 0 where there is no date."""
    day = to_date(days)
    return 0 if day is None else month_of(day)


def ten_digits(number: str) -> str:
    """Of an organisation number, which may have a hyphen, and a century before them (facts 4)."""
    return "".join(filter(str.isdigit, number))[-10:]


def shortest(ore: int) -> str:
    """As newer Fortnox writes it: 1279565, 125266.2, -1.85."""
    return two_decimals(ore).removesuffix("0") if ore % 100 else str(ore // 100)


def two_decimals(ore: int) -> str:
    sign = "-" if ore < 0 else ""
    return f"{sign}{abs(ore) // 100}.{abs(ore) % 100:02}"
