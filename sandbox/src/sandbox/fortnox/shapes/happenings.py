"""All that can happen to an invoice, at random and one thing after the other, as people do it in Fortnox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger.currencies import CURRENCIES
from sandbox.fortnox.ledger.model import Invoice, Kind
from sandbox.fortnox.shapes.books import Shape
from sandbox.fortnox.sim import ledger_edits
from sandbox.fortnox.world import World

Step = tuple[dt.date, Callable[[], Any]]
DAY = dt.timedelta(days=1)


def happen(world: World, company: Company, wanted: Shape) -> None:
    """Makes the shape's invoices and what becomes of them, in the order of the days on which it counts."""
    story = _Story(world, company, wanted)
    for _ in range(wanted.happenings):
        story.begin()
    story.run()


class _Story:
    def __init__(self, world: World, company: Company, wanted: Shape) -> None:
        self._world, self._company, self._wanted = world, company, wanted
        self._rng = Random(f"{wanted.seed}/happenings")
        self._steps: list[Step] = []
        self._last = min(wanted.now.date(), company.years[0].end)

    def run(self) -> None:
        """Steps add steps; those of one day keep their order."""
        while self._steps:
            self._steps.sort(key=lambda step: step[0])
            _, step = self._steps.pop(0)
            step()

    def begin(self) -> None:
        kind, day = self._rng.choice(list(Kind)), self._day(self._wanted.start, self._last)
        self._later(day, lambda: self._issue(kind, day))

    def _issue(self, kind: Kind, day: dt.date) -> None:
        rng = self._rng
        card = rng.choice(("plain", "plain", "currency", "credit", "rot", "cash", "unbooked", "zero"))
        amount = Decimal(0 if card == "zero" else rng.randrange(1, 90_000_00)) / 100
        more: dict[str, Any] = {"due": day + dt.timedelta(days=rng.randrange(-5, 61)), "reminders": rng.randrange(3)}
        if card == "currency":
            currency = CURRENCIES[rng.choice(list(CURRENCIES))]
            more |= {"currency": currency.code, "rate": currency.today(rng), "unit": currency.unit}
        if card == "rot" and kind is Kind.CUSTOMER:
            more["tax_agency_share"] = (amount * 3 / 10).quantize(Decimal("0.01"))
        if card == "cash" and kind is Kind.CUSTOMER:
            more["type"] = "CASHINVOICE"
        invoice = self._made(kind, -amount if card == "credit" else amount, day, card != "unbooked", more)
        if card == "unbooked":
            self._from_unbooked(invoice, day)
        elif invoice.type != "CASHINVOICE" and invoice.balance:
            self._after(invoice, day)

    def _from_unbooked(self, invoice: Invoice, day: dt.date) -> None:
        """It stays so, is cancelled or is booked (and then paid)."""
        fate = self._rng.choice(("stays", "cancelled", "booked"))
        if fate == "cancelled":
            ledger_edits.cancel_invoice(self._world, self._company, kind=invoice.kind, number=invoice.number)
        if fate == "booked" and self._company.year_of(day):
            ledger_edits.book_invoice(self._world, self._company, kind=invoice.kind, number=invoice.number)
            self._after(invoice, day)

    def _after(self, invoice: Invoice, day: dt.date) -> None:
        """What becomes of it, once or several times; now and then it was paid before it was there."""
        if self._wanted.paid_early and self._rng.random() < 0.1:
            self._whole(invoice, max(self._wanted.start, day - self._rng.randrange(1, 40) * DAY))
            return
        for _ in range(self._rng.randrange(4)):
            on = self._day(day, min(self._last, day + dt.timedelta(days=400)))
            fate = self._rng.choice((self._part, self._whole, self._over, self._credited, self._unbooked, self._off))
            self._later(on, lambda fate=fate, on=on: fate(invoice, on))  # type: ignore[misc]  # bound now, not later

    def _part(self, invoice: Invoice, day: dt.date) -> None:
        self._pay(invoice, invoice.balance * self._rng.randrange(10, 90) // 100, day)

    def _whole(self, invoice: Invoice, day: dt.date) -> None:
        self._pay(invoice, invoice.balance, day)

    def _over(self, invoice: Invoice, day: dt.date) -> None:
        self._pay(invoice, invoice.balance + invoice.total // 20, day)

    def _unbooked(self, invoice: Invoice, day: dt.date) -> None:
        self._pay(invoice, invoice.balance, day, booked=False)

    def _off(self, invoice: Invoice, day: dt.date) -> None:
        """Written off, wholly or the last of it; only in kronor."""
        if invoice.currency == "SEK" and invoice.balance > 0:
            whole = self._rng.random() < 0.5
            off = invoice.balance if whole else min(invoice.balance, 50)
            self._pay(invoice, invoice.balance - off, day, write_off=Decimal(off) / 100)

    def _pay(self, invoice: Invoice, amount: int, day: dt.date, **more: Any) -> None:
        if not amount and "write_off" not in more:
            return
        if invoice.currency != "SEK":
            more["rate"] = CURRENCIES[invoice.currency].today(self._rng)
        ledger_edits.pay_invoice(
            self._world, self._company, kind=invoice.kind, number=invoice.number, amount=Decimal(amount) / 100,
            date=day, **more,
        )  # fmt: skip

    def _credited(self, invoice: Invoice, day: dt.date) -> None:
        """A credit note for some of it, settled now, later or never; the settlement may bear an earlier date."""
        if invoice.balance <= 0 or invoice.total < 0:
            return
        part = Decimal(max(1, invoice.balance * self._rng.randrange(5, 101) // 100)) / 100
        same = {"currency": invoice.currency, "rate": invoice.rate, "unit": invoice.unit, "party": invoice.party}
        credit = self._made(invoice.kind, -part, day, invoice.booked, {**same, "credits": invoice.number})
        when = self._rng.choice((day - 3 * DAY, day, self._day(day, self._last), None))
        if when is not None:
            counts = max(when, day)
            self._later(counts, lambda: self._settle(invoice, credit, when))

    def _settle(self, invoice: Invoice, credit: Invoice, day: dt.date) -> None:
        amount = Decimal(min(invoice.balance, -credit.balance)) / 100
        if amount > 0:
            ledger_edits.settle(
                self._world, self._company, kind=invoice.kind, number=invoice.number, credit=credit.number, date=day,
                amount=amount,
            )  # fmt: skip

    def _made(self, kind: Kind, amount: Decimal, day: dt.date, booked: bool, more: dict[str, Any]) -> Invoice:
        made = ledger_edits.create_invoice(
            self._world, self._company, kind=kind, amount=amount, date=day, booked=booked, **more
        )
        return self._company.ledgers[kind].invoices[made["number"]]

    def _later(self, day: dt.date, step: Callable[[], Any]) -> None:
        self._steps.append((day, step))

    def _day(self, first: dt.date, last: dt.date) -> dt.date:
        return first + dt.timedelta(days=self._rng.randrange(max(1, (last - first).days + 1)))
