"""One import's story in examples, for OpenAPI: valid by construction, and made up from beginning to end."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from common.events import Check, Dataset, FinancialYear, ImportCompleted, Trouble, Verdict
from common.events.imports import DatasetSummary, Explanation, ExplanationPart, Reconciliation
from importer import problems, views

IMPORT_ID = UUID("3b7e1f60-52c8-4d0b-9f11-7a6d2c84e905")
CONNECTION_ID = UUID("8a5d2c1e-0f43-4b7e-9a35-6c1f2d7e4b10")
YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
ASKED = datetime(2026, 2, 16, 9, 12, 4, tzinfo=UTC)
READ_FROM = datetime(2026, 2, 16, 9, 12, 5, tzinfo=UTC)
READ_TO = datetime(2026, 2, 16, 9, 12, 12, tzinfo=UTC)
ENDED = datetime(2026, 2, 16, 9, 12, 15, tzinfo=UTC)
SIE_SHA256 = "9c1e" * 16

CHECK = Check(
    code="books.vouchers-balance",
    verdict=Verdict.PASSED,
    swedish="Alla verifikationer balanserar.",
    english="All vouchers balance.",
)
EXPLANATION = Explanation(
    code="customer-ledger.difference.manual",
    verdict=Verdict.WARNING,
    swedish="Manuella verifikationer på reskontrakontot, utan motsvarighet i reskontran: 1 st, −1 250,00 kr (A 17).",
    english="Vouchers made by hand on the ledger account, with nothing in the ledger: 1, −1 250,00 (A 17).",
    next_step="Boka om verifikationerna eller registrera motsvarande faktura eller betalning i reskontran.",
    count=1,
    amount=Decimal("1250.00"),
    places=("verifikation A 17",),
    effect=Decimal("-1250.00"),
    parts=(
        ExplanationPart(
            voucher="A 17",
            day=date(2025, 11, 3),
            account="1510",
            effect=Decimal("-1250.00"),
            amount=Decimal("1250.00"),
        ),
    ),
)
RECONCILIATION = Reconciliation(
    accounts=(1510,),
    ledger_total=Decimal("48200.00"),
    account_balance=Decimal("49450.00"),
    difference=Decimal("-1250.00"),
    explanations=(EXPLANATION,),
    unexplained=Decimal("0.00"),
    first_day=date(2025, 11, 3),
)
DONE = ImportCompleted(
    connection_id=CONNECTION_ID,
    import_id=IMPORT_ID,
    snapshot_id=UUID("c58c3a37-8a4e-4e53-a5f0-0c7d1be2f6aa"),
    datasets=(
        DatasetSummary(
            dataset=Dataset.CUSTOMER_LEDGER,
            chunks=1,
            rows=12,
            chunk_hashes=("ab12" * 16,),
            control_totals={"total_sek": 4_820_000},
            reconciliation=RECONCILIATION,
        ),
        DatasetSummary(dataset="checks", chunks=1, rows=1, chunk_hashes=("cd34" * 16,)),
    ),
    checks=(CHECK,),
    closing_date=YEAR.to_date,
    financial_year=YEAR,
    fortnox_financial_year=4,
    company_name="Exempelbolaget AB",
    sie_sha256=SIE_SHA256,
    read_from=READ_FROM,
    read_to=READ_TO,
    calls=14,
    calls_planned=14,
    seconds=8.2,
)
COMPLETED = views.ImportState(
    import_id=IMPORT_ID,
    connection_id=CONNECTION_ID,
    datasets=(Dataset.CUSTOMER_LEDGER,),
    financial_year=YEAR,
    closing_date=YEAR.to_date,
    status="completed",
    percent=100,
    line="Importen är klar (100 %)",
    trouble=None,
    requested_at=ASKED,
    ended_at=ENDED,
    joins=None,
    superseded_by=None,
    kept_until=datetime(2026, 3, 18, 9, 12, 15, tzinfo=UTC),
    checks=DONE.checks,
    completed=DONE,
)
WAITING = COMPLETED.model_copy(
    update={
        "status": "waiting",
        "percent": 40,
        "line": "Hämtar från Fortnox: 8 anrop kvar, strax klart (40 %)",
        "trouble": Trouble.of(problems.FORTNOX_AWAY.error(reason="503")),
        "ended_at": None,
        "kept_until": None,
        "checks": (),
        "completed": None,
    }
)
CHECKS = views.ImportChecks(
    import_id=IMPORT_ID,
    company_name="Exempelbolaget AB",
    financial_year=YEAR,
    closing_date=YEAR.to_date,
    read_from=READ_FROM,
    read_to=READ_TO,
    books_moved=(),
    checks=(CHECK,),
    ledgers=(views.LedgerChecks(dataset=Dataset.CUSTOMER_LEDGER, open_items=12, reconciliation=RECONCILIATION),),
)
