"""The budget under real processes at full speed: never broken, and used up; and nobody else is slowed by them."""

import asyncio
import base64
import json
import math
import statistics
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from common import database as db
from sandbox.demo.person import approve
from sandbox.embedded import Command, Process, Supervisor, ports, python_module, responds
from sandbox.fortnox.control import Simulator
from sandbox.product.connections import Connector

BOOKS = Path(str(sys.modules["sandbox"].__file__)).parent / "books" / "Sie4.se"
CALLER = Path(__file__).with_name("caller.py")
LATENCY = 0.3  # seconds, at most: a call and its answer together
ORIGIN = "https://bokslut.example"
KEYS = {"importer": "key-of-the-importers", "product": "key-of-the-product"}
SCOPES = {"importer": ["leases"], "product": ["connect", "lookups"]}


@dataclass
class Floor:
    """A connector and a simulated Fortnox, each a process, and as many callers as wanted."""

    supervisor: Supervisor
    simulator: Simulator
    connector_url: str
    pool: db.Pool
    fortnox: Process
    connector: Process
    callers: int = 0
    tenants: dict[str, int] = field(default_factory=dict)

    async def company(self) -> str:
        """A connected company's connection."""
        tenant = await self.simulator.add_company(BOOKS)
        async with Connector(self.connector_url, KEYS["product"]) as product:
            session = await product.open_session("uppdrag", origin=ORIGIN)
            page = await approve(session["url"], self.simulator, tenant)
        assert page.status_code == 200, page.text
        self.tenants[session["connection_id"]] = tenant
        return str(session["connection_id"])

    async def caller(self, *connections: str, **wish: Any) -> Process:
        wish = {
            "connector": self.connector_url,
            "key": KEYS["importer"],
            "fortnox": self.simulator.base_url,
            "connections": connections,
        } | wish
        self.callers += 1
        command = Command(
            name=f"caller-{self.callers}",
            args=[sys.executable, str(CALLER), json.dumps(wish)],
            ready=lambda process: "calling" in process.logged(),
        )
        return await asyncio.to_thread(self.supervisor.start, command)

    async def calls(self, connection: str) -> list[float]:
        """When Fortnox received the company's calls, by its own clock."""
        calls = await self.simulator.calls()
        return [
            one["at"] for one in calls if one["tenant"] == self.tenants[connection] and one["path"].startswith("/3/")
        ]

    async def until(self, connection: str, calls: int) -> None:
        """Waits until Fortnox has received so many calls for the company."""
        while (await self.simulator.rate())[self.tenants[connection]]["calls"] < calls:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.1)

    async def stranded(self, connection: str) -> int:
        """Slots of dead holders: living ones hand theirs back within seconds."""
        count: int = await self.pool.fetchval(
            "select count(*) from slots join budgets on budgets.id = budget_id"
            " where tenant = $1 and lease_id is not null and taken_at < clock() - interval '5 seconds'",
            self.tenants[connection],
        )
        return count

    async def waited(self, purpose: str) -> float:
        """How often the connector told somebody to wait for a slot, as its own metrics have it."""
        async with httpx.AsyncClient() as http:
            metrics = (await http.get(f"{self.connector_url}/metrics")).text
        wanted = f'bokbrygga_leases_total{{outcome="waiting",purpose="{purpose}"}} '
        return sum(float(line.removeprefix(wanted)) for line in metrics.splitlines() if line.startswith(wanted))


async def stop(*callers: Process) -> list[dict[str, Any]]:
    """Asks them to end; what they print."""
    codes = await asyncio.gather(*(asyncio.to_thread(caller.stop) for caller in callers))
    assert not any(codes), [caller.log_tail() for caller in callers]
    return [json.loads(caller.logged().splitlines()[-1]) for caller in callers]


@pytest.fixture(scope="module")
async def floor(kafka: str, topics: str, create_database: Callable[..., Awaitable[str]]) -> AsyncIterator[Floor]:
    dsn = await create_database("connector")
    with Supervisor() as supervisor:
        async with _floor(supervisor, dsn, kafka, topics) as floor:
            yield floor
        await asyncio.to_thread(supervisor.close)


@asynccontextmanager
async def _floor(supervisor: Supervisor, dsn: str, kafka: str, topic_prefix: str) -> AsyncIterator[Floor]:
    connector, simulator = ports.free(), ports.free()
    urls = {name: f"http://{ports.LOOPBACK}:{port}" for name, port in (("c", connector), ("s", simulator))}
    settings = {
        "DATABASE_URL": dsn,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "PORT": str(connector),
        "CALLERS": json.dumps({name: {"keys": [key], "scopes": SCOPES[name]} for name, key in KEYS.items()}),
        "LOG_FORMAT": "json",
        "PUBLIC_URL": urls["c"],
        "ALLOWED_ORIGINS": ORIGIN,
        "FORTNOX_API_URL": urls["s"],
        "FORTNOX_AUTH_URL": urls["s"],
        "FORTNOX_CLIENT_ID": "sandbox-client",
        "FORTNOX_CLIENT_SECRET": "sandbox-secret",
        "MASTER_KEYS": json.dumps({"tests": base64.b64encode(bytes(32)).decode()}),
    }
    sim = ["fortnox", "--port", str(simulator), "--books", str(BOOKS)]
    fortnox = python_module("sandbox", *sim, name="simulator", ready=responds(simulator, "/_sim/clock"))
    service = python_module("connector", "run", env=settings, ready=responds(connector))
    running = await asyncio.to_thread(supervisor.start, fortnox), await asyncio.to_thread(supervisor.start, service)
    pool = await db.create_pool(dsn, "connector", largest=1)
    async with Simulator(urls["s"]) as strings:
        yield Floor(supervisor, strings, urls["c"], pool, *running)
    pool.terminate()


@dataclass(frozen=True)
class Figures:
    """How a company's budget was kept to and used."""

    calls: int
    seconds: float
    largest_window: int
    too_many_requests: int
    stranded: int
    used: float
    """Of what the slots that were not stranded could do by Fortnox's limit: 25 in 5 s."""

    def __str__(self) -> str:
        return (
            f"{self.calls} calls in {self.seconds:.1f} s, most in any 5 s {self.largest_window}, "
            f"429: {self.too_many_requests}, {self.stranded} slots of killed holders, {self.used:.1%} of the limit used"
        )


async def figures(floor: Floor, connection: str, begun: float, killed_at: float = math.inf) -> Figures:
    """How long it took on average until a slot's next call: 5 s would be all that Fortnox allows."""
    calls = sorted(at for at in await floor.calls(connection) if at > begun)
    stranded, rate = await floor.stranded(connection), (await floor.simulator.rate())[floor.tenants[connection]]
    after = bisect(calls, killed_at)
    rounds = [late - early for early, late in zip(calls[:after], calls[25:after], strict=False)]
    rounds += [late - early for early, late in zip(calls[after:], calls[after + 25 - stranded :], strict=False)]
    return Figures(
        len(calls),
        calls[-1] - calls[0],
        rate["largest_window"],
        rate["too_many_requests"],
        stranded,
        5 / statistics.mean(rounds),
    )


async def now(floor: Floor) -> float:
    """By the simulator's clock, which its calls are noted with."""
    return max((one["at"] for one in await floor.simulator.calls()), default=0.0)


async def at_full_speed(floor: Floor, *, clients: int, killed: int, calls: int, at_once: int = 8) -> Figures:
    """So many processes call for one company until Fortnox has received so many calls; some are killed halfway."""
    connection = await floor.company()
    begun = await now(floor)
    callers = await asyncio.gather(*(floor.caller(connection, at_once=at_once) for _ in range(clients)))
    killed_at = math.inf
    if killed:
        await floor.until(connection, calls // 2)
        await asyncio.gather(*(asyncio.to_thread(caller.kill) for caller in callers[:killed]))
        killed_at = await now(floor)
    await floor.until(connection, calls)
    found = await figures(floor, connection, begun, killed_at)
    await stop(*callers[killed:])
    return found


async def test_the_budget_is_kept_and_used_by_one_and_by_five_processes(
    floor: Floor, record_property: Callable[[str, object], None]
) -> None:
    await floor.simulator.set_switch("latency_seconds", LATENCY)

    one, five = await asyncio.gather(
        at_full_speed(floor, clients=1, killed=0, calls=60),
        at_full_speed(floor, clients=5, killed=2, calls=60, at_once=3),
    )

    record_property("figure", f"budget, 1 process at full speed: {one}")
    record_property("figure", f"budget, 5 processes, 2 of them killed: {five}")
    for found in (one, five):
        assert found.largest_window <= 25
        assert found.too_many_requests == 0
    assert one.stranded == 0


@pytest.mark.long
@pytest.mark.parametrize(("clients", "killed"), [(1, 0), (5, 2), (20, 6)])
async def test_at_least_nine_tenths_of_the_limit_are_used(
    floor: Floor, record_property: Callable[[str, object], None], clients: int, killed: int
) -> None:
    await floor.simulator.set_switch("latency_seconds", LATENCY)

    found = await at_full_speed(floor, clients=clients, killed=killed, calls=220)

    record_property("figure", f"budget, {clients} processes, {killed} of them killed: {found}")
    assert found.largest_window <= 25
    assert found.too_many_requests == 0
    assert found.used >= 0.9


COMPANIES = 200
PHASE = 6.0  # seconds
PAIRS = 5  # phases without and with the giant in turn, so that whatever else the machine does meets both


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_giant_slows_nobody(floor: Floor, record_property: Callable[[str, object], None]) -> None:
    """Companies that call once a second each, for a while by themselves and for a while beside one at full speed.

    None of them ever waits for a slot. And none is slowed by more than 10 % beyond what chance does to one of them
    between two halves of the time without the giant: it is a machine's few milliseconds that are measured.
    """
    await floor.simulator.set_switch("latency_seconds", 0.0)
    companies = [await floor.company() for _ in range(COMPANIES)]
    giant = await floor.caller(await floor.company(), at_once=8)
    small = await asyncio.gather(
        *(floor.caller(*companies[part::2], every=1.0, purpose="vouchers") for part in range(2))
    )

    phases: list[tuple[float, float, bool]] = []
    before = cpu(floor, *small)
    for beside_giant in (False, True) * PAIRS:
        await asyncio.to_thread(giant.resume if beside_giant else giant.pause)
        begun = time.monotonic() + 1.0
        await asyncio.sleep(1.0 + PHASE)
        phases.append((begun, time.monotonic(), beside_giant))
    used = cpu(floor, *small) - before
    await stop(giant)

    times = [one for report in await stop(*small) for one in report.values()]
    alone, beside = ([_within(each, phases, giant) for each in times] for giant in (False, True))
    slowed = _ratios(alone, beside)
    without = [phase for phase in phases if not phase[2]]
    halves = [[_within(each, without[part::2], giant=False) for each in times] for part in range(2)]
    chance = _ratios(*halves) + _ratios(*reversed(halves))
    waited = await floor.waited("vouchers")
    a, b = (sorted(one for each in some for one in each) for some in (alone, beside))
    cores = ", ".join(f"{name} {seconds / (2 * PAIRS * (PHASE + 1)):.2f}" for name, seconds in used.items())
    record_property(
        "figure",
        f"{COMPANIES} companies, {(len(a) + len(b)) / (2 * PAIRS * PHASE):.0f} calls/s:"
        f" p50 {_ms(a, 50)} p99 {_ms(a, 99)}; beside a giant: p50 {_ms(b, 50)} p99 {_ms(b, 99)};"
        f" medians of companies, with over without: {statistics.median(slowed):.3f}, most {max(slowed):.3f};"
        f" by chance, without over without: most {max(chance):.3f};"
        f" told to wait for a slot: {waited:.0f} times, the giant {await floor.waited('import'):.0f};"
        f" cores used: {cores}",
    )
    rate = await floor.simulator.rate()
    assert sum(figures["too_many_requests"] for figures in rate.values()) == 0
    assert waited == 0
    assert statistics.median(slowed) < 1.1
    assert max(slowed) < 1.1 * max(chance)


def _ratios(before: list[list[float]], after: list[list[float]]) -> list[float]:
    """How each company's median call changed."""
    return [statistics.median(late) / statistics.median(early) for early, late in zip(before, after, strict=True)]


def _within(calls: list[list[float]], phases: list[tuple[float, float, bool]], giant: bool) -> list[float]:
    """How long the calls took that were due while the giant was there, or wasn't."""
    spans = [(begun, ended) for begun, ended, there in phases if there is giant]
    return [took for due, took in calls if any(begun <= due < ended for begun, ended in spans)]


def _ms(times: list[float], percent: int) -> str:
    return f"{statistics.quantiles(times, n=100)[percent - 1] * 1000:.1f} ms"


def cpu(floor: Floor, *callers: Process) -> Counter[str]:
    """CPU seconds that each has used so far."""
    postgres = [one for one in psutil.process_iter(["name"]) if one.info["name"] == "postgres"]
    return Counter(
        {
            "simulator": _cpu(floor.fortnox),
            "connector": _cpu(floor.connector),
            "callers": sum(_cpu(caller) for caller in callers),
            "PostgreSQL": sum(sum(one.cpu_times()[:2]) for one in postgres),
        }
    )


def _cpu(process: Process) -> float:
    return float(sum(psutil.Process(process.pid).cpu_times()[:2]))
