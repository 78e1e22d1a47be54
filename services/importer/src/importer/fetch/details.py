"""Reading what the ledger's lists don't say: ROT and RUT by a list of their own, the rest for a few items singly."""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any

import fortnox
from common.concurrency import together
from common.events.import_data import OpenItem
from importer.fetch.reading import Reading
from importer.fetch.sides import Side
from importer.ledger.details import Details, worth_reading
from importer.ledger.model import Invoice


async def tax_agency_shares(reading: Reading, side: Side[Any]) -> dict[str, Details]:
    """The Tax Agency's share of each customer's invoice that has one; nothing is known where that may not be read."""
    if not side.has_tax_reductions:
        return {}
    try:
        found = await reading.every(fortnox.TAX_REDUCTIONS, filter="invoices")
    except (fortnox.NotAllowed, fortnox.NotFound):
        return {}
    shares: dict[str, Decimal] = {}
    for one in found:
        amount = one.asked_amount or one.approved_amount
        if amount and (one.reference_document_type or "INVOICE").upper() == "INVOICE":
            shares[one.reference_number] = shares.get(one.reference_number, Decimal(0)) + amount
    return {number: Details(tax_agency_share=amount) for number, amount in shares.items()}


async def singly(
    reading: Reading,
    side: Side[Any],
    invoices: Iterable[Invoice],
    items: Iterable[OpenItem],
    *,
    cash_method: bool,
    most: int,
) -> dict[str, Details]:
    """What single invoices say of the few open items where it matters; `most` bounds what is only good to know."""
    wanted = worth_reading(list(items), cash_method=cash_method, has_reminders=side.has_reminders, most=most)
    reading.plan.expect(side.singles, len(wanted))
    known = {invoice.number: invoice for invoice in invoices}
    return dict(await together(_read(reading, side, known[number]) for number in wanted))


async def _read(reading: Reading, side: Side[Any], invoice: Invoice) -> tuple[str, Details]:
    ask = partial(side.single, reading.client, invoice.number)
    single = await reading.once(side.singles, invoice.number, side.single_model, ask)
    return invoice.number, side.details(single, invoice)
