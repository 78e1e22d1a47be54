"""Commands to the importer, from the product."""

from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from common.events.envelope import EventData
from common.events.topics import IMPORT_REQUESTS
from common.events.types import FinancialYear


class Dataset(StrEnum):
    """What an import can fetch."""

    SIE4 = "sie4"
    CUSTOMER_LEDGER = "customer_ledger"
    SUPPLIER_LEDGER = "supplier_ledger"


class ImportRequested(EventData):
    """Fetch a year's books and ledgers. `import_id` is the product's own and never reused.

    While another import of the same connection and year is under way: a request that asks for nothing that the other
    doesn't (the same closing date, no other datasets) **joins** it. When that one has ended, it gets the same data
    under its own `import_id` and without a call to Fortnox; it runs by itself if the other came to nothing. One that
    asks for all the other's datasets, and for another closing date or more, **supersedes** it: the other ends with
    `import.cancelled`, which names it. Any other waits for its turn. Each `import_id` gets an end of its own.
    """

    TYPE = "import.requested"
    TOPIC = IMPORT_REQUESTS

    import_id: UUID
    financial_year: FinancialYear
    """The year that the product works in; Fortnox must have the same."""
    closing_date: date | None = None
    """The day as of which the ledgers are wanted; the year's last day where it is left out."""
    datasets: tuple[Dataset, ...] = Field(default=tuple(Dataset), min_length=1)
    expected_organisation_number: str | None = Field(default=None, repr=False)
    """Compared with the company's own, digits only. A sole trader's is a personal number: never logged."""

    @model_validator(mode="after")
    def _closing_date_in_year(self) -> Self:
        if self.closing_date is not None and self.closing_date not in self.financial_year:
            msg = "closing_date lies outside financial_year"
            raise ValueError(msg)
        return self

    @property
    def business_key(self) -> str:
        return str(self.import_id)

    @property
    def ledger_date(self) -> date:
        """The day as of which the ledgers are built."""
        return self.closing_date or self.financial_year.to_date


class ImportCancelRequested(EventData):
    """Stop an import; one that arrives before its request is remembered."""

    TYPE = "import.cancel_requested"
    TOPIC = IMPORT_REQUESTS

    import_id: UUID

    @property
    def business_key(self) -> str:
        """With the connection: what another one says of this import takes nothing away from it."""
        return f"{self.connection_id}:{self.import_id}"


class ImportResendRequested(EventData):
    """Publish the stored result of an import again, as a new snapshot."""

    TYPE = "import.resend_requested"
    TOPIC = IMPORT_REQUESTS

    import_id: UUID
