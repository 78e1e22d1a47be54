"""What the voucher-sender needs to be told."""

from pydantic import Field, PositiveInt, SecretStr

from common.settings import ConnectorClientSettings, DatabaseSettings


class DecidingSettings(DatabaseSettings):
    """What a person's decision needs: the database, a way to Fortnox, and the times of the senders beside it."""

    kafka_topic_prefix: str = ""
    connector_url: str
    connector_key: SecretStr
    fortnox_api_url: str = "https://api.fortnox.se"
    call_timeout_seconds: float = Field(default=30.0, gt=0)
    """How long one call to Fortnox may take."""
    settling_seconds: float = Field(default=60.0, gt=0)
    """For how long Fortnox's lists may lag behind what was booked: two looks that prove absence lie so far apart."""


class VoucherSenderSettings(ConnectorClientSettings, DecidingSettings):
    """Times are seconds; the defaults are for the real Fortnox."""

    workers: PositiveInt = 20
    """Batches that one process works on at once; each that is being sent holds a database session of its own."""
    fortnox_client_id: str
    """Our client at Fortnox: part of each voucher's marker, so that two installations never take each other's."""
    away_seconds: float = Field(default=30.0, gt=0)
    """How long to wait before the next try when Fortnox or the connector does not answer."""
    lost_seconds: float = Field(default=900.0, gt=0)
    """The same when the connection is lost or lacks a right; a connection event wakes the work sooner."""
    give_up_after_hours: float = Field(default=72.0, gt=0)
    """How long a batch waits without getting anywhere. One with an unknown outcome waits on."""
    registers_seconds: float = Field(default=60.0, ge=0)
    """How long a company's years, series, accounts, cost centres, projects and preset accounts are remembered for its
    next batches. What would be wrong by memory is read again before it is told."""
