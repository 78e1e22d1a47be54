"""The connector's settings."""

import base64
import binascii
import json
import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from common.settings import DatabaseSettings, ServiceSettings

COMPOSE_NAME = "connector"
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")


class VaultSettings(DatabaseSettings):
    """What opens the secrets in the database."""

    master_keys: dict[str, SecretStr]
    """{"key id": "32 bytes in base64"}: the first one encrypts, all of them decrypt."""

    @field_validator("master_keys")
    @classmethod
    def _of_32_bytes(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if not value:
            raise ValueError("at least one key is needed")
        for key_id, key in value.items():
            if not KEY_ID.fullmatch(key_id):
                raise ValueError("a key's id is made of letters, digits, hyphens and underscores")
            if len(_bytes(key)) != 32:
                raise ValueError(f"key {key_id} is not 32 bytes in base64")
        return value

    def master_key_bytes(self) -> dict[str, bytes]:
        return {key_id: _bytes(key) for key_id, key in self.master_keys.items()}


class ConnectorSettings(ServiceSettings, VaultSettings):
    """What the connector needs to be told besides what every service does."""

    public_url: str
    """The connector's own address as a browser sees it; Fortnox sends people back to PUBLIC_URL/connect/callback."""
    fortnox_client_id: str
    fortnox_client_secret: SecretStr
    fortnox_api_url: str = "https://api.fortnox.se"
    fortnox_auth_url: str = "https://apps.fortnox.se"
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of the pages that may open the popup, as a JSON list or with commas between."""
    forwarded_link_days: float = Field(default=7, gt=0, le=31)
    """How long an address lives that is forwarded to somebody else, such as the company's administrator."""
    refresh_token_days: float = 31
    """How long an unused refresh token lives (Fortnox fact 1.3: sources say 31 and 45)."""
    idle_renewal_days: float = 7
    """Refresh tokens of idle connections are renewed after about this long."""
    expiring_warning_days: float = 7
    """A refresh token with less than this left, which renewing has not saved so far, is warned of."""

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _list_of_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [origin.strip() for origin in value.split(",") if origin.strip()]

    @field_validator("allowed_origins")
    @classmethod
    def _exact_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """One is `postMessage`'s target, and must be written just as the browser does."""
        for origin in value:
            if not _is_origin(origin):
                raise PydanticCustomError("origin", "must be exact origins such as https://bokslut.example")
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Over plain HTTP the cookie that binds a popup to its browser could be read on the way."""
        address = urlsplit(value)
        if address.scheme not in {"http", "https"} or not address.hostname or address.query or address.fragment:
            raise PydanticCustomError("public_url", "must be an address such as https://connector.example")
        if address.scheme == "http" and not _is_this_machine(address.hostname):
            raise PydanticCustomError("public_url", "must begin with https:// (http:// is for this machine only)")
        return value.rstrip("/")


def _is_origin(text: str) -> bool:
    """Scheme, host and perhaps a port: no `*`, no path, no slash at the end."""
    return ORIGIN.fullmatch(text) is not None


def _is_this_machine(host: str) -> bool:
    """Loopback, or the name that the connector has in the sandbox of docker-compose.yml."""
    if host in {"localhost", COMPOSE_NAME} or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _bytes(key: SecretStr) -> bytes:
    try:
        return base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        return b""
