"""Made-up customers and suppliers."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.fortnox.ledger.model import Kind, Party

SURNAMES = (
    "Berg", "Lind", "Ek", "Holm", "Dahl", "Sand", "Ström", "Gran", "Norr", "Söder", "Väst", "Öst", "Ås", "Fors", "Hav",
    "Sjö", "Äng", "Lund", "Myr", "Näs", "Hed", "Klint", "Rönn", "Björk", "Asp", "Al", "Tall", "Hägg", "Sälg",
)  # fmt: skip
TRADES = (
    "Bygg AB", "Konsult AB", "Handel AB", "Måleri HB", "Transport AB", "El & VVS AB", "Redovisning AB", "Städ AB",
    "Design AB", "Maskin AB", "Grafiska AB", "Livs AB", "Skog AB", "Data AB", "Fastigheter AB",
)  # fmt: skip
FIRST_NAMES = (
    "Alva", "Bo", "Cilla", "Doris", "Elof", "Frida", "Göte", "Hedda", "Ivar", "Juni", "Kåre", "Lova", "Måns", "Nils",
)  # fmt: skip
CITIES = ("Malmö", "Göteborg", "Örebro", "Umeå", "Växjö", "Gävle", "Åmål", "Östersund", "Luleå", "Kalmar")
FOREIGN = {  # currency: country, name
    "EUR": ("DE", "Nordlicht Handels GmbH"),
    "USD": ("US", "Blue Harbor Inc."),
    "NOK": ("NO", "Fjordvik AS"),
    "DKK": ("DK", "Sundby Ægte ApS"),
    "JPY": ("JP", "Kawa Trading K.K."),
}


def make(kind: Kind, count: int, rng: Random, moment: dt.datetime) -> dict[str, Party]:
    """At least `count` Swedish ones, some of the customers private persons, and one for each foreign currency."""
    made: dict[str, Party] = {}
    for index in range(count):
        number = str(index + 1 if kind is Kind.CUSTOMER else 1001 + index)
        private = kind is Kind.CUSTOMER and index % 9 == 4
        name = _person(rng) if private else f"{rng.choice(SURNAMES)}{rng.choice(SURNAMES).lower()} {rng.choice(TRADES)}"
        identity = _personal_number(rng) if private else _company_number(rng)
        made[number] = Party(
            number, name, identity, rng.choice(CITIES), private=private, terms=rng.choice((10, 20, 30, 30)),
            active=index % 17 != 16, modified=moment,
        )  # fmt: skip
    for currency, (country, name) in FOREIGN.items():
        number = f"{currency}{1 if kind is Kind.CUSTOMER else 2}"
        made[number] = Party(number, name, "", "", currency, country, modified=moment)
    return made


def _person(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(SURNAMES)}{rng.choice(('ström', 'kvist', 'man', 'gren'))}"


def _company_number(rng: Random) -> str:
    return with_check_digit(f"5569{rng.randrange(100_000):05d}")


def _personal_number(rng: Random) -> str:
    """Of the form of a personal number, from the range 980–989 that is kept for tests."""
    day = dt.date(1940, 1, 1) + dt.timedelta(days=rng.randrange(22_000))
    return with_check_digit(f"{day:%y%m%d}98{rng.randrange(10)}")


def with_check_digit(digits: str) -> str:
    """Nine digits with their Luhn digit, as an organisation or personal number: nnnnnn-nnnn."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    check = -sum(number // 10 + number % 10 for number in doubled) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"
