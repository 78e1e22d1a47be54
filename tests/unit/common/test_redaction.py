"""Attempts to get a secret into the log, and what must come through unharmed."""

import contextlib
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from pydantic import BaseModel, SecretStr, TypeAdapter

from common import logging as our_logging
from common.redaction import HIDDEN, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRJZCI6MTIzNDU2fQ.c2lnbmF0dXJl"
REFRESH_TOKEN = "0f7ae9c1b2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7"  # as Fortnox makes them
KEY = "Zx9-pL2mQ7_vT4sR8kW1nB6yH3dF5gJ0cA2eU9iO"  # as secrets.token_urlsafe makes them
PERSON = "850709-9805"

pytestmark = pytest.mark.plants_secrets

Lines = Callable[[], str]


@pytest.fixture
def configure() -> Iterator[Callable[[str], Lines]]:
    """Configures logging as a service does; gives what was written. What it was before is put back."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level, raising, hook = root.handlers[:], root.level, logging.raiseExceptions, sys.excepthook

    def configure(style: str) -> Lines:
        stream = io.StringIO()
        with contextlib.redirect_stdout(stream):
            our_logging.configure("tests", style=style, level="DEBUG")
        return stream.getvalue

    yield configure
    root.handlers, root.level, logging.raiseExceptions, sys.excepthook = handlers, level, raising, hook
    logging.captureWarnings(capture=False)
    structlog.configure(**before)


@pytest.fixture
def lines(configure: Callable[[str], Lines]) -> Lines:
    """The log as production writes it."""
    return configure("json")


# By what it looks like


@pytest.mark.parametrize(
    "text",
    [
        "850709-9805",
        "19850709-9805",
        "8507099805",
        "198507099805",
        "850709+9805",
        "850709 9805",
        "850709 - 9805",
        "19 850709-9805",
        "850709\u20139805",
        "850709\u22129805",
        "850709\u00a09805",
        "850769-9805",  # a coordination number
        "556677-8899",  # a company
        "SE850709980501",
        "pnr850709-9805x",
        "(850709-9805)",
        "/customers/850709-9805/invoices",
        "abc8507099805def",
    ],
)
def test_a_personal_number_is_hidden_however_it_is_spelled(text: str) -> None:
    shown = redact(f"customer {text} has paid")

    assert HIDDEN in shown
    assert "9805" not in shown
    assert "8899" not in shown


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        f"https://api.example/x?token={JWT}&page=2",
        f"%22{JWT}%22",
        f"Authorization: Bearer {KEY}",
        f"'authorization': 'Basic {KEY}'",
        f"bearer%20{REFRESH_TOKEN}",
        f"refresh_token={REFRESH_TOKEN}",
        f'{{"refresh_token": "{REFRESH_TOKEN}"}}',
        f'{{\\"access_token\\":\\"{KEY}\\"}}',
        f"{{'client_secret': '{KEY}'}}",
        f"client_secret%3D{KEY}",
        f"it was {REFRESH_TOKEN} all along",
        f"it was {KEY} all along",
        f"GET /connect/callback?state={KEY}&code={KEY}",
        f"callback?code={REFRESH_TOKEN[:20]}",
        f"postgresql://user:{KEY}@host/db",
        f"postgresql://user:p@ss/{KEY}@host/db",
        f'password="two words {KEY[:8]}"',
        f"Password : {KEY[:8]}",
        f"Cookie: session={KEY[:8]}",
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(text: str) -> None:
    shown = redact(text)

    assert HIDDEN in shown
    for secret in (JWT, KEY[:8], REFRESH_TOKEN[:20], JWT.split(".")[1]):
        assert secret not in shown


# By what it is called


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "refreshToken", "client_secret", "apiKey", "Authorization", "password", "set-cookie",
     "organisation_number", "organizationNumber", "orgnr", "personal_number", "text", "row_text", "description",
     "customer_name", "comments", "email", "code_verifier", "database_url"],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", ["x", b"x", ["x"], {"a": "x"}, SecretStr("x")], ids=lambda value: type(value).__name__
)
def test_what_is_called_a_secret_is_hidden_however_deep_it_lies(name: str, value: Any) -> None:
    nested = redact({"a": [{"b": ({name: value},)}]})

    assert nested == {"a": [{"b": [{name: HIDDEN}]}]}


@pytest.mark.parametrize("value", [JWT.encode(), bytearray(b"secret"), memoryview(b"secret")])
def test_bytes_are_only_counted(value: Any) -> None:
    assert redact(value) == f"[{len(value)} bytes]"


def test_personal_numbers_among_numbers_and_keys_are_hidden() -> None:
    assert redact({"value": 8507099805, "values": [198507099805], PERSON: 1}) == {
        "value": HIDDEN,
        "values": [HIDDEN],
        HIDDEN: 1,
    }


def test_things_that_contain_themselves_or_can_not_be_shown_do_no_harm() -> None:
    class Bad:
        def __str__(self) -> str:
            raise ValueError(JWT)

    endless: list[Any] = []
    endless.append(endless)

    assert JWT not in str(redact({"bad": Bad(), "endless": endless}))


# What must come through


@pytest.mark.parametrize(
    "value",
    [
        "d9428888-122b-11e1-b85c-61cd3cbb3210",
        "19850709-9805-4abc-8def-850709980512",
        "2026-11-22T16:53:12.345678+00:00",
        "2025-01-01–2025-12-31",
        "20250101-20251231",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "fortnox.import-data.v1",
        "import.wrong-financial-year",
        "exit code: 137",
        "status code=500",
        "error code 2000588",
        "offset 1234567890123",
        "at 1732294456",
        "A 12",
        "1250.00",
        "7 %",
        "81234567.89",
        "http://127.0.0.1:8080/health/ready",
        "tokens were counted",
        "UniqueViolationError",
        "test_a_service_that_has_a_very_long_name_without_any_digits",
        "/usr/lib/python3.11/site-packages/asyncpg/connection.py:377",
        0, 7, 8507, 4906, 1732294456, 1732294456789, 25_000_000_000, -3, 11.2, 0.000123, 1e21, True, None,
    ],
)  # fmt: skip
def test_ids_dates_amounts_and_counts_come_through(value: Any) -> None:
    assert redact(value) == value


def test_values_that_are_no_text_come_through_as_text() -> None:
    own_id = UUID("19850709-9805-4abc-8def-850709980512")
    moment = datetime(2026, 11, 22, 16, 53, tzinfo=UTC)

    assert redact([own_id, moment, date(2025, 12, 31), timedelta(seconds=90), Decimal("12.50"), Path("/tmp")]) == [
        str(own_id), str(moment), "2025-12-31", "0:01:30", "12.50", "/tmp",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "import.wrong-financial-year", "state": "waiting"},
        {"code": 2000588, "status": 401},
        {"token_seconds_left": 3500, "tokens": 2},
        {"key": "d9428888-122b-11e1-b85c-61cd3cbb3210"},
        {"missing": ["database", "kafka"], "topic": "fortnox.imports.v1", "partition": 3, "offset": 12345678},
        {"vouchers": 4906, "seconds": 11.2, "error": "ConnectionRefusedError"},
        {"series": "A", "number": 12, "account": 1510},
    ],
)
def test_what_our_log_lines_say_comes_through(fields: dict[str, Any]) -> None:
    assert redact(fields) == fields


def test_any_uuid_comes_through() -> None:
    ids = [str(uuid4()) for _ in range(3000)]

    assert redact(ids) == ids


@pytest.mark.parametrize("name", ["code", "state"])
def test_an_authorisation_code_is_told_from_a_problems_code(name: str) -> None:
    assert redact({name: KEY}) == {name: HIDDEN}
    assert redact({name: "connection.lost"}) == {name: "connection.lost"}


# Through the loggers


def secretive() -> None:
    try:
        raise ConnectionError(f"refused for token={KEY}")
    except ConnectionError as error:
        raise ValueError(f"customer {PERSON} with {JWT}") from error


def test_tracebacks_carry_no_secret_and_still_say_where(lines: Lines) -> None:
    try:
        secretive()
    except ValueError:
        structlog.get_logger().exception("job.failed", job=uuid4())
        logging.getLogger("other").exception("failed for %s", PERSON)
    written = lines()

    for secret in (KEY, PERSON, JWT):
        assert secret not in written
    assert written.count("secretive") >= 2
    assert all(json.loads(line)["service"] == "tests" for line in written.splitlines())


def test_exception_groups_carry_no_secret(lines: Lines) -> None:
    try:
        raise ExceptionGroup("several", [ValueError(JWT), ExceptionGroup("inner", [KeyError(PERSON)])])
    except ExceptionGroup:
        structlog.get_logger().exception("service.interrupted")

    assert not {JWT, PERSON} & set(lines().replace("'", " ").split())


def test_an_error_of_httpx_carries_no_secret(lines: Lines) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, text=JWT))
    with httpx.Client(transport=transport) as client:
        answer = client.post(
            f"https://apps.example/token?code={KEY}&state={KEY}", headers={"authorization": f"Bearer {JWT}"}
        )
    try:
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        structlog.get_logger().warning(
            "call.failed", error=error, request=answer.request, headers=answer.request.headers
        )
        structlog.get_logger().exception("call.failed")
    written = lines()

    assert KEY not in written
    assert JWT not in written
    assert "401" in written


def test_an_error_of_pydantic_does_not_show_what_it_was_given(lines: Lines) -> None:
    class Invoice(BaseModel):
        number: int
        comments: str

    for given in ({"number": "Kalles\nflytt", "comments": "x"}, {"comments": "Kalles flytt"}):
        try:
            Invoice.model_validate(given)
        except ValueError:
            structlog.get_logger().exception("invoice.unreadable")
    try:
        TypeAdapter(dict[str, int]).validate_json('{"a": "Kalles flytt"}')
    except ValueError as error:
        structlog.get_logger().warning("invoice.unreadable", error=error)

    written = lines()
    assert "Kalles" not in written
    assert "number" in written


def test_an_error_of_postgresql_does_not_show_rows_that_go_over_lines(lines: Lines) -> None:
    row = "DETAIL:  Failing row contains (1, Kalles\nflytt\n\nAB, null)."
    argument = "invalid input for query argument $1: Kalles\nflytt (an int is wanted)"
    structlog.get_logger().error("failed", error=f"null value\n{row}\nHINT:  look", other=f"null value\n{row}")
    structlog.get_logger().error("failed", error=f"{argument}\n\nDuring handling of it another came")

    written = lines()
    assert not any(word in written for word in ("Kalles", "flytt", "AB"))
    assert "look" in written
    assert "another came" in written


def test_an_error_of_postgresql_does_not_show_rows(lines: Lines) -> None:
    structlog.get_logger().error(
        "failed", error='null value in column "a"\nDETAIL:  Failing row contains (1, Kalles flytt, null).\nHINT: none'
    )
    structlog.get_logger().error(
        "failed", error="invalid input for query argument $1: 'Kalles flytt' (an int is wanted)"
    )

    assert "Kalles" not in lines()


def test_whoever_logs_in_whatever_way_goes_through_redaction(lines: Lines) -> None:
    plain = logging.getLogger("some.library")
    plain.warning("token %s of %s", JWT, PERSON)
    plain.warning("%(token)s", {"token": JWT})
    plain.warning(f"{JWT}", extra={"token": JWT})
    plain.warning("too few arguments %s %s", JWT)
    structlog.get_logger().info("said %s", JWT)
    structlog.get_logger().info(JWT, nested={"list": [{"token": KEY}]}, model=repr({"access_token": KEY}))
    with structlog.contextvars.bound_contextvars(token=KEY, customer=PERSON):
        structlog.get_logger().info("bound")
        plain.warning("bound")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"deprecated {JWT}", stacklevel=1)
    written = lines()

    for secret in (KEY, PERSON, JWT):
        assert secret not in written
    assert written.count("\n") >= 8


def test_the_console_hides_the_same(configure: Callable[[str], Lines]) -> None:
    lines = configure("console")
    try:
        secretive()
    except ValueError:
        structlog.get_logger().exception("job.failed", token=KEY, value=JWT)
    written = lines()

    for secret in (KEY, PERSON, JWT):
        assert secret not in written
    assert "secretive" in written


def test_a_process_that_dies_of_an_error_takes_its_secrets_along() -> None:
    program = (
        f"from common import logging; logging.configure('tests', style='json')\nraise ValueError('{JWT} of {PERSON}')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert JWT not in ended.stdout + ended.stderr
    assert PERSON not in ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["event"] == "process.crashed"


def test_a_long_text_is_redacted_quickly() -> None:
    long = "a" * 200_000 + " 850709" * 20_000 + "A1" * 100_000 + "token" * 20_000 + "://" * 20_000

    began = datetime.now(UTC)
    redact(long)

    assert datetime.now(UTC) - began < timedelta(seconds=2)
