"""Settings come from the environment or from files of secrets, and nowhere else; what is missing is named at start."""

import os
import sys
from typing import NoReturn, TypeVar

from pydantic import BaseModel, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Settings = TypeVar("Settings", bound=BaseSettings)


class Caller(BaseModel):
    """Another service that may call our HTTP interface. Two keys may be valid at once, for rotation."""

    keys: tuple[SecretStr, ...]
    scopes: frozenset[str]


class ServiceSettings(BaseSettings):
    """What every service needs to be told."""

    model_config = SettingsConfigDict(
        extra="ignore", hide_input_in_errors=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )

    database_url: SecretStr
    """PostgreSQL; holds a password, hence secret."""
    database_pool: PositiveInt = 10
    kafka_bootstrap_servers: str
    kafka_topic_prefix: str = ""
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = 8080
    callers: dict[str, Caller] = {}
    """Who may call our HTTP interface, by name, as JSON."""
    log_format: str = "auto"
    """json, console, or auto: console on a terminal."""
    log_level: str = "INFO"
    workers: PositiveInt = 8
    """Jobs that one process runs at once."""
    job_lease_seconds: float = 15.0
    """How long a dead process keeps its jobs."""


class ConnectorClientSettings(ServiceSettings):
    """What a service needs that calls Fortnox through the connector's leases."""

    connector_url: str
    connector_key: SecretStr
    fortnox_api_url: str = "https://api.fortnox.se"


def load(settings: type[Settings]) -> Settings:
    """The settings, or an end of the process with each missing or wrong one named (never its value)."""
    try:
        return settings()
    except ValidationError as error:
        _stop([f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors(include_input=False)])


def _stop(wrong: list[str]) -> NoReturn:
    print("Settings are missing or wrong:", *wrong, sep="\n  ", file=sys.stderr)  # noqa: T201  (logging isn't set up yet)
    raise SystemExit(2)
