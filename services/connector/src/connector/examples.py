"""One company's story in examples, for OpenAPI: valid by construction, and made up from beginning to end."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from common.events import ConnectionKind, Dataset, FinancialYear, Trouble
from common.events.connections import ConnectionStatus
from common.leases import HandBackRequest, HandedBack, Lease, LeaseRequest, Purpose
from connector import limits, problems
from connector.lookups import problems as lookup_problems
from connector.lookups import years
from connector.lookups.answers import CompanyAnswer, LockedPeriod, Series, VoucherSeries, Year
from connector.views import ConnectionPage, ConnectionSummary, ConnectionView, Health
from connector.wishes import Begun, ConnectRequest, SessionState

CONNECTION_ID = UUID("8a5d2c1e-0f43-4b7e-9a35-6c1f2d7e4b10")
SESSION_ID = UUID("2f6b9d3a-7c15-4e8a-b1d4-93e0a5c8f721")
LEASE_ID = UUID("c4e17b52-3d6f-4f0a-8b29-1e5d7a90c663")
REFERENCE = "uppdrag-4711"
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
YEAR = 3  # Fortnox's id of 2025
ABOUT = {
    "lookup": "locked-period",
    "scope": "settings",
    "what": "uppgiften om låst period",
    "status": 403,
    "code": 2000663,
}
CONNECTED_AT = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
MADE_UP = "made-up-access-token"
SLOT = f"17.4.{LEASE_ID}"

WISH = ConnectRequest(
    reference=REFERENCE,
    origin="https://bokslut.example",
    expected_organisation_number="556677-8899",
    datasets=(Dataset.SIE4, Dataset.CUSTOMER_LEDGER, Dataset.SUPPLIER_LEDGER),
    vouchers=True,
)
FORWARDED = ConnectRequest(
    reference=REFERENCE,
    origin="https://bokslut.example",
    datasets=(Dataset.SIE4,),
    vouchers=True,
    forwardable=True,
    asked_by="Eva Ek, Byrån AB",
    company_name="Exempelbolaget AB",
)
RECONNECTING = WISH.model_copy(update={"connection_id": CONNECTION_ID})
BEGUN = Begun(
    session_id=SESSION_ID,
    connection_id=CONNECTION_ID,
    url="https://connector.example/connect/3q2-7w0VJfT0p1S6u9Zk4eXbYhLrQmNcDgAiOs8KtFE",
    expires_at=datetime(2026, 1, 12, 8, 55, tzinfo=UTC),
)
CONNECTED = SessionState(
    session_id=SESSION_ID,
    connection_id=CONNECTION_ID,
    state="connected",
    expires_at=BEGUN.expires_at,
    forwarded=False,
)
FAILED = CONNECTED.model_copy(update={"state": "failed", "trouble": Trouble.of(problems.NOT_ADMINISTRATOR.error())})
VIEW = ConnectionView(
    connection_id=CONNECTION_ID,
    status=ConnectionStatus.ACTIVE,
    kind=ConnectionKind.SERVICE_ACCOUNT,
    tenant=1234567,
    company_name="Exempelbolaget AB",
    organisation_number="556677-8899",
    reference=REFERENCE,
    scopes=("companyinformation", "bookkeeping", "invoice", "customer", "settings"),
    missing_scopes=("payment",),
    limitations=(Trouble.of(limits.WITHOUT["payment"].error()),),
    connected_at=CONNECTED_AT,
    health=Health(
        last_success=datetime(2026, 1, 14, 7, 2, 11, tzinfo=UTC), last_failure=None, failure=None, days_left=None
    ),
)
PAGE = ConnectionPage(
    connections=(
        ConnectionSummary(
            connection_id=CONNECTION_ID,
            reference=REFERENCE,
            status=ConnectionStatus.ACTIVE,
            kind=ConnectionKind.SERVICE_ACCOUNT,
            tenant=1234567,
            connected_at=CONNECTED_AT,
        ),
    ),
    next=None,
)
COMPANY = CompanyAnswer(tenant=1234567, name="Exempelbolaget AB", organisation_number="556677-8899")
_YEARS = (
    Year(id=YEAR, from_date=FIRST, to_date=LAST, accounting_method="ACCRUAL"),
    Year(id=2, from_date=date(2024, 1, 1), to_date=date(2024, 12, 31), accounting_method="ACCRUAL"),
)
YEARS = years.compared(_YEARS, FinancialYear(from_date=FIRST, to_date=LAST))
OTHER_YEARS = years.compared(_YEARS, FinancialYear(from_date=FIRST, to_date=date(2026, 6, 30)))
SERIES = VoucherSeries(
    series=(
        Series(code="A", description="Redovisning", manual=True, next_number=318, trouble=None),
        Series(
            code="I",
            description="Bokslut",
            manual=False,
            next_number=None,
            trouble=Trouble.of(lookup_problems.NOT_MANUAL.error(series="I", financial_year=YEAR)),
        ),
    ),
    trouble=None,
)
LOCK = LockedPeriod(locked_until=date(2025, 11, 30))
LEASE_WISH = LeaseRequest(
    lease_id=LEASE_ID,
    connection_id=CONNECTION_ID,
    purpose=Purpose.IMPORT,
    calls=4,
)
LEASE = Lease(lease_id=LEASE_ID, access_token=MADE_UP, tenant=1234567, slots=(SLOT,), seconds=60)
WAITING = Lease(lease_id=LEASE_ID, tenant=1234567, slots=(), seconds=0, wait_seconds=1.4)
HANDED_BACK = HandBackRequest(handed_back=(HandedBack(slot=SLOT, answered_ago=0.35),))


def sent(model: Any) -> dict[str, Any]:
    """As a caller would send it: without what is as it is by default."""
    value: dict[str, Any] = model.model_dump(mode="json", exclude_defaults=True)
    return value
