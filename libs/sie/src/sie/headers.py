"""The identification records and where their fields go in `records.Header` (§11)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    is_date: bool = False


HEADERS: dict[str, tuple[Slot, ...]] = {
    "FLAGGA": (Slot("flag"),),
    "PROGRAM": (Slot("program"), Slot("program_version")),
    "FORMAT": (Slot("format"),),
    "GEN": (Slot("generated", is_date=True), Slot("generated_by")),
    "SIETYP": (Slot("kind"),),
    "PROSA": (Slot("comment"),),
    "FTYP": (Slot("company_type"),),
    "FNR": (Slot("company_id"),),
    "ORGNR": (Slot("organisation_number"), Slot("acquisition_number"), Slot("activity_number")),
    "BKOD": (Slot("industry_code"),),
    "ADRESS": (Slot("contact"), Slot("street"), Slot("postal_address"), Slot("telephone")),
    "FNAMN": (Slot("company_name"),),
    "TAXAR": (Slot("tax_year"),),
    "OMFATTN": (Slot("covers_to", is_date=True),),
    "KPTYP": (Slot("chart"),),
    "VALUTA": (Slot("currency"),),
}
