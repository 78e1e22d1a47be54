"""The connector's settings."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from connector.settings import ConnectorSettings

KEY = base64.b64encode(bytes(32)).decode()
ENOUGH = {
    "DATABASE_URL": "postgresql://localhost/x",
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "PUBLIC_URL": "https://koppling.example/fortnox/",
    "FORTNOX_CLIENT_ID": "app",
    "FORTNOX_CLIENT_SECRET": "hush",
    "MASTER_KEYS": json.dumps({"2026": KEY, "2025": KEY}),
}


def settings(monkeypatch: pytest.MonkeyPatch, **more: str) -> ConnectorSettings:
    for name, value in (ENOUGH | more).items():
        monkeypatch.setenv(name, value)
    return ConnectorSettings()


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch)

    assert found.public_url == "https://koppling.example/fortnox"
    assert list(found.master_key_bytes()) == ["2026", "2025"]
    assert "hush" not in repr(found)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    "written", ['["https://a.example", "https://b.example"]', "https://a.example, https://b.example"]
)
def test_origins_are_a_json_list_or_stand_with_commas(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert settings(monkeypatch, ALLOWED_ORIGINS=written).allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize("keys", ["{}", '{"k": "c2hvcnQ="}', '{"k": "not base64!"}', "nonsense"])
def test_a_bad_master_key_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    with pytest.raises((ValidationError, Exception)) as failure:
        settings(monkeypatch, MASTER_KEYS=keys)

    told: Any = str(failure.value)
    assert "master_keys" in told
    assert "c2hvcnQ=" not in told


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "bokslut.example",
        "https://*.example",
        "https://bokslut.example/",
        "https://bokslut.example/app",
        "https://Bokslut.example",
        "https://user@bokslut.example",
        "https://bokslut.example?x",
        "ftp://bokslut.example",
        "https://",
        "https://bokslut.example:",
    ],
)
def test_what_is_no_exact_origin_is_refused(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    with pytest.raises(ValidationError, match=r"allowed_origins\n.*exact origins"):
        settings(monkeypatch, ALLOWED_ORIGINS=f"https://a.example,{origin}")


def test_origins_may_have_a_port_and_be_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    written = "https://a.example:8443,http://localhost:3000,http://[::1]:3000,http://127.0.0.1"

    assert ",".join(settings(monkeypatch, ALLOWED_ORIGINS=written).allowed_origins) == written


@pytest.mark.parametrize("address", ["http://connector.example", "http://10.0.0.7:8080", "http://localhost.example"])
def test_a_public_address_on_plain_http_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ValidationError, match=r"public_url\n.*must begin with https://"):
        settings(monkeypatch, PUBLIC_URL=address)


@pytest.mark.parametrize(
    "address", ["", "connector.example", "ftp://connector.example", "https://", "https://a.example?b"]
)
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ValidationError, match=r"public_url\n.*must be an address"):
        settings(monkeypatch, PUBLIC_URL=address)


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8081",
        "http://127.0.0.1:41234",
        "http://[::1]:8080",
        "http://connector:8080",
        "https://a.example/b",
    ],
)
def test_this_machine_and_the_sandbox_may_do_without_tls(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert settings(monkeypatch, PUBLIC_URL=address).public_url == address
