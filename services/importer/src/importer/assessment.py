"""One ledger: its open items as of the closing date, held against the books, and why they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import sie
from common.events.import_data import OpenItem
from common.events.imports import Reconciliation
from importer.checks import causes
from importer.fetch.books import Company
from importer.fetch.invoices import Sources
from importer.fetch.sides import Side
from importer.ledger import ageing, vat
from importer.ledger.accounts import shown_by_vouchers
from importer.ledger.as_of import open_items
from importer.ledger.beside import unbooked_payments
from importer.ledger.details import Details, merged
from importer.ledger.explain import Case, Reference, explain, series_to_read
from importer.ledger.later import dated_after
from importer.ledger.model import VoucherName
from importer.ledger.reconcile import reconcile
from importer.result import Ledger


@dataclass(frozen=True)
class Assessment:
    """What a ledger is worked out from, and what follows."""

    side: Side[Any]
    sources: Sources
    company: Company
    document: sie.Document
    presets: Mapping[str, int]
    closing_date: date
    edges: Sequence[int] = ageing.EDGES

    @cached_property
    def details(self) -> dict[str, Details]:
        in_vouchers = vat.of_vouchers(self.document, self.company.year_id, self.sources.listed, sign=self.side.sign)
        return merged(in_vouchers, self.sources.details)

    @cached_property
    def items(self) -> list[OpenItem]:
        return open_items(
            self.sources.invoices,
            self.sources.settlements,
            self.closing_date,
            cash_method=self.company.uses_cash_method,
            details=self.details,
            edges=self.edges,
        )

    @cached_property
    def reconciliation(self) -> Reconciliation:
        preset = self.side.accounts(self.presets)
        accounts = shown_by_vouchers(
            self.document, self.company.year_id, self.sources.listed, preset, sign=self.side.sign
        )
        return reconcile(self.items, self.document, accounts, self.closing_date, sign=self.side.sign)

    @property
    def series_to_read(self) -> tuple[str, ...]:
        """The voucher series whose lists are needed to tell why ledger and accounts differ."""
        return series_to_read(self._case({}), self.reconciliation.difference)

    def ledger(self, references: Mapping[VoucherName, Reference]) -> Ledger:
        """All that is told of the ledger; `references` are what those lists say."""
        found = explain(self._case(references), self.reconciliation.difference)
        explained = {
            "explanations": causes.told(self.side.dataset, found),
            "unexplained": found.unexplained,
            "first_day": found.first_day,
        }
        return Ledger(
            dataset=self.side.dataset,
            items=tuple(self.items),
            reconciliation=self.reconciliation.model_copy(update=explained),
            unbooked_payments=unbooked_payments(self.sources.payments, self.closing_date),
            later=dated_after(self.sources.listed, self.closing_date),
        )

    def _case(self, references: Mapping[VoucherName, Reference]) -> Case:
        return Case(
            document=self.document,
            year=self.company.year_id,
            closing_date=self.closing_date,
            accounts=self.reconciliation.accounts,
            sign=self.side.sign,
            cash_method=self.company.uses_cash_method,
            invoices=self.sources.listed,
            settlements=self.sources.settlements,
            payments=self.sources.payments,
            payments_from=self.sources.payments_from,
            remaining={item.number: item.remaining for item in self.items},
            details=self.details,
            references=references,
        )
