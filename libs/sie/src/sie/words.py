"""The words in which files and comparisons are told to a person, in Swedish and English."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from sie.findings import money as formatted

Language = Literal["sv", "en"]
SHOWN = 20
"""How many problems, findings or changes of a kind are listed."""

_WORDS: dict[str, tuple[str, str]] = {
    "company": ("Företag", "Company"),
    "year": ("Räkenskapsår", "Financial year"),
    "unknown": ("okänt", "unknown"),
    "file": ("Fil", "File"),
    "type": ("SIE typ {kind}, {program}, {encoding}", "SIE type {kind}, {program}, {encoding}"),
    "accounts": ("Konton", "Accounts"),
    "vouchers": ("Verifikationer", "Vouchers"),
    "rows": ("{vouchers} med {rows} rader", "{vouchers} with {rows} rows"),
    "beside": (", därtill {struck} strukna och {added} tillagda", ", and {struck} struck and {added} added"),
    "turnover": ("Omslutning", "Turnover"),
    "debit-credit": ("debet {debit}, kredit {credit}", "debit {debit}, credit {credit}"),
    "balance": ("Balans", "Balance"),
    "assets-equity": ("tillgångar {assets}, eget kapital och skulder {equity}",
                      "assets {assets}, equity and liabilities {equity}"),
    "result": ("Resultat", "Result"),
    "checksum": ("Kontrollsumma", "Checksum"),
    "right": ("stämmer", "right"),
    "wrong": ("stämmer inte", "wrong"),
    "truncated": ("saknas i slutet: filen är ofullständig", "missing at the end: the file is cut off"),
    "unverified": ("kunde inte kontrolleras", "could not be verified"),
    "verdict": ("Kontroller", "Checks"),
    "sound": ("inga anmärkningar", "nothing to remark"),
    "errors": ("{count} fel", "{count} errors"), "1-errors": ("1 fel", "1 error"),
    "warnings": ("{count} varningar", "{count} warnings"), "1-warnings": ("1 varning", "1 warning"),
    "notes": ("{count} upplysningar", "{count} notes"), "1-notes": ("1 upplysning", "1 note"),
    "problems": ("Filen", "The file"),
    "findings": ("Bokföringen", "The books"),
    "line": ("rad {line}", "line {line}"),
    "more": ("… och {count} till", "… and {count} more"),
    "and-more": ("och {count} till", "and {count} more"),
    "error": ("fel", "error"),
    "warning": ("varning", "warning"),
    "note": ("upplysning", "note"),
    "alike": ("Filerna innehåller samma bokföring.", "The files hold the same books."),
    "other-company": ("Filerna gäller olika företag.", "The files are of different companies."),
    "other-year": ("Filerna gäller olika räkenskapsår.", "The files are of different financial years."),
    "changed-header": ("Ändrade uppgifter", "Changed particulars"),
    "changed-years": ("Ändrade räkenskapsår", "Changed financial years"),
    "changed-objects": ("Ändrade dimensioner och objekt", "Changed dimensions and objects"),
    "quantity": ("kvantitet", "quantity"),
    "kind": ("SIE-typ", "SIE type"), "comment": ("kommentar", "comment"),
    "company_type": ("företagsform", "company type"),
    "company_id": ("företagets nummer i programmet", "the program's number of the company"),
    "organisation_number": ("organisationsnummer", "organisation number"),
    "acquisition_number": ("förvärvsnummer", "acquisition number"),
    "activity_number": ("verksamhetsnummer", "activity number"), "industry_code": ("SNI-kod", "SNI code"),
    "contact": ("kontaktperson", "contact"), "street": ("utdelningsadress", "street"),
    "postal_address": ("postadress", "postal address"), "telephone": ("telefon", "telephone"),
    "company_name": ("företagsnamn", "company name"), "tax_year": ("taxeringsår", "tax year"),
    "covers_to": ("balanserna gäller till och med", "the balances cover up to"),
    "chart": ("kontoplanstyp", "chart of accounts"), "currency": ("valuta", "currency"),
    "rows-gone": ("borttagna", "gone"), "rows-new": ("nya", "new"),
    "new-vouchers": ("Nya verifikationer", "New vouchers"),
    "changed-vouchers": ("Ändrade verifikationer", "Changed vouchers"),
    "gone-vouchers": ("Verifikationer som har försvunnit", "Vouchers that are gone"),
    "new-accounts": ("Nya konton", "New accounts"),
    "changed-accounts": ("Ändrade konton", "Changed accounts"),
    "gone-accounts": ("Konton som har försvunnit", "Accounts that are gone"),
    "moved-balances": ("Ändrade saldon", "Balances that moved"),
    "date": ("datum", "date"), "text": ("text", "text"), "registered": ("registreringsdatum", "registration date"),
    "signature": ("signatur", "signature"), "struck": ("strukna rader", "struck rows"),
    "added": ("tillagda rader", "added rows"), "changed-rows": ("rader", "rows"), "name": ("namn", "name"),
    "account-type": ("kontotyp", "type"), "unit": ("enhet", "unit"), "sru": ("SRU-kod", "SRU code"),
}  # fmt: skip


class Words:
    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = 0 if language == "sv" else 1

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._at].format(**values)

    def money(self, amount: Decimal) -> str:
        return formatted(amount, self.language)

    def count(self, number: int) -> str:
        text = f"{number:,}"
        return text.replace(",", "\N{NO-BREAK SPACE}") if self.language == "sv" else text


def group(title: str, lines: Sequence[str], words: Words) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  {words('more', count=words.count(len(lines) - SHOWN))}"


def line(label: str, value: str) -> str:
    return f"{label + ':':<16}{value}"
