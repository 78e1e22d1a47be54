"""A financial year at random: calendar, broken, short or long, with 1510 and 2440 wandering through it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import sie

LEDGER_ACCOUNTS = ("1510", "2440")
STARTS = (1, 1, 1, 5, 7, 9)  # months; every second company's year is the calendar's


@dataclass(frozen=True, slots=True)
class Shape:
    """What a company is made of; the same seed gives the same company."""

    seed: int
    start: dt.date
    end: dt.date
    now: dt.datetime
    """When Fortnox is asked: some time after the year's end."""
    method: str
    rows: int
    invoices: dict[str, int]
    """How many, by kind of ledger; as many as the rows make where it is empty."""
    happenings: int
    """How many invoices are made one by one, with all that can happen to an invoice."""
    paid_early: bool = True
    """Some are paid before their own date: until then ledger and account differ."""

    @property
    def closing_dates(self) -> tuple[dt.date, dt.date]:
        """The year's last day, and one within the year."""
        days = (self.end - self.start).days
        return self.end, self.start + dt.timedelta(days=Random(f"{self.seed}/day").randrange(days))


def shape(seed: int, *, largest: int = 60, method: str | None = None) -> Shape:
    """A shape with up to so many invoices in each ledger, some with very few."""
    rng = Random(f"{seed}/shape")
    start = dt.date(rng.randrange(2021, 2025), rng.choice(STARTS), 1)
    months = rng.choice((12, 12, 12, 6, 9, 18))
    end = _first_of_month(start, months) - dt.timedelta(days=1)
    now = dt.datetime.combine(end + dt.timedelta(days=rng.randrange(20, 300)), dt.time(10), dt.UTC)
    sizes = {kind: rng.randrange(1, largest + 1) for kind in ("customer", "supplier") if rng.random() < 0.7}
    return Shape(
        seed, start, end, now, method or rng.choice(("ACCRUAL", "ACCRUAL", "CASH")), rng.randrange(0, 40), sizes,
        rng.choice((0, 5, 25)),
    )  # fmt: skip


def books(wanted: Shape) -> bytes:
    """The year's SIE file: the accounts' movements, from which the ledgers are made."""
    rng = Random(f"{wanted.seed}/books")
    made = sie.DocumentBuilder(sie.Header(kind=4, company_id="1234", company_name=f"Företag {wanted.seed} AB"))
    made.year(0, wanted.start, wanted.end)
    for account in LEDGER_ACCOUNTS:
        made.account(account, account)
        if rng.random() < 0.8:
            made.balance("IB", account, Decimal(rng.randrange(-90_000_00, 90_000_00)) / 100)
    days = (wanted.end - wanted.start).days + 1
    for number in range(1, wanted.rows + 1):
        day = wanted.start + dt.timedelta(days=rng.randrange(days))
        made.voucher(sie.Voucher("A", str(number), day, "Journal", tuple(_rows(rng))))
    return sie.write(made.build())


def _rows(rng: Random) -> list[sie.Row]:
    rows: list[sie.Row] = []
    for account in rng.choices(LEDGER_ACCOUNTS, k=rng.randrange(1, 4)):
        amount = Decimal(rng.choice((rng.randrange(-30_000_00, 30_000_00), rng.randrange(-500, 500)))) / 100
        rows += (sie.Row(account, amount), sie.Row("1930", -amount))
    return rows


def _first_of_month(start: dt.date, months_later: int) -> dt.date:
    months = start.year * 12 + start.month - 1 + months_later
    return dt.date(months // 12, months % 12 + 1, 1)
