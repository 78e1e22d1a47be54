"""Foreign currencies: rates, and amounts that fit an amount in SEK to the öre."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sandbox.fortnox.amounts import in_sek
from sandbox.fortnox.ledger.keeper import Money
from sandbox.fortnox.ledger.model import Invoice

SPREAD = 0.04  # rates wander this much to both sides


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: SEK for `unit` of it."""

    code: str
    usual: Decimal
    unit: int = 1

    def today(self, rng: Random) -> Decimal:
        """A rate near the usual one, with four decimals."""
        return (self.usual * Decimal(str(round(rng.uniform(1 - SPREAD, 1 + SPREAD), 4)))).quantize(Decimal("0.0001"))


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("EUR", Decimal("11.2345")),
        Currency("USD", Decimal("10.4312")),
        Currency("NOK", Decimal("0.9621")),
        Currency("DKK", Decimal("150.61"), 100),
        Currency("JPY", Decimal("7.0512"), 100),
    )
}


def foreign(most: int, rng: Random) -> Money:
    """An amount in some currency that is worth 60–95 % of `most` öre."""
    currency = CURRENCIES[rng.choice(list(CURRENCIES))]
    rate = currency.today(rng)
    worth = most * rng.randrange(60, 96) // 100
    return Money(int(Decimal(worth) * currency.unit / rate), currency.code, rate, currency.unit)


def part_of(invoice: Invoice, most: int) -> int:
    """What can be paid of an invoice, in its currency, so that no more than `most` öre come off the account."""
    rest = invoice.balance
    whole = in_sek(rest, invoice.rate, invoice.unit)
    if whole <= most:
        return rest
    off = int(Decimal(most) * invoice.unit / invoice.rate)
    while off > 0 and whole - in_sek(rest - off, invoice.rate, invoice.unit) > most:
        off -= 1
    return off
