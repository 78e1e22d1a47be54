"""What the importer needs to be told."""

from datetime import timedelta

from pydantic import PositiveFloat

from common.settings import ConnectorClientSettings


class ImporterSettings(ConnectorClientSettings):
    """The importer's settings, beside those of every service that calls Fortnox."""

    give_up_after_hours: PositiveFloat = 72
    """How long an import waits for a new consent, or for Fortnox or the connector to come back."""
    keep_results_days: PositiveFloat = 30
    """How long an import's SIE file and result are kept after they were last used."""

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.give_up_after_hours)

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.keep_results_days)
