"""Amounts: öre as int inside, decimal numbers on the wire, and the rounding of currencies."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MONEY_DIGITS = 15  # what a JSON number can carry to the öre; Fortnox sends no more


def number(amount: int) -> int | float:
    """The amount as Fortnox writes it as a JSON number: 100, 99.5, -0.05.

    A float only for the JSON encoder, whose shortest form of öre/100 is exact up to `MONEY_DIGITS` digits.
    """
    whole, rest = divmod(amount, 100)
    return whole if rest == 0 else amount / 100


def text(amount: int) -> str:
    """The amount as a decimal string in its shortest form: "100", "99.5", "-0.05"."""
    return str(number(amount)) if abs(amount) < 10**MONEY_DIGITS else str(Decimal(amount) / 100)


def parse(value: object) -> int:
    """Reads a number or numeric string as öre, rounded half up (nobody has seen Fortnox refuse a third decimal)."""
    try:
        return int((Decimal(str(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        raise ValueError(value) from None


def in_sek(amount: int, rate: Decimal, unit: int) -> int:
    """Hundredths of a currency in öre, at the rate for `unit` of it, rounded half away from zero."""
    return int((Decimal(amount) * rate / unit).quantize(Decimal(1), ROUND_HALF_UP))
