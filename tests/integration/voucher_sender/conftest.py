"""An office: a simulated Fortnox in process, a database of the test's own, and senders that work on it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import stamina
from faststream.kafka import KafkaBroker
from pydantic import SecretStr

from common import database as db
from common.clock import SYSTEM
from common.events import FinancialYear, VouchersApproved, VouchersCorrectionRequested, new_event
from common.events.voucher_batches import ApprovedVoucher, Mode, Policy, VoucherRow
from common.jobs import Job, JobStore, Worker
from common.messaging.outbox import Outbox
from common.service import Runtime
from common.settings import Caller
from fortnox.testing import FreePermits
from sandbox.fortnox.app import create_app
from sandbox.fortnox.company import ALL_SCOPES, Company
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.founding import Wanted, found
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.sim import truth
from sandbox.fortnox.world import World
from sandbox.histories import Command, Record, judge
from sandbox.histories.fortnox_side import BOOKS
from voucher_sender import batch_job
from voucher_sender.app import create_app as voucher_sender_app
from voucher_sender.app import job_kind
from voucher_sender.handlers import Handlers
from voucher_sender.sender import Sender, Timing
from voucher_sender.settings import VoucherSenderSettings

SCHEMA = "voucher_sender"
KEY = "a key of the tests"
CLIENT_ID = "tests"
YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
LAST_DAY = YEAR.to_date
TIMING = Timing(
    call_timeout=0.5,
    post_within=2.0,
    settling=timedelta(seconds=0.15),
    away=timedelta(seconds=0.1),
    lost=timedelta(seconds=0.1),
)

MEMORY = "vouchers, receipts, corrections, decisions, companies, batches, batch_vouchers, series_locks, jobs, job_turns"
EVERYTHING = f"{MEMORY}, inbox, outbox, outbox_sequences"

Batches = Callable[..., VouchersApproved]


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


Meanwhile = Callable[[str], Awaitable[None]]


@dataclass
class Watched(httpx.AsyncBaseTransport):
    """The way to Fortnox, with something that happens around each POST."""

    inner: httpx.AsyncBaseTransport
    meanwhile: Meanwhile

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return await self.inner.handle_async_request(request)
        await self.meanwhile("before POST")
        try:
            return await self.inner.handle_async_request(request)
        finally:
            await self.meanwhile("after POST")


@dataclass
class Office:
    """What a test sees: the approved batches, what was told, and the truth in the books."""

    dsn: str
    pool: db.Pool
    world: World
    simulator: Simulator
    transport: httpx.ASGITransport
    tenant: int
    connection_id: UUID = field(default_factory=uuid4)
    timing: Timing = TIMING

    last_day = LAST_DAY

    @property
    def company(self) -> Company:
        return self.world.companies[self.tenant]

    @property
    def financial_year(self) -> int:
        """Fortnox's id of the year."""
        year = self.company.year_of(LAST_DAY)
        assert year is not None
        return year.id

    def sender(self, pool: db.Pool | None = None, permits: Any = None) -> Sender:
        """A process's means of its own."""

        @asynccontextmanager
        async def session(_connection: UUID) -> AsyncIterator[Any]:
            yield permits or FreePermits(self.token(), tenant=self.tenant)

        return Sender(
            client_id=CLIENT_ID,
            permits=session,
            open_session=lambda: db.connect(self.dsn, SCHEMA),
            pool=pool or self.pool,
            fortnox_url="http://fortnox",
            transport=self.transport,
            timing=self.timing,
        )

    def beside(self, tenant: int) -> "Office":
        """The same office, seen from another company that begins with the same books."""
        open_company(self.world, tenant)
        return replace(self, tenant=tenant, connection_id=uuid4())

    def token(self) -> str:
        grant = self.world.grants.grants[CLIENT_ID, self.tenant]
        return self.world.grants.mint.access_token(CLIENT_ID, self.tenant, tuple(ALL_SCOPES), grant.epoch)

    def another_company(self) -> "Office":
        """An office with the same Fortnox and the same database, whose company has books of its own."""
        company = open_company(self.world)
        return replace(self, tenant=company.tenant, connection_id=uuid4())

    async def approve(self, batch: VouchersApproved) -> VouchersApproved:
        """Enqueues the batch as the inbox does."""
        event = new_event(batch, source="tests", time=SYSTEM.now())
        async with self.pool.acquire() as connection, connection.transaction():
            await Handlers(Outbox(), "voucher-sender").enqueue(connection, event)
        return batch

    async def request(self, *voucher_ids: str, **changes: Any) -> VouchersCorrectionRequested:
        """Asks for a correction as the inbox does."""
        fields = {
            "connection_id": self.connection_id,
            "correction_id": uuid4(),
            "financial_year": YEAR,
            "series": "I",
            "date": LAST_DAY,
            "voucher_ids": voucher_ids,
            "requested_by": "user-1042",
        }
        correction = VouchersCorrectionRequested(**{**fields, **changes})
        event = new_event(correction, source="tests", time=SYSTEM.now())
        async with self.pool.acquire() as connection, connection.transaction():
            await Handlers(Outbox(), "voucher-sender").correct(connection, event)
        return correction

    async def correct(
        self, *voucher_ids: str, meanwhile: Meanwhile | None = None, **changes: Any
    ) -> list[dict[str, Any]]:
        """Asks for a correction, works until it has ended, and gives its events."""
        correction = await self.request(*voucher_ids, **changes)
        sender = self.sender()
        await self.work(self.watched(sender, meanwhile) if meanwhile else sender)
        return await self.told_of(correction.correction_id)

    async def work(self, sender: Sender | None = None) -> None:
        """One process works until no job is left."""
        sender = sender or self.sender()
        async with asyncio.timeout(30):
            while await self.unfinished():
                job = await self.claim(sender)
                if job is None:
                    await asyncio.sleep(0.01)
                    continue
                await batch_job.run(job, sender)

    async def attempt(self, sender: Sender | None = None) -> None:
        """One attempt at the job that is due."""
        sender = sender or self.sender()
        await self.due()
        job = await self.claim(sender)
        assert job is not None
        await batch_job.run(job, sender)

    async def claim(self, sender: Sender) -> Job[Any] | None:
        kind = job_kind(sender)
        worker = Worker(kind, sender.pool, Outbox(), "voucher-sender")
        async with sender.pool.acquire() as connection:
            claim = await JobStore(connection).claim(kind.name, kind.version, timedelta(seconds=15))
        return worker._job(claim) if claim else None

    async def unfinished(self) -> int:
        async with self.pool.acquire() as connection:
            return int(
                await connection.fetchval("select count(*) from jobs where status in ('queued', 'running', 'waiting')")
            )

    async def book(self, batch: VouchersApproved, meanwhile: Meanwhile | None = None) -> list[dict[str, Any]]:
        """Approves a batch, works until it has ended, and gives its events.

        `meanwhile` is called "before POST" and "after POST", for what other people do at that moment.
        """
        await self.approve(batch)
        sender = self.sender()
        await self.work(self.watched(sender, meanwhile) if meanwhile else sender)
        return await self.events(batch)

    def watched(self, sender: Sender, meanwhile: Meanwhile) -> Sender:
        return replace(sender, transport=Watched(self.transport, meanwhile))

    async def cut_locks(self) -> None:
        """The sessions that hold a right to post are lost."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                """
                select pg_terminate_backend(pid) from pg_locks
                where locktype = 'advisory'
                  and database = (select oid from pg_database where datname = current_database())
                """
            )

    async def free(self, job: Job[Any]) -> None:
        """The job that an attempt left unfinished is for anybody to take, as when its lease has run out."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                "update jobs set lease_until = clock() where id = $1 and fence = $2 and status = 'running'",
                job.claim.id,
                job.claim.fence,
            )

    async def wait_until(self, condition: str) -> None:
        """Until a question to the database is answered with yes."""
        async with asyncio.timeout(60), self.pool.acquire() as connection:
            while True:
                if await connection.fetchval(condition):
                    return
                await asyncio.sleep(0.02)

    async def due(self) -> None:
        """Jobs that wait are due now."""
        async with self.pool.acquire() as connection:
            await connection.execute("update jobs set run_at = clock() where status = 'waiting'")

    async def expire_leases(self) -> None:
        """Jobs that somebody holds are free for others."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                "update jobs set lease_until = clock() - interval '1 s', run_at = clock() where status <> 'done'"
            )

    async def forget(self) -> None:
        """The database is lost and begun anew: what was booked is known to Fortnox alone."""
        async with self.pool.acquire() as connection:
            await connection.execute(f"truncate {MEMORY}")

    async def events(self, batch: VouchersApproved) -> list[dict[str, Any]]:
        """What was told of a batch: {type, …data}, in order."""
        return await self.told_of(batch.batch_id)

    async def told_of(self, batch_id: UUID) -> list[dict[str, Any]]:
        return [one for one in await self.all_events() if one["batch_id"] == str(batch_id)]

    async def all_events(self) -> list[dict[str, Any]]:
        async with self.pool.acquire() as connection:
            rows = await connection.fetch("select value, headers from outbox order by id")
        return [{"type": dict(row["headers"])["ce_type"], **json.loads(row["value"])} for row in rows]

    def books(self, series: str = "I") -> list[Any]:
        """The truth: the series' vouchers of the year, by number."""
        return [one for one in self.company.books.of_year(self.financial_year) if one.series == series]

    def judge(self, *asked: VouchersApproved | VouchersCorrectionRequested, told: Iterable[dict[str, Any]]) -> None:
        """Never doubled, never lost, receipts true, in order: by the books, the events and what was approved."""
        commands = [Command(one.business_key, one.TYPE, self.tenant, one.model_dump(mode="json")) for one in asked]
        books = truth.vouchers(self.company.books, self.company.books.gone)
        verdict = judge(Record({self.tenant: books}, list(told), commands))
        assert verdict.good, str(verdict)


def open_company(world: World, tenant: int | None = None) -> Company:
    """A company with `BOOKS` and without ledgers, connected to us."""
    company = found(world, BOOKS, Wanted(tenant=tenant, invoices={"customer": 0, "supplier": 0}))
    world.grants.consent(CLIENT_ID, company.tenant, tuple(ALL_SCOPES), service=True)
    return company


@pytest.fixture(scope="session")
async def senders_database(create_database: Callable[..., Awaitable[str]]) -> str:
    """One for all of a worker's tests: emptying it is cheaper than dropping one per test."""
    return await create_database(SCHEMA)


@pytest.fixture
async def office(senders_database: str) -> AsyncIterator[Office]:
    dsn = senders_database
    pool = await db.create_pool(dsn, SCHEMA)
    async with pool.acquire() as connection:
        await connection.execute(f"truncate {EVERYTHING}")
    world = World()
    world.switches.rate_limit = False
    world.grants.register(Application(CLIENT_ID, "secret", ()))
    company = open_company(world, 4711)
    transport = httpx.ASGITransport(create_app(world), raise_app_exceptions=True)
    async with Simulator("http://fortnox", transport=transport) as simulator:
        opened = Office(dsn, pool, world, simulator, transport, company.tenant)
        yield opened
    pool.terminate()


def _voucher(number: int, amount: Decimal | int | str = 100, **changes: Any) -> ApprovedVoucher:
    rows = (
        VoucherRow(account=7832, debit=Decimal(amount), text="Avskrivning"),
        VoucherRow(account=1229, credit=Decimal(amount)),
    )
    fields = {"voucher_id": f"v-{number}", "date": LAST_DAY, "description": f"Bokslut {number}", "rows": rows}
    return ApprovedVoucher(**{**fields, **changes})


@pytest.fixture
def voucher() -> Callable[..., ApprovedVoucher]:
    """A closing voucher: `voucher(7)` is v-7, 100 kr of depreciation."""
    return _voucher


@pytest.fixture
def a_batch(office: Office) -> Batches:
    """A batch of so many vouchers, or of those given."""

    def make(vouchers: int | Iterable[ApprovedVoucher] = 1, **changes: Any) -> VouchersApproved:
        chosen = [_voucher(n, 100 + n) for n in range(1, vouchers + 1)] if isinstance(vouchers, int) else list(vouchers)
        fields = {
            "connection_id": office.connection_id,
            "batch_id": uuid4(),
            "financial_year": YEAR,
            "series": "I",
            "mode": Mode.BOOK,
            "policy": Policy.ALL_OR_NOTHING,
            "vouchers": tuple(chosen),
        }
        return VouchersApproved(**{**fields, **changes})

    return make


@pytest.fixture
def patient(office: Office) -> Callable[..., Office]:
    """The same office with other times."""

    def change(**times: Any) -> Office:
        return replace(office, timing=replace(office.timing, **times))

    return change


@dataclass(frozen=True)
class Interface:
    """The service's HTTP side on the office's database, without Kafka."""

    app: Any
    headers: dict[str, str]


@pytest.fixture
async def interface(office: Office) -> Interface:
    settings = VoucherSenderSettings(
        database_url=SecretStr(office.dsn),
        kafka_bootstrap_servers="",
        connector_url="",
        connector_key=SecretStr(""),
        fortnox_client_id=CLIENT_ID,
        callers={"product": Caller(keys=(SecretStr(KEY),), scopes=frozenset({"vouchers"}))},
    )
    app = voucher_sender_app(settings)
    runtime = Runtime("voucher-sender", SCHEMA, settings, office.pool, KafkaBroker(), AsyncExitStack())
    app.state.service.runtime = runtime
    return Interface(app, {"authorization": f"Bearer {KEY}"})
