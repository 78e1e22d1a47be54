"""What only a real connection and a real process can show."""

from __future__ import annotations

import datetime as dt
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.fortnox.control import Simulator

TENANT = 4711
AFTER_NEW_YEAR = dt.date(2025, 1, 15)
CLIENT = ("sandbox-client", "sandbox-secret")
CALLBACK = "http://product.example/back"
VOUCHER = {
    "Voucher": {
        "VoucherSeries": "A",
        "TransactionDate": "2024-12-31",
        "Description": "Bokslut",
        "VoucherRows": [{"Account": 3001, "Debit": 1}, {"Account": 1930, "Credit": 1}],
    }
}


async def connected(
    address: str, sim: Simulator, tenant: int = TENANT, auth: tuple[str, str] = CLIENT
) -> dict[str, Any]:
    query = {"client_id": auth[0], "response_type": "code", "state": "s", "redirect_uri": CALLBACK}
    query["scope"] = "bookkeeping invoice profile"
    back = await sim.consent(str(httpx.URL(f"{address}/oauth-v1/auth", params=query)), tenant=tenant)
    form = {"grant_type": "authorization_code", "code": httpx.URL(back).params["code"], "redirect_uri": CALLBACK}
    async with httpx.AsyncClient(trust_env=False) as http:
        tokens: dict[str, Any] = (await http.post(f"{address}/oauth-v1/token", data=form, auth=auth)).json()
    return tokens


def caller(address: str, tokens: dict[str, Any]) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx.AsyncClient(base_url=f"{address}/3", headers=headers, trust_env=False, timeout=20)


async def everything(sim: Simulator) -> list[Any]:
    return [await sim.companies(), await sim.vouchers(TENANT), await sim.ledger(TENANT, "customer", AFTER_NEW_YEAR)]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset-before", httpx.ReadError),
        ("reset-after", httpx.ReadError),
        ("truncate", httpx.RemoteProtocolError),
        ("timeout-after", httpx.ReadTimeout),
    ],
)
async def test_connections_break_as_real_ones_do(address: str, books: Path, kind: str, error: type[Exception]) -> None:
    async with Simulator(address) as sim:
        tenant = await sim.add_company(books)
        fortnox = caller(address, await connected(address, sim, tenant))
        await sim.fault("POST /3/vouchers", kind, tenant=tenant)

        with pytest.raises(error):
            await fortnox.post("/vouchers", json=VOUCHER, timeout=0.5 if "timeout" in kind else 20)

        booked = await sim.vouchers(tenant, series="A")
        assert len(booked) == (0 if kind.endswith("before") else 1)
        assert (await fortnox.post("/vouchers", json=VOUCHER)).status_code == 201
        await fortnox.aclose()


async def test_a_slow_answer_comes_late(address: str) -> None:
    async with Simulator(address) as sim, caller(address, await connected(address, sim)) as fortnox:
        await sim.fault("GET /3/me", "slow", seconds=0.3)

        answer = await fortnox.get("/me")

        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.3
        assert (await sim.calls())[-1]["seconds"] >= 0.3


async def test_killed_and_started_again_it_knows_everything(start: Any, tmp_path: Path) -> None:
    data = str(tmp_path / "fortnox.db")
    address, process = start("--data", data)
    async with Simulator(address) as sim, caller(address, tokens := await connected(address, sim)) as fortnox:
        await fortnox.post("/vouchers", json=VOUCHER)
        made = await sim.create_invoice(TENANT, "customer", 500, date="2025-01-10")
        await sim.pay_invoice(TENANT, "customer", made["number"], date="2025-01-20")
        await sim.lock_period(TENANT, None)
        await sim.set_switch("retry_after", 3)
        await sim.advance(1000)
        before = [
            await sim.companies(),
            await sim.vouchers(TENANT),
            await sim.ledger(TENANT, "customer", AFTER_NEW_YEAR),
        ]
        offset = (await sim.clock()).timestamp()

    process.send_signal(signal.SIGKILL)
    process.wait()
    address, _ = start("--data", data)

    async with Simulator(address) as sim, caller(address, tokens) as fortnox:
        after = [
            await sim.companies(),
            await sim.vouchers(TENANT),
            await sim.ledger(TENANT, "customer", AFTER_NEW_YEAR),
        ]
        assert after == before
        assert (await sim.switches())["retry_after"] == 3
        assert (await sim.clock()).timestamp() >= offset
        assert (await fortnox.get("/me")).status_code == 200
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(f"{address}/oauth-v1/token", data=form, auth=CLIENT)).status_code == 200
            assert (await http.post(f"{address}/oauth-v1/token", data=form, auth=CLIENT)).status_code == 400


async def test_anybodys_application_can_be_named_and_the_limit_is_on_and_it_ends_when_told(start: Any) -> None:
    address, process = start("--client-id", "mine", "--client-secret", "hush")
    async with Simulator(address) as sim:
        tokens = await connected(address, sim, auth=("mine", "hush"))
        async with caller(address, tokens) as fortnox:
            statuses = [(await fortnox.get("/me")).status_code for _ in range(26)]

        assert (statuses.count(200), statuses.count(429)) == (25, 1)
        assert (await sim.rate())[TENANT]["largest_window"] == 26

    process.terminate()
    assert process.wait(10) in {0, -signal.SIGTERM}
