"""The open items' table: its columns, which the spreadsheet and the CSV file share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from common.events import Dataset
from common.events.import_data import OpenItem
from common.spreadsheets import Cell
from importer.checks.results import kronor
from importer.documents.words import NAMES, SETTLED, bucket
from importer.ledger import ageing
from importer.ledger.model import KRONOR

NUMBER, CURRENCY, REMAINING, REMAINING_SEK = "Fakturanr", "Valuta", "Restbelopp", "Restbelopp SEK"
TAX_AGENCY = "Därav ROT/RUT"


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    heading: str
    width: float
    """In characters."""
    of: Callable[[OpenItem], Cell]
    summed: bool = False
    """Its amounts are SEK throughout, so that their sum means something."""


def columns(dataset: Dataset, edges: Sequence[int]) -> list[Column]:
    """All of them, in order."""
    names, suppliers = NAMES[dataset], dataset is Dataset.SUPPLIER_LEDGER
    own_number = [Column("Leverantörens fakturanr", 13, lambda item: item.external_number)]
    tax_agency = [Column(TAX_AGENCY, 10, lambda item: item.tax_agency_share, summed=True)]
    return [
        Column(NUMBER, 9, lambda item: item.number),
        *(own_number if suppliers else []),
        Column(names.party_number, 9, lambda item: item.counterparty_number),
        Column(names.party, 20, lambda item: item.counterparty_name),
        Column("Fakturadatum", 10, lambda item: item.invoice_date),
        Column("Förfallodatum", 10, lambda item: item.due_date),
        Column(CURRENCY, 6, lambda item: item.currency),
        Column("Fakturabelopp", 12, lambda item: item.amount),
        Column("Betalt t.o.m. balansdagen", 12, lambda item: item.paid_before),
        Column(REMAINING, 12, lambda item: item.remaining),
        Column(REMAINING_SEK, 12, lambda item: item.remaining_sek, summed=True),
        Column("Dagar efter förfallodag", 9, lambda item: max(0, item.days_overdue)),
        *(_ageing(name) for name in ageing.buckets(edges)),
        Column("Därav moms SEK", 11, lambda item: item.remaining_vat_sek, summed=True),
        *([] if suppliers else tax_agency),
        Column("Reglerat efter balansdagen", 24, lambda item: "\n".join(settled(item)) or None),
        Column("Anmärkning", 18, lambda item: "; ".join(remarks(item)) or None),
    ]


def settled(item: OpenItem) -> Iterator[str]:
    """What settled it after the closing date, such as "2026-01-15 betalning 1 250,00"."""
    currency = "" if item.currency == KRONOR else f" {item.currency}"
    for one in item.paid_after:
        against = f" mot faktura {one.against}" if one.against else ""
        yield f"{one.date} {SETTLED.get(one.kind, one.kind)} {kronor(one.amount)}{currency}{against}"


def remarks(item: OpenItem) -> Iterator[str]:
    """What the numbers don't say."""
    if item.amount < 0:
        yield f"Kreditfaktura till {item.credit_of}" if item.credit_of else "Kreditfaktura"
    elif item.remaining < 0:
        yield "Överbetald"
    if not item.booked:
        yield "Ej bokförd"
    if item.paid_after and sum(one.amount for one in item.paid_after) == item.remaining:
        yield f"Slutbetald {max(one.date for one in item.paid_after)}"
    if item.collection:
        yield "Inkasso eller såld (Fortnox Finans)"
    if item.reminders:
        last = f", senast {item.last_reminder}" if item.last_reminder else ""
        yield f"Påmind {item.reminders} {'gång' if item.reminders == 1 else 'gånger'}{last}"


def _ageing(name: str) -> Column:
    return Column(bucket(name), 11, lambda item: item.remaining_sek if item.bucket == name else None, summed=True)
