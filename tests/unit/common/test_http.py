"""What every HTTP interface answers, asked in process."""

import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from common import http
from common.problems import Problem
from common.service import Runtime, Service, create_app
from common.settings import Caller, ServiceSettings

OLD, NEW, NARROW = "old-key-of-the-importer", "new-key-of-the-importer", "key-of-the-dashboard"
LOCKED = Problem(
    code="tests.locked",
    swedish="Perioden är låst till {until}.",
    next_step="Lås upp perioden i Fortnox.",
    english="The period is locked to {until}.",
    status=409,
)


class Voucher(BaseModel):
    number: int
    text: str = ""


def an_app() -> FastAPI:
    app = FastAPI()
    http.prepare(
        app,
        {
            "importer": Caller(keys=(SecretStr(OLD), SecretStr(NEW)), scopes=frozenset({"leases"})),
            "dashboard": Caller(keys=(SecretStr(NARROW),), scopes=frozenset({"look"})),
        },
    )
    lacking: list[str] = []
    app.state.lacking = lacking

    async def missing() -> list[str]:
        return lacking

    http.add_health(app, missing)

    @app.get("/who")
    async def who(caller: Annotated[str, http.only("leases")]) -> str:
        return caller

    @app.post("/guarded", dependencies=[http.only("leases")])
    async def guarded(voucher: Voucher) -> int:
        return voucher.number

    @app.post("/vouchers")
    async def vouchers(voucher: Voucher) -> int:
        return voucher.number

    @app.get("/locked")
    async def locked() -> None:
        raise LOCKED.error(until="2025-06-30")

    @app.get("/crash/{secret}")
    async def crash(secret: str) -> None:
        raise RuntimeError(f"token=very-{secret}")

    @app.get("/away")
    async def away() -> None:
        raise ConnectionRefusedError("postgresql://secret@host")

    return app


@pytest.fixture
def app() -> FastAPI:
    return an_app()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


@pytest.mark.parametrize("key", [OLD, NEW])
async def test_both_keys_of_a_caller_open_what_its_scope_allows(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.get("/who", headers={"authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()) == (200, "importer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {OLD}x",
        f"Bearer {OLD[:-1]}",
        f"Basic {OLD}",
        OLD,
        f"Bearer  {OLD}",
        "Bearer é",
    ],
)
async def test_anything_but_a_valid_key_is_unauthenticated(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/who", headers={b"authorization": header.encode()})

    assert answer.status_code == 401
    assert answer.json()["code"] == "http.unauthenticated"


async def test_a_key_without_the_scope_is_forbidden(client: httpx.AsyncClient) -> None:
    answer = await client.get("/who", headers={"authorization": f"Bearer {NARROW}"})

    assert (answer.status_code, answer.json()["code"]) == (403, "http.forbidden")


@pytest.mark.parametrize("body", ["{bad", b"\xff\xff", "[" * 100_000, " " * 300_000, '{"number": "x"}'])
async def test_who_has_no_key_is_told_nothing_else(client: httpx.AsyncClient, body: str | bytes) -> None:
    headers = {"content-type": "application/json"}
    stranger = await client.post("/guarded", content=body, headers=headers)
    caller = await client.post("/guarded", content=body, headers=headers | {"authorization": f"Bearer {OLD}"})

    assert (stranger.status_code, stranger.json()["code"]) == (401, "http.unauthenticated")
    assert stranger.headers["www-authenticate"] == "Bearer"
    assert caller.status_code in {413, 422}


async def test_a_problem_is_told_in_both_languages_with_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/locked")

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:bokbrygga:problem:tests.locked"
    assert told["swedish"] == "Perioden är låst till 2025-06-30."
    assert told["english"] == told["detail"] == "The period is locked to 2025-06-30."
    assert told["next_step"] == "Lås upp perioden i Fortnox."
    assert told["data"] == {"until": "2025-06-30"}
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["instance"] == f"urn:bokbrygga:request:{told['request_id']}"


@pytest.mark.parametrize(
    "body",
    [
        '{"number": "850709-9805"}',
        '{"text": "850709-9805"}',
        '["850709-9805"]',
        '{"number": 1, "text": {"850709-9805": 1}}',
        "850709-9805",
        '{"number": ',
    ],
)
async def test_an_invalid_request_is_answered_without_an_echo(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post("/vouchers", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "http.invalid-request"
    assert "850709" not in answer.text
    assert "body" in answer.json()["english"]


async def test_what_is_not_there_is_a_problem_too(client: httpx.AsyncClient) -> None:
    nowhere, otherwise = await client.get("/none"), await client.delete("/locked")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "http.not-found")
    assert (otherwise.status_code, otherwise.json()["code"]) == (405, "http.method-not-allowed")
    assert otherwise.headers["allow"] == "GET"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_a_body_that_is_not_json_is_told_so(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/vouchers", content='{"number": 1}', headers={"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "http.not-json")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
async def test_json_has_several_names(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/vouchers", content='{"number": 1}', headers={"content-type": kind})

    assert answer.json() == 1


async def test_no_more_of_a_body_is_read_than_a_call_can_need(client: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b" " * 65536

    answer = await client.post("/vouchers", content=endless(), headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "http.body-too-large")
    assert read <= http.LARGEST_BODY + 2 * 65536


async def test_a_database_that_is_away_is_a_passing_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")

    assert (answer.status_code, answer.json()["code"]) == (503, "http.away")
    assert int(answer.headers["retry-after"]) > 0
    assert "secret" not in answer.text


@pytest.mark.parametrize("sent", ["0f3b1b7a-5b0a-4d5e-8f4f-2f6a3e1f9d10", "product-4711.3"])
async def test_a_callers_own_request_id_is_kept(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/locked", headers={"x-request-id": sent})

    assert answer.headers["x-request-id"] == answer.json()["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "line\tfeed--", "<script>alert</script>", "åäö-åäö-åäö"])
async def test_a_request_id_that_is_not_sane_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/locked", headers={b"x-request-id": sent.encode()})

    assert UUID(answer.headers["x-request-id"])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_crash_tells_only_a_reference_which_the_log_has_too(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/crash/of-a-secret")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["code"] == "internal.error"
    (crash,) = [line for line in lines if line["event"] == "http.crashed"]
    assert answer.json()["request_id"] == crash["request"]
    assert crash["path"] == "/crash/{secret}"


async def test_health_tells_what_is_missing(client: httpx.AsyncClient, app: FastAPI) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ready", "missing": []}
    app.state.lacking.append("kafka")

    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "waiting", "missing": ["kafka"]})
    assert (await client.get("/health/live")).status_code == 200


async def test_metrics_are_prometheus(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")

    assert "python_info" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


async def test_the_interface_that_openapi_describes_has_no_health_in_it(app: FastAPI) -> None:
    assert "/health/live" not in json.dumps(app.openapi())


async def test_a_service_tells_nobody_without_a_key_what_it_has() -> None:
    settings = ServiceSettings(database_url=SecretStr("postgresql://nowhere/none"), kafka_bootstrap_servers="nowhere:1")
    app = create_app(Service("importer", "common", settings, nothing))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answers = [await client.get(path) for path in ("/openapi.json", "/docs", "/redoc")]

    assert [answer.status_code for answer in answers] == [401, 404, 404]


async def test_who_has_a_key_is_told_what_there_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json", headers={"authorization": f"Bearer {NARROW}"})

    who = answer.json()["paths"]["/who"]["get"]
    assert who["security"] == [{"key": ["leases"]}]
    assert {"200", "401", "403", "500", "503"} <= set(who["responses"])
    told = who["responses"]["401"]["content"]["application/problem+json"]["examples"]
    assert told["http.unauthenticated"]["value"]["status"] == 401


async def nothing(_: Runtime[ServiceSettings]) -> None: ...
