"""How fast vouchers are booked, with how many calls: real processes, Kafka, PostgreSQL, and Fortnox's limit on.

A company lets 25 calls through per 5 s, so n calls take at least 5·⌊(n−1)/25⌋ s, whoever makes them. `efficiency` is
that least time over the one measured, from the command's being sent until `vouchers.completed` is there.

First one batch of 100 vouchers alone, then the same with answers that take up to 100 ms; then batches of `VOUCHERS`
(100; 1,000 with `VOUCHERS=1000`, which takes seven minutes) for 20 companies at once, with two senders and with one.
Simulator, connector, senders, servers and this process share the machine's cores: hence the CPU time per voucher.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox import stack
from sandbox.demo.person import approve
from sandbox.fortnox.control import Simulator
from sandbox.product import Connector, vouchers_approved
from sandbox.product.commands import ClosingRow, ClosingVoucher, Year
from sandbox.stack import Plan, Stack

ORIGIN = "http://localhost:3000"
COMPANIES = 20
ALONE = 100  # vouchers of the batch that has the machine to itself
AT_ONCE = int(os.environ.get("VOUCHERS", "100"))  # of each company's batch
LATENCY = 0.1  # seconds, at most, of a call and its answer together
WINDOW, CALLS = 5.0, 25  # Fortnox fact 8
PATIENCE = 900.0  # seconds for a batch
YEAR = Year(date(2025, 1, 1), date(2025, 12, 31))
SERIES = "I"
EVENTS = "fortnox.vouchers.v1"
BOOKS = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Bench" 1
#GEN 20260101
#FNAMN "Ett bolag AB"
#RAR 0 20250101 20251231
#KONTO 1229 "Ack avskrivningar"
#KONTO 1930 "Bank"
#KONTO 2099 "Arets resultat"
#KONTO 7832 "Avskrivningar"
#IB 0 1930 100000.00
#IB 0 2099 -100000.00
""".encode("cp437")
SENDERS = ("voucher-sender-1", "voucher-sender-2")


def run() -> dict[str, float]:
    """`calls` are those after the check of the batch that is alone; times are seconds."""
    settings = {"LOG_LEVEL": "WARNING", "WORKERS": str(COMPANIES)}
    plan = Plan(replicas={"importer": 0, "voucher-sender": len(SENDERS)}, settings=settings)
    with stack.running(plan) as everything:
        return asyncio.run(_measure(everything))


async def _measure(everything: Stack) -> dict[str, float]:
    settings = everything.product_settings()
    async with (
        Connector(settings.connector_url, settings.connector_key.get_secret_value()) as connector,
        Simulator(everything.url("simulator")) as simulator,
        AIOKafkaProducer(bootstrap_servers=everything.kafka, max_request_size=8_100_000) as producer,
        AIOKafkaConsumer(EVENTS, bootstrap_servers=everything.kafka) as consumer,
    ):
        office = Office(everything, connector, simulator, producer, consumer)
        await office.found(1 + COMPANIES)
        alone = await office.book(office.companies[:1], ALONE)
        await simulator.set_switch("latency_seconds", LATENCY)
        slow = await office.book(office.companies[:1], ALONE)
        await simulator.set_switch("latency_seconds", 0.0)
        two = await office.book(office.companies[1:], AT_ONCE)
        everything.processes[SENDERS[1]].stop()
        one = await office.book(office.companies[1:], AT_ONCE)
    refused = sum(each.too_many_requests for each in (alone, slow, two, one))
    return {
        "vouchers": alone.vouchers,
        "calls": alone.calls_after_check,
        "too_many_requests": refused,
        **alone.figures(""),
        **slow.figures("_at_100_ms"),
        "companies_at_once": COMPANIES,
        "vouchers_at_once": two.vouchers,
        **two.figures("_at_once_2_senders"),
        **one.figures("_at_once_1_sender"),
    }


@dataclass
class Run:
    """Batches sent at the same time, and what came of them."""

    vouchers: int
    seconds: float
    calls: list[int]
    """Of each batch, the check's among them."""
    calls_after_check: int
    """The most that any batch took."""
    too_many_requests: int
    cpu: dict[str, float]

    def figures(self, name: str) -> dict[str, float]:
        return {
            f"seconds{name}": self.seconds,
            f"posts_per_second{name}": self.vouchers / self.seconds,
            f"efficiency{name}": least_seconds(max(self.calls)) / self.seconds,
            **{f"{who}_cpu_ms_per_voucher{name}": ms for who, ms in self.cpu.items()},
        }


@dataclass
class Office:
    """Connected companies, and the way to have batches booked for them."""

    everything: Stack
    connector: Connector
    simulator: Simulator
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    companies: list[tuple[int, UUID]] = field(default_factory=list)
    """Tenant and connection."""

    async def found(self, companies: int) -> None:
        for number in range(companies):
            tenant = await self.simulator.add_company(
                BOOKS, tenant=50_000 + number, invoices={"customer": 0, "supplier": 0}
            )
            session = await self.connector.open_session(f"Uppdrag {number}", origin=ORIGIN)
            await approve(session["url"], self.simulator, tenant)
            assert (await self.connector.session(session["session_id"]))["state"] == "connected"
            self.companies.append((tenant, UUID(session["connection_id"])))

    async def book(self, companies: Sequence[tuple[int, UUID]], vouchers: int) -> Run:
        """One batch for each company, all sent at once."""
        await asyncio.sleep(WINDOW)  # whatever was before has left the limit's window
        await self.simulator.clear_calls()
        commands = {(batch := uuid4()): approved(connection, batch, vouchers) for _, connection in companies}
        with used(self.everything) as cpu:
            started = time.monotonic()
            await asyncio.gather(*(self._send(command) for command in commands.values()))
            ended = await self._ended({str(batch) for batch in commands})
            seconds = time.monotonic() - started
        assert [one["booked"] for one in ended] == [vouchers] * len(companies), ended
        rate = await self.simulator.rate()
        journal = await self.simulator.calls()
        sent = vouchers * len(companies)
        return Run(
            sent,
            seconds,
            [rate[tenant]["calls"] for tenant, _ in companies],
            max(after_check([one for one in journal if one["tenant"] == tenant]) for tenant, _ in companies),
            sum(one["too_many_requests"] for one in rate.values()),
            {who: used * 1000 / sent for who, used in cpu.items()},
        )

    async def _send(self, command: Any) -> None:
        await self.producer.send_and_wait(command.topic, command.value, key=command.key, headers=command.headers)

    async def _ended(self, batches: set[str]) -> list[dict[str, Any]]:
        """The batches' last events."""
        ended: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE):
            async for record in self.consumer:
                if dict(record.headers)["ce_type"] in {b"vouchers.completed", b"vouchers.refused"}:
                    told = json.loads(record.value)
                    if told["batch_id"] in batches:
                        ended.append(told)
                if len(ended) == len(batches):
                    return ended
        raise AssertionError


def least_seconds(calls: int) -> float:
    """For that many calls of one company."""
    return WINDOW * ((calls - 1) // CALLS)


def after_check(calls: Sequence[dict[str, Any]]) -> int:
    """Calls from the booking's first look at the series on, which is the last before the first POST."""
    posts = [place for place, one in enumerate(calls) if one["method"] == "POST"]
    looks = [place for place, one in enumerate(calls[: posts[0]]) if one["path"] == "/3/vouchers"]
    return len(calls) - looks[-1]


def approved(connection: UUID, batch: UUID, vouchers: int) -> Any:
    made = [
        ClosingVoucher(
            f"{batch}-{number}",
            YEAR.to_date,
            f"Avskrivning enligt plan {number}",
            (
                ClosingRow(account=7832, debit=Decimal(100 + number), text="Avskrivning inventarier"),
                ClosingRow(account=1229, credit=Decimal(100 + number), text="Avskrivning inventarier"),
            ),
        )
        for number in range(1, vouchers + 1)
    ]
    return vouchers_approved(connection, batch, YEAR, SERIES, made)


@contextmanager
def used(everything: Stack) -> Iterator[dict[str, float]]:
    """CPU seconds of each kind of process while the block lasts."""
    spent: dict[str, float] = {}
    before = _cpu(everything)
    yield spent
    after = _cpu(everything)
    spent |= {who: seconds - before[who] for who, seconds in after.items()}


def _cpu(everything: Stack) -> dict[str, float]:
    mine = {
        "senders": [everything.processes[name] for name in SENDERS],
        "connector": [everything.processes["connector-1"]],
        "simulator": [everything.processes["simulator"]],
    }
    seconds = {who: sum(_of(psutil.Process(one.pid)) for one in they if one.alive) for who, they in mine.items()}
    servers = [one for one in psutil.Process().children(recursive=True) if one.name() == "postgres"]
    return {**seconds, "postgresql": sum(map(_of, servers))}


def _of(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])
