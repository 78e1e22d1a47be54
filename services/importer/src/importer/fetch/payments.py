"""What settled invoices after the closing date: from the list where it tells, one by one where it doesn't."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import fortnox
from common.concurrency import together
from importer import problems
from importer.fetch.reading import Reading
from importer.fetch.sides import Side
from importer.ledger.model import KRONOR, Invoice, Settlement, SettlementKind
from importer.ledger.settling import SETTLE, Effect, effects


async def settlements(
    reading: Reading,
    side: Side[Any],
    invoices: Mapping[str, Invoice],
    members: Mapping[str, Invoice],
    listed: Sequence[fortnox.InvoicePaymentListItem],
    closing_date: date,
) -> list[Settlement]:
    """Booked settlements of the ledger's members that count after the closing date.

    For members whose balance isn't known in their currency: all of them, since those are rolled forward.
    """
    booked = [one for one in listed if one.booked]
    effect = effects(booked, invoices)
    wanted = [
        one
        for one in booked
        if one.invoice_number in members
        and (effect[one.number].on > closing_date or members[one.invoice_number].balance is None)
    ]
    single = sum(must_be_read_singly(one, members[one.invoice_number]) for one in wanted)
    reading.plan.expect(_singles(side), single)
    found = await together(_settlements(reading, side, members[one.invoice_number], one, effect) for one in wanted)
    return [settlement for several in found for settlement in several]


def must_be_read_singly(payment: fortnox.InvoicePaymentListItem, invoice: Invoice) -> bool:
    """The list lacks the amount in the invoice's currency, and what was written off (fact 5.7)."""
    return invoice.foreign or bool(payment.write_off_exist)


async def _settlements(
    reading: Reading,
    side: Side[Any],
    invoice: Invoice,
    listed: fortnox.InvoicePaymentListItem,
    effect: Mapping[str, Effect],
) -> list[Settlement]:
    payment: fortnox.InvoicePaymentListItem = listed
    if must_be_read_singly(listed, invoice):
        ask = partial(side.payment, reading.client, listed.number)
        payment = await reading.once(_singles(side), listed.number, fortnox.InvoicePayment, ask)
    return settled(payment, invoice, effect[listed.number])


def _singles(side: Side[Any]) -> str:
    """What the plan calls payments that are read one by one."""
    return f"{side.payments.path}, one by one"


def settled(payment: fortnox.InvoicePaymentListItem, invoice: Invoice, effect: Effect) -> list[Settlement]:
    """What a booked payment took off its invoice, and beside it what was written off with it."""
    kind = SettlementKind.CREDIT if (payment.source or "").lower() == SETTLE else SettlementKind.PAYMENT
    paid = Settlement(payment.number, invoice.number, kind, effect.on, _paid(payment, invoice), effect.against)
    offs = payment.write_offs if isinstance(payment, fortnox.InvoicePayment) else []
    written_off = [
        Settlement(payment.number, invoice.number, SettlementKind.WRITE_OFF, effect.on, _written_off(off, invoice))
        for off in offs
    ]
    return [one for one in (paid, *written_off) if one.amount != 0]


def _paid(payment: fortnox.InvoicePaymentListItem, invoice: Invoice) -> Decimal:
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
