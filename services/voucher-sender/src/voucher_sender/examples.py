"""One batch's story in examples, for OpenAPI: valid by construction, and made up from beginning to end."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from common.events import FinancialYear
from common.events.voucher_batches import Mode, Policy
from common.events.vouchers import FortnoxLink, Standing
from voucher_sender import problems, views
from voucher_sender.answers import totals
from voucher_sender.findings import NO_ACCOUNT, wrong
from voucher_sender.repository import Outcome, State

BATCH_ID = UUID("6d0f3b1c-94a7-4a52-8f0e-27c5b1d9e384")
CONNECTION_ID = UUID("8a5d2c1e-0f43-4b7e-9a35-6c1f2d7e4b10")
YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
YEAR_ID, LAST_DAY = 4, YEAR.to_date
ASKED_AT = datetime(2026, 2, 16, 9, 12, 2, tzinfo=UTC)
BEGAN = datetime(2026, 2, 16, 9, 12, 4, tzinfo=UTC)
BOOKED_AT = datetime(2026, 2, 16, 9, 12, 7, tzinfo=UTC)
ENDED_AT = datetime(2026, 2, 16, 9, 12, 9, tzinfo=UTC)
MARKERS = ("BKB-7KQM-2XTC-9WHD-4RPN", "BKB-M3VE-K8ZJ-5TQA-WN6C", "BKB-2HXR-9CLD-7YPB-E4GS")

RECEIPT = views.ReceiptView(
    series="I",
    number=12,
    financial_year=YEAR_ID,
    voucher_date=LAST_DAY,
    sent_at=BOOKED_AT - timedelta(seconds=1),
    booked_at=BOOKED_AT,
    approval_state=0,
    awaiting_approval=False,
    rows_hash="f3c1" * 16,
    total=Decimal("48200.00"),
    marker=MARKERS[0],
    differences=(),
    link=FortnoxLink(path=f"/3/vouchers/I/12?financialyear={YEAR_ID}", year=YEAR),
    decided=False,
    batch_id=BATCH_ID,
)
FINDING = wrong(NO_ACCOUNT, "v-2", row=1, account=7833)
DOUBT = views.Uncertain(
    since=BOOKED_AT,
    code=problems.UNCERTAIN_UNSEEN.code,
    swedish=problems.UNCERTAIN_UNSEEN.swedish,
    next_step=problems.UNCERTAIN_UNSEEN.next_step,
    next_try=datetime(2026, 2, 16, 9, 27, 7, tzinfo=UTC),
)
FIRST = views.Entry(
    position=1,
    voucher_id="v-1",
    voucher_date=LAST_DAY,
    total=Decimal("48200.00"),
    passed=True,
    outcome=Outcome.BOOKED,
    marker=MARKERS[0],
    findings=(),
    receipt=RECEIPT,
    standing=Standing.AS_BOOKED,
    uncertain=None,
    found_at=(),
    decision=None,
    corrected_by=views.Correction(
        voucher_id="c51d9d2f-7a53-5f0f-8f3e-6a5a0a4c9be1",
        series="I",
        number=15,
        financial_year=YEAR_ID,
        year=YEAR,
        requested_by="user-1042",
        requested_at=datetime(2026, 3, 2, 8, 4, 11, tzinfo=UTC),
    ),
)
REFUSED = FIRST.model_copy(
    update={
        "position": 2,
        "voucher_id": "v-2",
        "total": Decimal("1250.50"),
        "passed": False,
        "outcome": Outcome.REJECTED,
        "marker": None,
        "findings": (FINDING,),
        "receipt": None,
        "standing": None,
        "corrected_by": None,
    }
)
DOUBTFUL = REFUSED.model_copy(
    update={
        "position": 3,
        "voucher_id": "v-3",
        "passed": True,
        "outcome": None,
        "marker": MARKERS[2],
        "findings": (),
        "uncertain": DOUBT,
    }
)
ENDED = views.BatchState(
    batch_id=BATCH_ID,
    connection_id=CONNECTION_ID,
    mode=Mode.BOOK,
    series="I",
    year=YEAR,
    stage=views.Stage.COMPLETED,
    asked_at=ASKED_AT,
    began_at=BEGAN,
    ended_at=ENDED_AT,
    policy=Policy.BOOK_WHAT_PASSES,
    financial_year=YEAR_ID,
    checked_at=datetime(2026, 2, 16, 9, 12, 6, tzinfo=UTC),
    waiting=None,
    refused=None,
    calls=9,
    vouchers=(FIRST, REFUSED),
)
WAITING = ENDED.model_copy(
    update={
        "stage": views.Stage.AT_WORK,
        "ended_at": None,
        "waiting": views.Waiting(since=BOOKED_AT, code=problems.FORTNOX_AWAY.code, next_try=DOUBT.next_try),
        "vouchers": (FIRST, REFUSED, DOUBTFUL),
    }
)
RECEIPTS = views.BatchReceipts(
    batch_id=BATCH_ID,
    connection_id=CONNECTION_ID,
    mode=Mode.BOOK,
    series="I",
    year=YEAR,
    stage=views.Stage.COMPLETED,
    asked_at=ASKED_AT,
    began_at=BEGAN,
    ended_at=ENDED_AT,
    refused=None,
    company=views.Company(name="Exempelbolaget AB", organisation_number="556677-8899"),
    financial_year=YEAR_ID,
    totals=totals((FIRST, REFUSED)),
    vouchers=(FIRST, REFUSED),
)
PAGE = views.BatchPage(
    batches=(
        views.BatchSummary(
            batch_id=BATCH_ID,
            connection_id=CONNECTION_ID,
            mode=Mode.BOOK,
            series="I",
            year=YEAR,
            stage=views.Stage.COMPLETED,
            asked_at=ASKED_AT,
            began_at=BEGAN,
            ended_at=ENDED_AT,
            counts=views.Counts(vouchers=2, booked=1, already_booked=0, rejected=1, uncertain=0, open=0),
        ),
    ),
    next=None,
)
BOOKED = views.VoucherState(
    voucher_id="v-1",
    batch_id=BATCH_ID,
    state=State.BOOKED,
    outcome=Outcome.BOOKED,
    marker=MARKERS[0],
    findings=(),
    uncertain=None,
    found_at=(),
    receipt=RECEIPT,
    standing=Standing.AS_BOOKED,
    decision=None,
    corrected_by=FIRST.corrected_by,
)
UNCERTAIN = BOOKED.model_copy(
    update={
        "voucher_id": "v-3",
        "state": State.INTENDED,
        "outcome": None,
        "marker": MARKERS[2],
        "uncertain": DOUBT,
        "receipt": None,
        "standing": None,
        "corrected_by": None,
    }
)
