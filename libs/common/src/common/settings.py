"""Settings come from the environment or from files of secrets, and nowhere else; what is missing is named at start."""

import os
import sys
from typing import Annotated, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

Settings = TypeVar("Settings", bound=BaseSettings)


SHORTEST_KEY = 16  # characters; `openssl rand -base64 32` makes more


class Caller(BaseModel):
    """Another service that may call our HTTP interface. Two keys may be valid at once, for rotation."""

    keys: tuple[Annotated[SecretStr, Field(min_length=SHORTEST_KEY)], ...] = Field(min_length=1)
    scopes: frozenset[str]


class Environment(BaseSettings):
    """Read from the environment; no value is ever quoted in an error."""

    model_config = SettingsConfigDict(
        extra="ignore", hide_input_in_errors=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )


class KafkaSettings(Environment):
    """How Kafka is reached."""

    kafka_bootstrap_servers: str
    kafka_topic_prefix: str = ""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")


class DatabaseSettings(Environment):
    """How PostgreSQL is reached, and how it is told: all that a migration needs, so that it is given no more."""

    database_url: SecretStr
    """PostgreSQL; holds a password, hence secret."""
    log_format: Literal["json", "console", "auto"] = "auto"
    """auto: console on a terminal."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, address: SecretStr) -> SecretStr:
        """A password with an unescaped / or @ shows here, and not in an error text of the driver's."""
        try:
            parts = urlsplit(address.get_secret_value())
            usable = parts.scheme in {"postgres", "postgresql"} and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise PydanticCustomError("postgresql_url", "is no address of a PostgreSQL database")
        return address


class ServiceSettings(DatabaseSettings, KafkaSettings):
    """What every service needs to be told."""

    database_pool: PositiveInt = 10
    host: str = "127.0.0.1"
    port: int = 8080
    callers: dict[str, Caller] = {}
    """Who may call our HTTP interface, by name, as JSON."""
    workers: PositiveInt = 8
    """Jobs that one process runs at once."""
    job_lease_seconds: PositiveFloat = 15.0
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
    except SettingsError as error:  # a field that is to be JSON and is none; the text names it and shows no value
        _stop([str(error)])
    except ValidationError as error:
        _stop([f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors(include_input=False)])


def _stop(wrong: list[str]) -> NoReturn:
    print("Settings are missing or wrong:", *wrong, sep="\n  ", file=sys.stderr)  # noqa: T201  (logging isn't set up yet)
    raise SystemExit(2)
