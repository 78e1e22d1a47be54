"""From what was read to what is told: the ledgers as of the closing date, reconciled, and all checks."""

from collections.abc import Sequence

from common.events import Check, Dataset, ImportRequested
from importer import checks
from importer.fetch.everything import Fetched
from importer.ledger import ageing
from importer.result import Ledger, Result


def conclude(request: ImportRequested, fetched: Fetched, edges: Sequence[int] = ageing.EDGES) -> Result:
    """The result, a function of what was asked for and read; `edges` are the ageing buckets' last days."""
    ledgers = [one.ledger(fetched.references) for one in fetched.assessments(request.ledger_date, edges)]
    return Result(
        company=fetched.company,
        closing_date=request.ledger_date,
        datasets=request.datasets,
        sie_sha256=fetched.document.sha256,
        ledgers=tuple(ledgers),
        ageing_edges=tuple(edges),
        checks=_checks(request, fetched, ledgers),
        read_from=fetched.read_from,
        read_to=fetched.read_to,
        books_moved=fetched.books_moved,
        calls=fetched.calls,
        calls_planned=fetched.calls_planned,
    )


def _checks(request: ImportRequested, fetched: Fetched, ledgers: list[Ledger]) -> tuple[Check, ...]:
    found = [*checks.of_identity(request, fetched.company, fetched.document), *checks.of_moment(fetched.books_moved)]
    if Dataset.SIE4 in request.datasets:
        found += checks.of_books(fetched.document)
    for ledger in ledgers:
        found += checks.of_ledger(ledger, fetched.sources[ledger.dataset])
    return tuple(found)
