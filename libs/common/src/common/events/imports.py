"""What the importer tells about an import; the data themselves are in `import_data`."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.events.envelope import EventData
from common.events.import_requests import Dataset
from common.events.topics import IMPORTS
from common.events.types import Amount, FinancialYear, Model, Timestamp, Trouble


class Verdict(StrEnum):
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"


class Check(Model):
    """One check's result, with numbers and place."""

    code: str
    verdict: Verdict
    swedish: str
    english: str
    next_step: str = ""
    count: int = 0
    """How many places it concerns."""
    amount: Amount | None = None
    """By how much, where that is an amount."""
    places: tuple[str, ...] = ()
    """The first of them, such as `A 12` for a voucher or `1510` for an account."""


class ImportEvent(EventData):
    TOPIC = IMPORTS

    import_id: UUID

    @property
    def business_key(self) -> str:
        return str(self.import_id)


class ImportStarted(ImportEvent):
    """An importer has begun."""

    TYPE = "import.started"

    datasets: tuple[Dataset, ...]
    financial_year: FinancialYear
    closing_date: date


class ImportProgressed(ImportEvent):
    """How far it has come: at most twice a second, at least every five seconds, never backwards, ending at 100."""

    TYPE = "import.progressed"

    step: str
    percent: int = Field(ge=0, le=100)
    calls_left: int | None = None
    seconds_left: int | None = None
    swedish: str
    """A line that can be shown as it is."""


class ImportWaiting(ImportEvent):
    """It waits for something that somebody else must do or that passes; it goes on by itself."""

    TYPE = "import.waiting"

    trouble: Trouble
    next_try: Timestamp | None = None
    gives_up_at: Timestamp | None = None


class ExplanationPart(Model):
    """A voucher, invoice or payment that makes ledger and account differ."""

    voucher: str | None = None
    invoice: str | None = None
    """Several in one voucher are told as a list."""
    payment: str | None = None
    day: date | None = None
    account: str | None = None
    """Where it was booked instead, or against."""
    effect: Amount
    """Its share of the difference."""
    amount: Amount
    """What it is about, where that isn't its share."""


class Explanation(Check):
    """A cause of the difference; all their effects and what is unexplained add up to it."""

    effect: Amount
    """Its share of the difference, with the difference's sign. Zero where it only stands beside the ledger."""
    vat: Amount | None = None
    """The VAT in it, of the parts of which it is known."""
    parts: tuple[ExplanationPart, ...] = ()
    """The first of them, largest first; `count` tells how many there are."""


class Reconciliation(Model):
    """A ledger's total against its accounts in the books, both at the closing date."""

    accounts: tuple[int, ...]
    ledger_total: Amount
    account_balance: Amount
    """In the ledger's own sense: what customers owe us, or what we owe suppliers, is positive."""
    difference: Amount
    """ledger_total − account_balance; shown even when zero."""
    explanations: tuple[Explanation, ...] = ()
    """The causes, the one with the largest effect first."""
    unexplained: Amount = Decimal(0)
    """What is left of the difference when the explanations are taken away."""
    first_day: date | None = None
    """The first day on which ledger and account part ways; the year's first where they did so before it."""


class PartSummary(Model):
    """One part of a dataset, such as the vouchers of the SIE4 file."""

    chunks: int
    rows: int


class DatasetSummary(Model):
    """What a complete dataset consists of; a reader that has less has nothing."""

    dataset: str
    """One of the requested datasets, or `checks`."""
    chunks: int
    rows: int
    """For sie4 the number of #TRANS rows, for a ledger its open items, for checks their number."""
    chunk_hashes: tuple[str, ...]
    """SHA-256 of each chunk record's value, in the order of their numbers."""
    control_totals: dict[str, int] = {}
    """In öre."""
    parts: dict[str, PartSummary] = {}
    accounts: int | None = None
    vouchers: int | None = None
    reconciliation: Reconciliation | None = None


class ImportCompleted(ImportEvent):
    """All data of the snapshot are on the topic of import data. A reader takes this snapshot and no other."""

    TYPE = "import.completed"

    snapshot_id: UUID
    datasets: tuple[DatasetSummary, ...]
    checks: tuple[Check, ...]
    closing_date: date
    financial_year: FinancialYear
    fortnox_financial_year: int
    company_name: str = Field(default="", repr=False)
    sie_sha256: str | None = None
    read_from: Timestamp
    read_to: Timestamp
    """No change was seen between these; deletions leave no trace in Fortnox."""
    books_moved: tuple[str, ...] = ()
    """What changed while it was read."""
    calls: int
    """Fortnox calls used."""
    calls_planned: int | None = None
    """The fewest that give the answer, as worked out when the lists had told how long they are."""
    joined: UUID | None = None
    """The import that was under way when this one was asked for: this one has its data, and made no calls."""
    seconds: float


class ImportFailed(ImportEvent):
    """It came to an end without a result."""

    TYPE = "import.failed"

    trouble: Trouble


class ImportCancelled(ImportEvent):
    """It was stopped as asked, or because a later request gives all that it would have given."""

    TYPE = "import.cancelled"

    superseded_by: UUID | None = None
    """The import that was asked for later and runs instead."""


class ImportRefused(ImportEvent):
    """The request can't be carried out as it stands, such as for another company or year than Fortnox has."""

    TYPE = "import.refused"

    trouble: Trouble
