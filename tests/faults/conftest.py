"""Real sender processes: each lane is a database, topics and companies of its own on one running stack."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from common.clock import SYSTEM
from common.events import EventData, FinancialYear, VouchersApproved, new_event, to_record, topics
from common.events.voucher_batches import ApprovedVoucher, VoucherRow
from common.messaging.administration import create_topics
from sandbox import stack
from sandbox.demo.person import approve
from sandbox.demo.story import ORIGIN
from sandbox.embedded import Process, Supervisor
from sandbox.fortnox.control import Simulator
from sandbox.histories import Command, Record, Verdict, judge
from sandbox.leaks import Scan
from sandbox.product import Connector

YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
BOOKS = b"""#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Tests" 1
#GEN 20260101
#FNAMN "Provbolaget AB"
#RAR 0 20250101 20251231
#KONTO 1229 "Ack avskrivningar"
#KONTO 1930 "Bank"
#KONTO 2099 "Arets resultat"
#KONTO 7832 "Avskrivningar"
#KONTO 6570 "Bankkostnader"
#IB 0 1930 100000.00
#IB 0 2099 -100000.00
"""
TIMES = {
    "JOB_LEASE_SECONDS": "2",
    "SETTLING_SECONDS": "0.5",
    "CALL_TIMEOUT_SECONDS": "2",
    "AWAY_SECONDS": "0.5",
    "LOST_SECONDS": "1",
    "WORKERS": "8",
}
PATIENCE = 120.0  # seconds for what must come to its end


@dataclass
class Client:
    """A connected company, and what was sent for it."""

    tenant: int
    connection_id: UUID
    sent: list[EventData] = field(default_factory=list)
    vouchers: int = 0

    def batch(self, vouchers: int, series: str = "I", **changes: Any) -> VouchersApproved:
        """A batch of so many vouchers that were never sent before."""
        first, self.vouchers = self.vouchers + 1, self.vouchers + vouchers
        return VouchersApproved(
            connection_id=self.connection_id,
            batch_id=uuid4(),
            financial_year=YEAR,
            series=series,
            vouchers=tuple(_voucher(number) for number in range(first, first + vouchers)),
            **changes,
        )


def _voucher(number: int) -> ApprovedVoucher:
    amount = Decimal(100 + number)
    rows = VoucherRow(account=7832, debit=amount), VoucherRow(account=1229, credit=amount)
    return ApprovedVoucher(voucher_id=f"v-{number}", date=YEAR.to_date, description=f"Bokslut {number}", rows=rows)


@dataclass
class Lane:
    """One installation of the sender: its database and topics, and what the product sees of it."""

    ground: "Ground"
    prefix: str
    database: str
    producer: AIOKafkaProducer
    told: list[dict[str, Any]] = field(default_factory=list)
    """The events, each once, in the order of the stream."""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: set[bytes] = field(default_factory=set)

    async def send(self, client: Client, command: EventData) -> None:
        client.sent.append(command)
        record = to_record(new_event(command, source="product", time=SYSTEM.now()))
        await self.producer.send_and_wait(
            self.prefix + record.topic, record.value, key=record.key, headers=list(record.headers)
        )

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for message in consumer:
            headers = dict(message.headers)
            if headers["ce_id"] not in self._ids:
                self._ids.add(headers["ce_id"])
                async with self.news:
                    self.told.append({"type": headers["ce_type"].decode(), **json.loads(message.value)})
                    self.news.notify_all()

    async def until_ended(self, *commands: EventData) -> None:
        """Until each of the batches and corrections has come to its end."""
        wanted = {one.business_key for one in commands}

        def ended() -> bool:
            ends = {"vouchers.completed", "vouchers.refused"}
            return wanted <= {one["batch_id"] for one in self.told if one["type"] in ends}

        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(ended)

    def sender(self, name: str, **env: str) -> Process:
        """A process of this lane, not yet started."""
        own = {"DATABASE_URL": self.database, "KAFKA_TOPIC_PREFIX": self.prefix, **env}
        return Process(
            self.ground.supervisor, stack.service_command(self.ground.stack, "voucher-sender", name, {**TIMES, **own})
        )

    async def verdict(self, client: Client) -> Verdict:
        """What the independent checker says of all that one company has seen."""
        books = await self.ground.simulator.vouchers(client.tenant, gone=True)
        keys = {one.business_key for one in client.sent}
        commands = [
            Command(str(number), one.TYPE, client.tenant, one.model_dump(mode="json"))
            for number, one in enumerate(client.sent)
        ]
        told = [one for one in self.told if one["batch_id"] in keys]
        return judge(Record({client.tenant: books}, told, commands))


@dataclass
class Ground:
    """A running stack without senders: Kafka, PostgreSQL, the simulated Fortnox, the connector."""

    stack: stack.Stack
    supervisor: Supervisor
    simulator: Simulator
    connector: Connector
    create_database: Callable[..., Awaitable[str]]
    scan: Scan
    creating: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def client(self) -> Client:
        """A company that has connected us."""
        tenant = await self.simulator.add_company(BOOKS, invoices={"customer": 0, "supplier": 0})
        companies = await self.simulator.companies()
        number = next(one["organisation_number"] for one in companies if one["tenant"] == tenant)
        session = await self.connector.open_session("Uppdrag 1", origin=ORIGIN, organisation_number=number)
        await approve(session["url"], self.simulator, tenant)
        assert (await self.connector.session(session["session_id"]))["state"] == "connected"
        return Client(tenant, UUID(session["connection_id"]))

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        prefix = f"lane-{uuid4().hex[:8]}."
        await create_topics(self.stack.kafka, prefix)
        producer = AIOKafkaProducer(bootstrap_servers=self.stack.kafka)
        consumer = AIOKafkaConsumer(
            prefix + topics.VOUCHERS.name, bootstrap_servers=self.stack.kafka, auto_offset_reset="earliest"
        )
        await producer.start()
        await consumer.start()
        async with self.creating:
            database = await self.create_database("voucher_sender")
        lane = Lane(self, prefix, database, producer)
        listening = asyncio.create_task(lane.listen(consumer))
        try:
            yield lane
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await consumer.stop()
            await producer.stop()
            await self.scan.topics(self.stack.kafka, prefix)


@pytest.fixture(scope="module")
async def ground(kafka: str, create_database: Callable[..., Awaitable[str]], scan: Scan) -> AsyncIterator[Ground]:
    plan = stack.Plan(
        replicas={"importer": 0, "voucher-sender": 0},
        topic_prefix=f"ground-{uuid4().hex[:8]}.",
        settings=stack.SHORT_TIMES,
        kafka=kafka,
        postgres=await create_database(),
    )
    starting, supervisor = stack.running(plan), Supervisor()
    try:
        running = await asyncio.to_thread(starting.__enter__)
        key = running.keys["product"]
        async with Connector(running.url("connector-1"), key) as connector, Simulator(running.url("simulator")) as sim:
            yield Ground(running, supervisor, sim, connector, create_database, scan)
    finally:
        await asyncio.to_thread(supervisor.close)
        await asyncio.to_thread(starting.__exit__, None, None, None)
        await scan.topics(kafka, plan.topic_prefix)
