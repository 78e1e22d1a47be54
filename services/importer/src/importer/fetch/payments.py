"""What settled invoices after the closing date: from the list where it tells, one by one where it doesn't."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import fortnox
from common.concurrency import together
from importer import problems
from importer.fetch import inferred
from importer.fetch.inferred import Row, is_untold
from importer.fetch.reading import Reading
from importer.fetch.sides import Side
from importer.ledger.model import KRONOR, Invoice, Settlement, SettlementKind
from importer.ledger.settling import SETTLE, Effect, effects


@dataclass(frozen=True)
class Booked:
    """Booked payments and when they count, of a ledger's members where they matter for its closing date."""

    of_invoice: Mapping[str, Sequence[Row]]
    """All that were read, by their invoice's number."""
    effect: Mapping[str, Effect]
    wanted: Sequence[Row]
    """Those that count after the closing date, and all of invoices whose balance isn't known in their currency."""
    complete: bool = False
    """No booked payment of any invoice is missing."""

    @classmethod
    def of(
        cls, rows: Sequence[Row], invoices: Mapping[str, Invoice], members: Mapping[str, Invoice], closing_date: date
    ) -> "Booked":
        booked = [row for row in rows if row.booked]
        effect, of_invoice = effects(booked, invoices), defaultdict(list)
        for row in booked:
            of_invoice[row.invoice_number].append(row)
        wanted = [
            row
            for row in booked
            if row.invoice_number in members
            and (effect[row.number].on > closing_date or members[row.invoice_number].balance is None)
        ]
        return cls(of_invoice, effect, wanted)

    def untold(self, members: Mapping[str, Invoice]) -> list[Row]:
        """Those whose amount the list doesn't tell."""
        return [row for row in self.wanted if is_untold(row, members[row.invoice_number])]

    def infer(self, members: Mapping[str, Invoice]) -> dict[str, fortnox.InvoicePayment]:
        """What follows for them, by their number."""
        if not self.complete:
            return {}
        found = (
            inferred.payment(row, members[row.invoice_number], self.of_invoice[row.invoice_number])
            for row in self.untold(members)
        )
        return {one.number: one for one in found if one is not None}


async def settlements(
    reading: Reading, side: Side[Any], members: Mapping[str, Invoice], booked: Booked
) -> list[Settlement]:
    """Booked settlements of the ledger's members that count after the closing date.

    For members whose balance isn't known in their currency: all of them, since those are rolled forward.
    """
    known = booked.infer(members)
    asked = [row for row in booked.untold(members) if row.number not in known]
    reading.plan.expect(singles(side), len(asked))
    read = await together(_single(reading, side, row) for row in asked)
    known |= {one.number: one for one in read}
    found = (
        settled(known.get(row.number, row), members[row.invoice_number], booked.effect[row.number])
        for row in booked.wanted
    )
    return [settlement for several in found for settlement in several]


async def _single(reading: Reading, side: Side[Any], row: Row) -> fortnox.InvoicePayment:
    ask = partial(side.payment, reading.client, row.number)
    return await reading.once(singles(side), row.number, fortnox.InvoicePayment, ask)


def singles(side: Side[Any]) -> str:
    """What the plan calls payments that are read one by one."""
    return f"{side.payments.path}, one by one"


def settled(payment: Row, invoice: Invoice, effect: Effect) -> list[Settlement]:
    """What a booked payment took off its invoice, and beside it what was written off with it."""
    kind = SettlementKind.CREDIT if (payment.source or "").lower() == SETTLE else SettlementKind.PAYMENT
    paid = Settlement(payment.number, invoice.number, kind, effect.on, _paid(payment, invoice), effect.against)
    offs = payment.write_offs if isinstance(payment, fortnox.InvoicePayment) else []
    written_off = [
        Settlement(payment.number, invoice.number, SettlementKind.WRITE_OFF, effect.on, _written_off(off, invoice))
        for off in offs
    ]
    return [one for one in (paid, *written_off) if one.amount != 0]


def _paid(payment: Row, invoice: Invoice) -> Decimal:
    """In the invoice's currency. `Amount` is SEK at the payment's own rate: no measure of a foreign invoice."""
    if not invoice.foreign:
        return payment.amount
    if not isinstance(payment, fortnox.InvoicePayment) or payment.amount_currency is None:
        raise problems.UNREADABLE_ANSWER.error(
            what="betalningar", call=f"payment {payment.number}", field="AmountCurrency"
        )
    return payment.amount_currency


def _written_off(off: fortnox.WriteOff, invoice: Invoice) -> Decimal:
    """In the invoice's currency; SEK given up on a foreign invoice are worth its own rate."""
    if invoice.foreign and (off.currency or KRONOR) == KRONOR:
        return invoice.from_sek(off.amount)
    return off.amount
