"""Whether a ledger agrees with the books, and what stands beside it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from common.events import Check, Dataset, Verdict
from common.events.imports import Reconciliation
from importer.checks.results import Rule, Texts, kronor
from importer.fetch.invoices import Sources
from importer.result import Ledger

NAMES = {
    Dataset.CUSTOMER_LEDGER: ("kundreskontran", "customer ledger"),
    Dataset.SUPPLIER_LEDGER: ("leverantörsreskontran", "supplier ledger"),
}


def of_ledger(ledger: Ledger, sources: Sources) -> Iterator[Check]:
    """Reconciliation first, then what is not part of the ledger but explains differences."""
    rules = _Rules(ledger.dataset)
    yield rules.reconciled(ledger.reconciliation)
    yield rules.unbooked_invoices(sources)
    yield rules.unbooked_payments(ledger)
    if sources.undated_payments:
        yield rules.undated.found(Verdict.WARNING, sources.undated_payments)


class _Rules:
    """The rules of one ledger, under its name."""

    def __init__(self, dataset: Dataset) -> None:
        swedish, english = NAMES[dataset]
        code = dataset.value.replace("_", "-")
        self._reconciliation = Rule(
            f"{code}.reconciliation",
            Texts(
                f"{swedish.capitalize()} stämmer med konto {{accounts}}: {{total}} kr.",
                f"The {english} agrees with account {{accounts}}: {{total}}.",
            ),
            Texts(
                f"{swedish.capitalize()} är {{total}} kr men konto {{accounts}} {{balance}} kr."
                " Skillnaden är {amount} kr.",
                f"The {english} is {{total}}, account {{accounts}} is {{balance}}: a difference of {{amount}}.",
            ),
            "Jämför reskontralistan med kontots verifikationer och utred skillnaden.",
        )
        self._unbooked_invoices = Rule(
            f"{code}.unbooked-invoices",
            Texts(
                f"Alla fakturor i {swedish} till och med balansdagen är bokförda.",
                f"All invoices of the {english} up to the date are booked.",
            ),
            Texts(
                f"Ej bokförda fakturor i {swedish} till och med balansdagen: {{count}} st, {{amount}} kr ({{places}}).",
                f"Invoices of the {english} up to the date that are not booked: {{count}}, {{amount}} ({{places}}).",
            ),
            "Bokför fakturorna i Fortnox eller makulera dem, och hämta igen.",
        )
        self._unbooked_payments = Rule(
            f"{code}.unbooked-payments",
            Texts(f"Inga obokförda betalningar i {swedish}.", f"No unbooked payments in the {english}."),
            Texts(
                f"Ej bokförda betalningar i {swedish}, som inte räknas: {{count}} st, {{amount}} kr ({{places}}).",
                f"Payments of the {english} that are not booked, and do not count: {{count}}, {{amount}} ({{places}}).",
            ),
            "Bokför betalningarna i Fortnox och hämta igen.",
        )
        self.undated = Rule(
            f"{code}.undated-payments",
            Texts(f"Alla betalningar i {swedish} har datum.", f"All payments of the {english} are dated."),
            Texts(
                f"Betalningar i {swedish} utan datum, som räknas från fakturadatum: {{count}} st ({{places}}).",
                f"Payments of the {english} without a date, which count from the invoice date: {{count}} ({{places}}).",
            ),
            "Kontrollera betalningarna i Fortnox.",
        )

    def reconciled(self, reconciliation: Reconciliation) -> Check:
        numbers: dict[str, Any] = {
            "accounts": ", ".join(map(str, reconciliation.accounts)),
            "total": kronor(reconciliation.ledger_total),
            "balance": kronor(reconciliation.account_balance),
        }
        if reconciliation.difference == 0:
            return self._reconciliation.passed(**numbers)
        accounts = [str(account) for account in reconciliation.accounts]
        return self._reconciliation.found(Verdict.WARNING, accounts, amount=reconciliation.difference, **numbers)

    def unbooked_invoices(self, sources: Sources) -> Check:
        found = sources.unbooked_invoices
        if not found:
            return self._unbooked_invoices.passed()
        amount = sum((invoice.in_sek(invoice.total) for invoice in found), Decimal(0))
        return self._unbooked_invoices.found(Verdict.WARNING, [one.number for one in found], amount=amount)

    def unbooked_payments(self, ledger: Ledger) -> Check:
        found = ledger.unbooked_payments
        if not found:
            return self._unbooked_payments.passed()
        amount = sum((payment.amount for payment in found), Decimal(0))
        places = [f"{payment.number} på faktura {payment.invoice}" for payment in found]
        return self._unbooked_payments.found(Verdict.WARNING, places, amount=amount)
