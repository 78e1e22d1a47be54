"""A sender dies at any await of a command's whole way, in every phase; one that comes after it ends it well.

The way: the record is consumed and put in the inbox, its offset committed, the job claimed, run and ended, its events
published. After each crash a replica begins where the dead one's commits left it.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.events import Record as KafkaRecord
from common.events import Trouble, VouchersCorrectionRequested, topics
from common.leases import LeaseRefused
from fortnox.testing import FreePermit, FreePermits
from sandbox.fortnox.sim import truth
from sandbox.histories import Command, Record, Verdict, judge
from sandbox.stepping import outside
from voucher_sender import batch_job

LOST = Trouble(code="connector.lost", swedish="Kopplingen har brutits.", next_step="Koppla igen.", english="Lost.")
POST, LIST = "POST /3/vouchers", "GET /3/vouchers"


@dataclass
class Run:
    """One company, whose sender dies once."""

    office: Any
    way: Any
    batch: Callable[..., Any]
    voucher: Callable[..., Any]
    commands: list[Any] = field(default_factory=list)
    happened: set[str] = field(default_factory=set)
    """What people did in Fortnox, in the words of the histories."""

    def approves(self, *vouchers: int, **changes: Any) -> None:
        """The product sends a batch of vouchers with these numbers."""
        self.sends(self.made(*vouchers, **changes))

    def sends(self, command: Any) -> None:
        self.commands.append(command)
        self.way.send(command)

    def made(self, *vouchers: int, **changes: Any) -> Any:
        chosen = [self.voucher(number, 100 + number) for number in vouchers]
        return self.batch(chosen, connection_id=self.office.connection_id, **changes)

    async def fault(self, match: str, kind: str, **more: Any) -> None:
        await self.office.simulator.fault(match, kind, tenant=self.office.tenant, **more)

    async def has_booked(self, *vouchers: int) -> None:
        """An earlier batch, without any trouble."""
        self.approves(*vouchers)
        await self.way.replica()

    async def has_left_unknown(self, *vouchers: int, attempts: int) -> None:
        """An earlier batch, whose first voucher's outcome nobody could find out in so many attempts."""
        self.commands.append(await self.office.approve(self.made(*vouchers)))
        await self.fault(POST, "timeout-after")
        await self.fault(LIST, "status-503", skip=2, times=3)
        sender = self.office.sender()
        await batch_job.run(await self.office.claim(sender), sender)
        async with self.office.pool.acquire() as connection:
            await connection.execute(
                "update jobs set attempts = $1, run_at = clock() where status = 'waiting'", attempts
            )

    def verdict(self) -> Verdict:
        tenant, books = self.office.tenant, self.office.company.books
        commands = [
            Command(str(number), one.TYPE, tenant, one.model_dump(mode="json"))
            for number, one in enumerate(self.commands)
        ]
        happened = frozenset(self.happened)
        return judge(Record({tenant: truth.vouchers(books, books.gone)}, self.way.told(), commands, happened))


async def booking(run: Run) -> None:
    run.approves(1, 2)


async def check(run: Run) -> None:
    run.approves(1, 2, mode="check")


async def found(run: Run) -> None:
    """The answer was lost, the voucher is there."""
    await run.fault(POST, "timeout-after")
    run.approves(1, 2)


async def sent_again(run: Run) -> None:
    """The request was lost: two looks, then it is sent again."""
    await run.fault(POST, "timeout-before")
    run.approves(1, 2)


async def read_singly(run: Run) -> None:
    """The list hides comments, and the answer was lost."""
    await run.office.simulator.set_switch("list_shows_comments", False)
    await run.fault(POST, "timeout-after", skip=1)
    run.approves(1, 2)


async def refused(run: Run) -> None:
    """Fortnox refuses what the check let pass."""

    async def close(moment: str) -> None:
        if moment == "before POST":
            run.happened.add("close account")
            await run.office.simulator.deactivate_account(run.office.tenant, 7832)

    office = run.office
    run.way.make_sender = lambda pool: office.watched(office.sender(pool), close)
    run.approves(1, 2, series="A", policy="book_what_passes")


async def duplicated(run: Run) -> None:
    """Two vouchers with one marker, and a database that has forgotten both."""
    await run.has_booked(1)
    booked = run.office.books()[0]
    rows = [(7832, 101), (1229, -101)]
    await run.office.simulator.book_voucher(
        run.office.tenant, series="I", date=run.office.last_day, rows=rows, comments=booked.comments
    )
    await run.office.forget()
    run.approves(1)


async def put_off(run: Run) -> None:
    """The connection is lost after some calls, and comes back."""
    permits = Losable(run.office.token(), tenant=run.office.tenant)
    run.way.make_sender = lambda pool: run.office.sender(pool, permits=permits)
    run.approves(1, 2)


async def put_off_in_doubt(run: Run) -> None:
    """The same while a voucher's outcome is unknown."""
    await put_off(run)
    await run.fault(POST, "timeout-after")


async def given_up(run: Run) -> None:
    """A batch that was attempted too often, and one that comes after it with the same vouchers."""
    await run.has_left_unknown(1, 2, attempts=8)
    run.approves(1, 2)


async def buried(run: Run) -> None:
    """A batch that could not even be given up, and one that comes after it with the same vouchers."""
    await run.has_left_unknown(1, 2, attempts=16)
    run.approves(1, 2)


async def sent_twice(run: Run) -> None:
    """A batch of vouchers that are booked already."""
    await run.has_booked(1, 2)
    run.approves(1, 2)


async def heartbeat(run: Run) -> None:
    """Fortnox answers slowly: the job's lease is renewed meanwhile."""
    run.way.lease, patience = 2.0, replace(run.office.timing, call_timeout=3.0)
    office = run.way.office = replace(run.office, timing=patience)

    async def renewal() -> None:
        running = "from jobs where status = 'running'"
        async with run.office.pool.acquire() as connection:
            lease = await connection.fetchval(f"select max(lease_until) {running}")
        await run.office.wait_until(f"select coalesce((select max(lease_until) > '{lease}' {running}), true)")

    async def until_renewed(moment: str) -> None:
        if moment == "before POST":
            await outside(renewal())

    run.way.make_sender = lambda pool: office.watched(office.sender(pool), until_renewed)
    run.approves(1)


async def odd_commands(run: Run) -> None:
    """A record that nobody can read, a batch that comes twice, and one with the same id and other vouchers."""
    run.way.kafka.write(KafkaRecord(topics.VOUCHER_BATCHES.name, b"?", b"no JSON"))
    batch = run.made(1)
    run.sends(batch)
    run.sends(batch)
    run.sends(run.made(9, batch_id=batch.batch_id))


async def correction(run: Run) -> None:
    """A booked voucher is reversed."""
    await run.has_booked(1)
    run.sends(
        VouchersCorrectionRequested(
            connection_id=run.office.connection_id,
            correction_id=uuid4(),
            voucher_ids=("v-1",),
            financial_year=run.commands[0].financial_year,
            series="I",
            date=run.office.last_day,
            reason="Fel belopp",
            requested_by="Eva Ek",
        )
    )


async def correction_in_doubt(run: Run) -> None:
    """The same, and the answer to the reversing voucher is lost."""
    await correction(run)
    await run.fault(POST, "timeout-after")


class Losable(FreePermits):
    """The connection is lost at the third call, for two attempts."""

    losses = 2

    async def acquire(self) -> FreePermit:
        if len(self.given) >= 3 and self.losses:
            self.losses -= 1
            raise LeaseRefused(LOST, 409)
        return await super().acquire()


@dataclass(frozen=True)
class Phase:
    prepare: Callable[[Run], Awaitable[None]]
    booked: int = 2
    rejected: int = 0
    uncertain: int = 0


PHASES = [
    Phase(booking),
    Phase(check, booked=0),
    Phase(found),
    Phase(sent_again),
    Phase(read_singly),
    Phase(refused, booked=0, rejected=2),
    Phase(duplicated, booked=0, uncertain=1),
    Phase(put_off),
    Phase(put_off_in_doubt),
    Phase(given_up),
    Phase(buried),
    Phase(sent_twice),
    Phase(heartbeat, booked=1),
    Phase(odd_commands, booked=1),
    Phase(correction, booked=1),
    Phase(correction_in_doubt, booked=1),
]
SAMPLE = 2
names = pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.prepare.__name__)


@contextmanager
def at(awaits: int | None) -> Iterator[None]:
    """Says at which await the process had died."""
    try:
        yield
    except Exception as error:
        error.add_note(f"after a crash at await {awaits}")
        raise


async def cross(run: Run, phase: Phase, awaits: int | None = None) -> tuple[bool, int]:
    """One crash, the replica after it, and the verdict. Whether there was a crash, and how many awaits there were."""
    await phase.prepare(run)
    ended, there_were = await run.way.replica(awaits)
    if not ended:
        with at(awaits):
            assert (await run.way.replica())[0]
    with at(awaits):
        check_outcome(run, phase)
    await run.office.simulator.clear_faults()
    await run.office.simulator.set_switch("list_shows_comments", True)
    return ended, there_were


def check_outcome(run: Run, phase: Phase) -> None:
    """What was promised, by the independent checker, and that the last command came to its usual end."""
    told, last = run.way.told(), run.commands[-1].business_key
    verdict = run.verdict()
    if phase.uncertain:
        assert [one["voucher_id"] for one in told if one["type"] == "voucher.duplicated"] == ["v-1"]
        verdict.doubled.clear()  # by another person
    verdict.still_uncertain = [one for one in verdict.still_uncertain if last in one and not phase.uncertain]
    assert verdict.good, str(verdict)
    end = next(one for one in told if (one["type"], one["batch_id"]) == ("vouchers.completed", last))
    booked = end["booked"] + end["already_booked"]
    assert (booked, end["rejected"], end["uncertain"]) == (phase.booked, phase.rejected, phase.uncertain)


@pytest.fixture
def new_run(office: Any, crossing: Any, a_batch: Any, voucher: Any, patient: Any) -> Callable[[], Run]:
    hurried = patient(call_timeout=0.1, post_within=0.1, settling=timedelta(seconds=0.05), away=timedelta(seconds=0.05))

    def make() -> Run:
        company = hurried.another_company()
        return Run(company, crossing(company), a_batch, voucher)

    return make


@names
async def test_a_crash_at_some_awaits(new_run: Any, phase: Phase, figure: Any) -> None:
    """Some of each phase's, and together somewhere on every part of the way; all of them take minutes."""
    _, awaits = await cross(new_run(), phase)
    start = PHASES.index(phase) / len(PHASES)
    for number in range(SAMPLE):
        await cross(new_run(), phase, 1 + int(awaits * (number + start) / SAMPLE))
    figure(f"{phase.prepare.__name__}: {awaits} awaits from command to published events, {SAMPLE} crashes tried")


@pytest.mark.long
@names
async def test_a_crash_at_every_await(new_run: Any, phase: Phase, figure: Any) -> None:
    for awaits in itertools.count(1):
        ended, _ = await cross(new_run(), phase, awaits)
        if ended:
            break
    figure(f"{phase.prepare.__name__}: {awaits - 1} crashes, one at each await from command to published events")
