"""Faults by pattern and by count; without a socket the caller is told what its HTTP library would tell."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.fortnox.control import Simulator, SimulatorError

TENANT = 4711
VOUCHER = {
    "Voucher": {
        "VoucherSeries": "A",
        "TransactionDate": "2025-04-30",
        "Description": "Bokslut",
        "VoucherRows": [{"Account": 6071, "Debit": 1}, {"Account": 1930, "Credit": 1}],
    }
}


async def booked(sim: Simulator, year: int) -> int:
    return len(await sim.vouchers(TENANT, year, "A")) - 2


@pytest.mark.parametrize(
    ("kind", "status", "count"),
    [("status-500-before", 500, 0), ("status-500-after", 500, 1), ("status-504-after", 504, 1), ("status-429", 429, 0)],
)
async def test_a_status_before_or_after_the_books_changed(
    sim: Simulator, fortnox: Any, year: int, kind: str, status: int, count: int
) -> None:
    await sim.fault("POST /3/vouchers", kind)

    answer = await fortnox.post("vouchers", VOUCHER, financialyear=year)

    assert answer.status_code == status
    assert await booked(sim, year) == count
    assert (await fortnox.post("vouchers", VOUCHER, financialyear=year)).status_code == 201


async def test_a_system_error_has_fortnoxs_envelope(sim: Simulator, fortnox: Any) -> None:
    await sim.fault("GET /3/me", "status-500-before")

    assert (await fortnox.get("me")).json()["ErrorInformation"]["Code"] == 1000003


@pytest.mark.parametrize(
    ("kind", "error", "count"),
    [
        ("timeout-before", httpx.ReadTimeout, 0),
        ("timeout-after", httpx.ReadTimeout, 1),
        ("reset-before", httpx.ReadError, 0),
        ("reset-after", httpx.ReadError, 1),
        ("truncate", httpx.RemoteProtocolError, 1),
    ],
)
async def test_no_whole_answer(
    sim: Simulator, fortnox: Any, year: int, kind: str, error: type[Exception], count: int
) -> None:
    await sim.fault("POST /3/vouchers", kind)

    with pytest.raises(error):
        await fortnox.post("vouchers", VOUCHER, financialyear=year)

    assert await booked(sim, year) == count


async def test_half_a_json_body(sim: Simulator, fortnox: Any) -> None:
    await sim.fault("GET /3/invoices", "truncate-json")

    answer = await fortnox.get("invoices")

    assert answer.status_code == 200
    with pytest.raises(ValueError, match="column"):
        answer.json()


async def test_an_outage_page_is_html(sim: Simulator, fortnox: Any) -> None:
    await sim.fault("GET /3/*", "html")
    await sim.fault("GET /3/*", "html", status=200)

    away, pretending = await fortnox.get("me"), await fortnox.get("me")

    assert (away.status_code, away.headers["content-type"]) == (503, "text/html; charset=UTF-8")
    assert (pretending.status_code, b"<html" in pretending.content) == (200, True)


async def test_faults_count_skip_and_choose_their_company(sim: Simulator, fortnox: Any) -> None:
    await sim.fault("GET /3/me", "status-500-before", skip=1, times=2)
    await sim.fault("GET /3/me", "status-503-before", times=100, tenant=1)

    assert [(await fortnox.get("me")).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert [plan["met"] for plan in await sim.faults()] == [2, 0]
    await sim.clear_faults()
    assert await sim.faults() == []


async def test_a_lost_answer_of_the_token_endpoint_has_spent_the_token(
    sim: Simulator, connect: Any, http: httpx.AsyncClient
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": (await connect())["refresh_token"]}
    await sim.fault("POST /oauth-v1/token", "reset-after")

    with pytest.raises(httpx.ReadError):
        await http.post("/oauth-v1/token", data=form, auth=("the-client", "the-secret"))

    answer = await http.post("/oauth-v1/token", data=form, auth=("the-client", "the-secret"))
    assert answer.json()["error"] == "invalid_grant"


async def test_the_journal_tells_which_fault_was_met(sim: Simulator, fortnox: Any) -> None:
    await sim.fault("GET /3/me", "status-502-before")

    await fortnox.get("me")

    assert [(call["path"], call["status"], call["fault"]) for call in (await sim.calls())[-1:]] == [
        ("/3/me", 502, "status-502-before")
    ]


async def test_an_unknown_kind_or_switch_is_refused(sim: Simulator) -> None:
    with pytest.raises(SimulatorError):
        await sim.fault("GET /3/me", "explode")
    with pytest.raises(SimulatorError):
        await sim.set_switch("no_such_switch", True)
    with pytest.raises(SimulatorError):
        await sim.set_switch("rate_limit", "off")
