"""From what was read to what is told: the ledgers as of the closing date, reconciled, and all checks."""

from collections.abc import Sequence
from typing import Any

from common.events import Check, Dataset, ImportRequested
from importer import checks
from importer.fetch.everything import Fetched
from importer.fetch.sides import SIDES, Side
from importer.ledger import ageing, vat
from importer.ledger.as_of import open_items
from importer.ledger.beside import unbooked_payments
from importer.ledger.details import merged
from importer.ledger.reconcile import reconcile
from importer.result import Ledger, Result


def conclude(request: ImportRequested, fetched: Fetched, edges: Sequence[int] = ageing.EDGES) -> Result:
    """The result, a function of what was asked for and read; `edges` are the ageing buckets' last days."""
    ledgers = [_ledger(request, fetched, side, edges) for side in SIDES if side.dataset in fetched.sources]
    return Result(
        company=fetched.company,
        closing_date=request.ledger_date,
        datasets=request.datasets,
        sie_sha256=fetched.document.sha256,
        ledgers=tuple(ledgers),
        checks=_checks(request, fetched, ledgers),
        read_from=fetched.read_from,
        read_to=fetched.read_to,
        books_moved=fetched.books_moved,
        calls=fetched.calls,
        calls_planned=fetched.calls_planned,
    )


def _ledger(request: ImportRequested, fetched: Fetched, side: Side[Any], edges: Sequence[int]) -> Ledger:
    sources = fetched.sources[side.dataset]
    in_vouchers = vat.of_vouchers(fetched.document, fetched.company.year_id, sources.listed, sign=side.sign)
    items = open_items(
        sources.invoices,
        sources.settlements,
        request.ledger_date,
        cash_method=fetched.company.uses_cash_method,
        details=merged(in_vouchers, sources.details),
        edges=edges,
    )
    reconciliation = reconcile(
        items, fetched.document, side.accounts(fetched.presets), request.ledger_date, sign=side.sign
    )
    return Ledger(
        dataset=side.dataset,
        items=tuple(items),
        reconciliation=reconciliation,
        unbooked_payments=unbooked_payments(sources.payments, request.ledger_date),
    )


def _checks(request: ImportRequested, fetched: Fetched, ledgers: list[Ledger]) -> tuple[Check, ...]:
    found = [*checks.of_identity(request, fetched.company, fetched.document), *checks.of_moment(fetched.books_moved)]
    if Dataset.SIE4 in request.datasets:
        found += checks.of_books(fetched.document)
    for ledger in ledgers:
        found += checks.of_ledger(ledger, fetched.sources[ledger.dataset])
    return tuple(found)
