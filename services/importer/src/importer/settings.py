"""What the importer needs to be told."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, PositiveFloat, PositiveInt

from common.settings import ConnectorClientSettings
from importer.ledger.ageing import EDGES


def rising(edges: tuple[int, ...]) -> tuple[int, ...]:
    if not edges or list(edges) != sorted(set(edges)):
        msg = "the ageing buckets' last days must rise"
        raise ValueError(msg)
    return edges


class ImporterSettings(ConnectorClientSettings):
    """The importer's settings, beside those of every service that calls Fortnox."""

    give_up_after_hours: PositiveFloat = 72
    """How long an import waits for a new consent, or for Fortnox or the connector to come back."""
    keep_results_days: PositiveFloat = 30
    """How long an import's SIE file and result are kept after they were last used."""
    forget_with_connection: bool = False
    """Whether they go at once when the product removes the connection."""

    ageing_edges: Annotated[tuple[PositiveInt, ...], AfterValidator(rising)] = EDGES
    """The last day of each ageing bucket, as JSON: [30,60,90] gives 1–30, 31–60, 61–90 and over 90 days overdue."""

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.give_up_after_hours)

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.keep_results_days)
