"""How long an import takes and how many calls: real processes, Kafka, PostgreSQL, and Fortnox's limit on.

A company lets 25 calls through per 5 s, so n calls take at least T_min(n) = 5·⌊(n−1)/25⌋ s, whoever makes them
(field fact D2). `efficiency` is T_min of the plan's calls, with the longest chain of calls that need each other's
answers, over the time from the first call's arrival to the last one's answer. Both are read off the simulator's
journal, so that Kafka, parsing and publishing are no part of them; `seconds` are from the command's being sent to
`import.completed`.

Small, middle and big companies, so many of them at once on one importer process. The big one is issue-sized: 5,000
customer and 3,000 supplier invoices, some 250 of them open at or paid after the closing date, 10,000 vouchers.
Simulator, connector, importer, servers and this process share the machine's cores.
"""

import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox import stack
from sandbox.demo.person import approve
from sandbox.fortnox.control import Simulator
from sandbox.product import Connector, import_requested
from sandbox.product.commands import Year
from sandbox.stack import Plan, Stack

ORIGIN = "http://localhost:3000"
AT_ONCE = tuple(map(int, os.environ.get("COMPANIES", "1,5,20").split(",")))
LATENCY = 0.1  # seconds, at most, of a call and its answer together
WINDOW, CALLS = 5.0, 25  # Fortnox fact 8
PATIENCE = 600.0  # seconds
YEAR = Year(date(2025, 1, 1), date(2025, 12, 31))
EVENTS = "fortnox.imports.v1"
ENDS = {b"import.completed", b"import.failed", b"import.cancelled", b"import.refused"}
PAID_AFTER = timedelta(days=7)  # so that some 250 of the big one's invoices are open when the year ends


@dataclass(frozen=True)
class Size:
    """A company: `customer` and `supplier` are what the simulator is asked for, which adds some of its own."""

    name: str
    customer: int
    supplier: int
    vouchers: int


SIZES = (Size("small", 100, 60, 400), Size("middle", 1_000, 600, 2_000), Size("big", 4_620, 2_780, 10_000))


def run() -> dict[str, float]:
    """Seconds, calls, and efficiencies; those without a name are of one big company alone."""
    settings = {"LOG_LEVEL": "WARNING", "WORKERS": str(max(AT_ONCE))}
    with stack.running(Plan(replicas={"voucher-sender": 0}, settings=settings)) as everything:
        return asyncio.run(_measure(everything))


async def _measure(everything: Stack) -> dict[str, float]:
    settings = everything.product_settings()
    async with (
        Connector(settings.connector_url, settings.connector_key.get_secret_value()) as connector,
        Simulator(everything.url("simulator")) as simulator,
        AIOKafkaProducer(bootstrap_servers=everything.kafka) as producer,
        AIOKafkaConsumer(EVENTS, bootstrap_servers=everything.kafka) as consumer,
    ):
        office = Office(connector, simulator, producer, consumer)
        figures: dict[str, float] = {}
        for size in SIZES:
            companies = await office.found(size, max(AT_ONCE))
            await office.fetch(companies[:1])  # warm: an importer's first import loads what later ones have
            for at_once in AT_ONCE:
                found = await office.fetch(companies[:at_once])
                figures |= found.figures(f"_{size.name}_{at_once}")
        await simulator.set_switch("latency_seconds", LATENCY)
        slow = await office.fetch(companies[:1])
    alone = {name.removesuffix("_big_1"): value for name, value in figures.items() if name.endswith("_big_1")}
    return {**alone, **slow.figures("_big_at_100_ms"), **figures}


@dataclass
class Fetched:
    """Imports that ran at the same time, and what the simulator saw of them."""

    seconds: float
    ended: Sequence[dict[str, Any]]
    journals: Sequence[Sequence[dict[str, Any]]]
    too_many_requests: int

    def figures(self, name: str) -> dict[str, float]:
        fetching = max(map(span, self.journals))
        planned = max(one["calls_planned"] for one in self.ended)
        least = WINDOW * ((planned - 1) // CALLS)
        return {
            f"calls{name}": max(len(journal) for journal in self.journals),
            f"calls_planned{name}": planned,
            f"seconds{name}": self.seconds,
            f"seconds_fetching{name}": fetching,
            f"too_many_requests{name}": self.too_many_requests,
            f"efficiency{name}": (least + max(map(chain, self.journals))) / fetching,
        }


@dataclass
class Office:
    """Connected companies, and the way to have them imported."""

    connector: Connector
    simulator: Simulator
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    tenants: dict[UUID, int] = field(default_factory=dict)
    """By connection."""

    async def found(self, size: Size, companies: int) -> list[UUID]:
        """So many connected companies of a size, each with the same books."""
        books, made = books_of(size), []
        for number in range(companies):
            tenant = await self.simulator.add_company(
                books,
                tenant=60_000 + len(self.tenants),
                seed=number + 1,
                invoices={"customer": size.customer, "supplier": size.supplier},
            )
            session = await self.connector.open_session(f"Uppdrag {tenant}", origin=ORIGIN)
            await approve(session["url"], self.simulator, tenant)
            made.append(UUID(session["connection_id"]))
            self.tenants[made[-1]] = tenant
        return made

    async def fetch(self, connections: Sequence[UUID]) -> Fetched:
        """One import of each, all asked for at once."""
        await asyncio.sleep(WINDOW)  # whatever was before has left the limit's window
        await self.simulator.clear_calls()
        commands = {(wanted := uuid4()): import_requested(one, wanted, YEAR) for one in connections}
        started = time.monotonic()
        for command in commands.values():
            await self.producer.send_and_wait(command.topic, command.value, key=command.key, headers=command.headers)
        ended = await self._ended({str(wanted) for wanted in commands})
        seconds = time.monotonic() - started
        journal = await self.simulator.calls()
        rate = await self.simulator.rate()
        return Fetched(
            seconds,
            ended,
            [[one for one in journal if one["tenant"] == self.tenants[connection]] for connection in connections],
            sum(one["too_many_requests"] for one in rate.values()),
        )

    async def _ended(self, imports: set[str]) -> list[dict[str, Any]]:
        ended: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE):
            async for record in self.consumer:
                if dict(record.headers)["ce_type"] in ENDS:
                    told = json.loads(record.value)
                    if told["import_id"] in imports:
                        assert "snapshot_id" in told, told
                        ended.append(told)
                if len(ended) == len(imports):
                    return ended
        raise AssertionError


def span(journal: Sequence[dict[str, Any]]) -> float:
    """Seconds from the first call's arrival to the last one's answer."""
    begun = min(float(call["at"]) for call in journal)
    return max(float(call["at"] + call["seconds"]) for call in journal) - begun


def chain(journal: Sequence[dict[str, Any]]) -> float:
    """Seconds of the longest chain of calls that need each other's answers, each as long as the longest of its kind.

    Who it is; a list's first page; its others; what they leave open; whether all is still so; how many there are.
    """
    steps: dict[int, float] = defaultdict(float)
    files = 0
    for call in journal:
        files += call["path"] == "/3/sie/4"
        step = step_of(call, first_file=files == 1)
        steps[step] = max(steps[step], call["seconds"])
    return sum(steps.values())


def step_of(call: dict[str, Any], *, first_file: bool) -> int:
    path, query = call["path"], call["query"]
    if path in {"/3/companyinformation", "/3/financialyears"}:
        return 0
    if path == "/3/sie/4":
        return 1 if first_file else 4
    if "lastmodified" in query:
        return 4
    if "limit=1&" in query:
        return 5
    if path.count("/") > 2:
        return 3
    return 1 if query.endswith("page=1") or "page=" not in query else 2


def books_of(size: Size) -> bytes:
    """A year's books: a voucher for two invoices, one for their payment, and others for the rest."""
    lines = [
        "#FLAGGA 0", "#FORMAT PC8", "#SIETYP 4", '#PROGRAM "Bench" 1', "#GEN 20260101", '#FNAMN "Ett bolag AB"',
        "#RAR 0 20250101 20251231", '#KONTO 1510 "Kundfordringar"', '#KONTO 1930 "Bank"',
        '#KONTO 2440 "Leverantorsskulder"', '#KONTO 3001 "Forsaljning"', '#KONTO 4010 "Inkop"',
        '#KONTO 6570 "Bankavgifter"',
    ]  # fmt: skip
    made = [*ledger_vouchers("B", "C", 1510, 3001, size.customer // 2)]
    made += ledger_vouchers("D", "E", 2440, 4010, size.supplier // 2, sign=-1)
    made += (
        ("A", day_of(number, rest), 6570, 1930, 50) for rest in [size.vouchers - len(made)] for number in range(rest)
    )
    numbers: dict[str, int] = defaultdict(int)
    for series, day, debit, credit, amount in sorted(made, key=lambda voucher: voucher[:2]):
        numbers[series] += 1
        lines += [
            f'#VER {series} {numbers[series]} {day:%Y%m%d} "Verifikation"', "{", f"#TRANS {debit} {{}} {amount}",
            f"#TRANS {credit} {{}} {-amount}", "}",
        ]  # fmt: skip
    return "\r\n".join(lines).encode("cp437")


def ledger_vouchers(
    invoices: str, payments: str, account: int, other: int, count: int, *, sign: int = 1
) -> list[tuple[str, date, int, int, int]]:
    """Series, date, debit, credit, amount: what a voucher raised is paid some days later, if the year has them."""
    made = []
    for number in range(count):
        day, amount = day_of(number, count), 1_000 + number * 7_919 % 9_000
        pair = (account, other) if sign > 0 else (other, account)
        made.append((invoices, day, *pair, amount))
        if day + PAID_AFTER <= YEAR.to_date:
            paid = (1930, account) if sign > 0 else (account, 1930)
            made.append((payments, day + PAID_AFTER, *paid, amount))
    return made


def day_of(number: int, of: int) -> date:
    """Spread evenly over the year."""
    return YEAR.from_date + timedelta(days=number * 364 // max(1, of - 1))
