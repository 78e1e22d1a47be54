"""The causes of a difference between a ledger and its accounts, in words."""

from dataclasses import dataclass

from common.events import Dataset, Verdict
from common.events.imports import Explanation, ExplanationPart
from importer.checks.results import SHOWN_PLACES, few, kronor
from importer.ledger.explain import Cause, Explained, Finding
from importer.ledger.explain import Explanation as Found

MOST_PARTS = 100  # of a cause that are told one by one


@dataclass(frozen=True)
class Words:
    """A cause as an accountant reads it: templates over count, amount, effect and places."""

    swedish: str
    english: str
    next_step: str = ""


CAUSES: dict[Cause, Words] = {
    Cause.MANUAL: Words(
        "Manuella verifikationer på reskontrakontot, utan motsvarighet i reskontran: {count} st, {effect} kr"
        " ({places}).",
        "Vouchers made by hand on the ledger account, with nothing in the ledger: {count}, {effect} ({places}).",
        "Boka om verifikationerna eller registrera motsvarande faktura eller betalning i reskontran.",
    ),
    Cause.OTHER_AMOUNT: Words(
        "Bokfört med annat belopp än i reskontran: {count} st, {effect} kr ({places}).",
        "Booked with another amount than in the ledger: {count}, {effect} ({places}).",
        "Jämför fakturan eller betalningen med dess verifikation och rätta den som är fel.",
    ),
    Cause.OTHER_ACCOUNT: Words(
        "Bokfört på ett annat konto än reskontrakontot: {count} st, {effect} kr ({places}).",
        "Booked on an account other than the ledger account: {count}, {effect} ({places}).",
        "Boka om beloppet till reskontrakontot.",
    ),
    Cause.RELATED_ACCOUNT: Words(
        "Bokfört på ett närliggande konto, till exempel osäkra fordringar (1519): {count} st, {effect} kr ({places}).",
        "Booked on an account beside it, such as doubtful debts (1519): {count}, {effect} ({places}).",
        "Stäm av det närliggande kontot tillsammans med reskontrakontot.",
    ),
    Cause.OTHER_YEAR: Words(
        "Bokfört i ett annat räkenskapsår än fakturadatumet: {count} st, {effect} kr ({places}).",
        "Booked in another financial year than the invoice's date: {count}, {effect} ({places}).",
        "Kontrollera vilket räkenskapsår fakturan hör till och periodisera vid behov.",
    ),
    Cause.OTHER_DAY: Words(
        "Bokfört på andra sidan balansdagen: {count} st, {effect} kr ({places}).",
        "Booked on the other side of the closing date: {count}, {effect} ({places}).",
        "Jämför datumet i reskontran med verifikationens datum.",
    ),
    Cause.NO_VOUCHER: Words(
        "Bokförda fakturor vars verifikation saknas i bokföringen: {count} st, {effect} kr ({places}).",
        "Invoices said to be booked whose voucher is not in the books: {count}, {effect} ({places}).",
        "Kontrollera om verifikationen har tagits bort och bokför fakturan på nytt.",
    ),
    Cause.PAYMENT_NOT_BOOKED: Words(
        "Betalningar i reskontran utan bokföring på reskontrakontot: {count} st, {effect} kr ({places}).",
        "Payments in the ledger that are not booked on the ledger account: {count}, {effect} ({places}).",
        "Bokför betalningarna eller ta bort dem ur reskontran.",
    ),
    Cause.PAYMENT_BEFORE_INVOICE: Words(
        "Betalningar daterade före sin faktura: {count} st, {effect} kr ({places}).",
        "Payments dated before their invoices: {count}, {effect} ({places}).",
        "Kontrollera datumen; förskott från kund bokförs på konto 2420 till dess att fakturan finns.",
    ),
    Cause.UNBOOKED_INVOICE: Words(
        "Ej bokförda fakturor till och med balansdagen: {count} st, {amount} kr ({places}).",
        "Invoices up to the closing date that are not booked: {count}, {amount} ({places}).",
        "Bokför fakturorna i Fortnox eller makulera dem, och hämta igen.",
    ),
    Cause.EDITED: Words(
        "Ändrade verifikationer (strukna eller tillagda rader): {count} st, {effect} kr ({places}).",
        "Vouchers edited afterwards (rows struck or added): {count}, {effect} ({places}).",
        "Jämför verifikationen med fakturan eller betalningen som den hör till.",
    ),
    Cause.OPENING: Words(
        "Skillnaden fanns redan i ingående balans: {effect} kr.",
        "The difference stood already in the opening balance: {effect}.",
        "Stäm av reskontran mot ingående balans. Har bokföring gjorts i föregående år efteråt, välj i Fortnox"
        " ”Överför balanser från föregående år”.",
    ),
    Cause.FORMER_SYSTEM: Words(
        "Obetalda poster från ett tidigare system som saknas i ingående balans: {count} st, {effect} kr ({places}).",
        "Unpaid items from a former system that are not in the opening balance: {count}, {effect} ({places}).",
        "Jämför de inlagda posterna med ingående balans på reskontrakontot.",
    ),
    Cause.REVALUATION: Words(
        "Valutaomvärdering på reskontrakontot: {count} st, {effect} kr ({places}).",
        "Revaluation of currency on the ledger account: {count}, {effect} ({places}).",
        "Reskontran visar posterna till bokförd kurs; omvärderingen ska återföras nästa år.",
    ),
    Cause.ROUNDING: Words(
        "Öresavrundning: {count} st, {effect} kr ({places}).",
        "Rounding: {count}, {effect} ({places}).",
    ),
    Cause.NOT_CARRIED: Words(
        "Ej årsomförda fakturor (kontantmetoden): {count} st, {effect} kr, varav moms {vat} kr ({places}).",
        "Invoices not carried over at year end (cash method): {count}, {effect}, of which VAT {vat} ({places}).",
        "Kör ”Årsomför” i Fortnox för de obetalda fakturorna vid bokslutet, och hämta igen.",
    ),
    Cause.BOOKED_WHEN_PAID: Words(
        "Obetalda fakturor som bokförs först när de betalas (kontantmetoden): {count} st, {effect} kr, varav moms"
        " {vat} kr ({places}).",
        "Unpaid invoices that are booked when they are paid (cash method): {count}, {effect}, of which VAT {vat}"
        " ({places}).",
    ),
}


def told(dataset: Dataset, found: Found) -> tuple[Explanation, ...]:
    """The causes of a ledger's difference, largest first."""
    return tuple(_told(dataset, one) for one in found.causes)


def _told(dataset: Dataset, explained: Explained) -> Explanation:
    words = CAUSES[explained.cause]
    places = list(dict.fromkeys(map(_place, explained.findings)))
    numbers = {
        "count": len(explained.findings),
        "amount": kronor(explained.amount),
        "effect": kronor(explained.effect),
        "vat": "okänd" if explained.vat is None else kronor(explained.vat),
        "places": few(places),
    }
    english = {**numbers, "vat": "unknown" if explained.vat is None else numbers["vat"]}
    return Explanation(
        code=f"{dataset.value.replace('_', '-')}.difference.{explained.cause}",
        verdict=Verdict.WARNING,
        swedish=words.swedish.format(**numbers),
        english=words.english.format(**english),
        next_step=words.next_step,
        count=len(explained.findings),
        amount=explained.amount,
        places=tuple(places[:SHOWN_PLACES]),
        effect=explained.effect,
        vat=explained.vat,
        parts=tuple(map(_part, explained.findings[:MOST_PARTS])),
    )


def _part(one: Finding) -> ExplanationPart:
    return ExplanationPart(
        voucher=one.voucher,
        invoice=one.invoice,
        payment=one.payment,
        day=one.on,
        account=one.account,
        effect=one.effect,
        amount=one.concerned,
    )


def _place(one: Finding) -> str:
    """Where to look, for a person: the voucher, and the invoice if there is one."""
    names = [one.voucher and f"verifikation {one.voucher}", one.invoice and f"faktura {one.invoice}"]
    return ", ".join(filter(None, names)) or (f"{one.on}" if one.on else "")
