"""The profession's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.events import Dataset
from importer.ledger.ageing import NOT_DUE
from importer.ledger.model import SettlementKind

PER_DATE = "Reskontralista per balansdagen"
RECONCILIATION = "Avstämning"
AGEING = "Åldersanalys"
AFTER = "Fakturor efter balansdagen"


@dataclass(frozen=True)
class Names:
    """What a ledger is called, and whom it is about."""

    ledger: str
    party: str
    party_number: str
    file: str


NAMES: Mapping[Dataset, Names] = {
    Dataset.CUSTOMER_LEDGER: Names("Kundreskontra", "Kund", "Kundnr", "kundreskontra"),
    Dataset.SUPPLIER_LEDGER: Names("Leverantörsreskontra", "Leverantör", "Leverantörsnr", "leverantorsreskontra"),
}
SETTLED: Mapping[str, str] = {
    SettlementKind.PAYMENT: "betalning",
    SettlementKind.WRITE_OFF: "bortskrivning",
    SettlementKind.CREDIT: "kvittning",
}


def method(uses_cash_method: bool) -> str:
    return "Kontantmetoden" if uses_cash_method else "Faktureringsmetoden"


def bucket(name: str) -> str:
    """An ageing bucket's heading."""
    if name == NOT_DUE:
        return "Ej förfallet"
    if name.startswith("over_"):
        return f"Över {name.removeprefix('over_')} dagar"
    return f"{name.replace('-', '–')} dagar"
