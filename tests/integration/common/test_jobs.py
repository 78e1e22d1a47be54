"""Jobs, on a real PostgreSQL: who runs what, in which order, and what a process that lost a job can still do."""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.clock import SYSTEM
from common.database import Connection, Pool
from common.events import ImportCancelled, ImportStarted
from common.jobs import Fenced, Job, JobStore
from common.jobs.store import Claim
from common.jobs.worker import Step
from common.messaging.outbox import Outbox

LEASE = timedelta(seconds=15)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


async def complete(job: Job[Any]) -> None:
    await job.complete(started(job))


async def cancelled(job: Job[Any]) -> None:
    await job.complete(ImportCancelled(connection_id=job.connection_id, import_id=job.command.import_id))


def started(job: Job[Any]) -> ImportStarted:
    request = job.command
    return ImportStarted(
        connection_id=job.connection_id,
        import_id=request.import_id,
        datasets=request.datasets,
        financial_year=request.financial_year,
        closing_date=request.ledger_date,
    )


async def claim(queue: Any, version: int = 1) -> Claim | None:
    async with queue.pool.acquire() as connection:
        found: Claim | None = await JobStore(connection).claim("import", version, LEASE)
        return found


async def held(queue: Any) -> Job[Any]:
    """A job claimed by a process that does nothing else."""
    found = await claim(queue)
    assert found
    job: Job[Any] = queue.start(complete, slots=1, name="other").worker._job(found)
    return job


# Exclusive, in order, fair


class Chaos:
    """A step that saves, fails, waits, ends, loses its database or is frozen for longer than its lease."""

    def __init__(self, queue: Any, dice: random.Random, processes: list[Pool]) -> None:
        self.queue, self.dice, self.alive = queue, dice, set(processes)

    def step(self, pool: Pool) -> Step:
        async def run(job: Job[Any]) -> None:
            for step in range(self.dice.randint(1, 3)):
                async with job.transaction() as connection:
                    await self._effect(connection, job)
                    await job.save_in(connection, step)
                await asyncio.sleep(self.dice.random() / 100)
            await self._end(job, pool)

        return run

    async def _end(self, job: Job[Any], pool: Pool) -> None:
        match self.dice.randint(1, 12):
            case 1:
                raise ValueError
            case 2:
                await job.postpone(SYSTEM.now() + timedelta(seconds=0.01), "waits")
            case 3 if len(self.alive) > 1 and pool in self.alive:
                self.alive.remove(pool)
                pool.terminate()
                await asyncio.sleep(self.dice.random() / 2)
                await job.complete()
            case 4 | 5:
                await self.queue.pool.execute("update jobs set lease_until = clock() where id = $1", job.id)
                await asyncio.sleep(self.dice.random() / 10)
                async with job.transaction() as connection:
                    await self._effect(connection, job)
                await job.complete()
            case _:
                async with job.transaction() as connection:
                    await self._effect(connection, job)
                    await job.complete_in(connection)

    async def _effect(self, connection: Connection, job: Job[Any]) -> None:
        await connection.execute(
            "insert into effects (lane, job, fence) values ($1, $2, $3)", job.connection_id, job.id, job.claim.fence
        )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 40))])
async def test_jobs_of_a_lane_run_alone_and_in_order_whatever_happens_to_their_processes(queue: Any, seed: int) -> None:
    dice = random.Random(seed)
    await queue.pool.execute(
        "create table effects (n bigint generated always as identity, lane uuid, job uuid, fence bigint)"
    )
    lanes = [uuid4() for _ in range(5)]
    for _ in range(60):
        await queue.enqueue(dice.choice(lanes))
    processes = [await queue.process() for _ in range(6)]
    chaos = Chaos(queue, dice, processes)
    for pool in processes:
        queue.start(chaos.step(pool), pool=pool, lease=0.6, slots=3)
    await queue.until("done", count=60)

    positions = {row["id"]: row["position"] for row in await queue.pool.fetch("select id, position from jobs")}
    seen: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for row in await queue.pool.fetch("select * from effects order by n"):
        seen[row["lane"]].append((positions[row["job"]], row["fence"]))
    assert all(effects == sorted(effects) for effects in seen.values())


async def test_connections_take_turns_whatever_their_queues_are(queue: Any) -> None:
    busy, quiet = uuid4(), uuid4()
    for connection in (busy, busy, busy, busy, quiet):
        await queue.enqueue(connection)
    served = []

    async def run(job: Job[Any]) -> None:
        served.append(job.connection_id)
        await job.complete()

    queue.start(run, slots=1)
    await queue.until("done", count=5)

    assert served.index(quiet) == 1


async def test_a_slow_connection_does_not_hold_up_another(queue: Any) -> None:
    slow, quick = uuid4(), uuid4()
    await queue.enqueue(slow)
    await queue.enqueue(slow)
    await queue.enqueue(quick)
    never = asyncio.Event()

    async def run(job: Job[Any]) -> None:
        if job.connection_id == slow:
            await never.wait()
        await job.complete()

    queue.start(run)
    await queue.until("done")

    assert await queue.statuses() == ["running", "queued", "done"]


async def test_a_job_whose_lane_runs_already_does_not_keep_others_from_being_claimed(queue: Any) -> None:
    """Ids come before commits do: an earlier job of a lane may appear when a later one runs already."""
    connection = uuid4()
    await queue.enqueue(connection)
    await claim(queue)
    earlier = await queue.enqueue(connection)
    await queue.pool.execute("update jobs set position = default where status = 'running'")
    other = await queue.enqueue()

    found = await claim(queue)

    assert found
    assert found.business_key == other.business_key != earlier.business_key


async def test_what_is_told_to_scale_on_is_what_another_process_could_take(queue: Any) -> None:
    async def waiting() -> int:
        async with queue.pool.acquire() as connection:
            return (await JobStore(connection).waiting("import")).count

    busy, long = uuid4(), uuid4()
    for _ in range(3):
        await queue.enqueue(busy)
    assert await waiting() == 1
    found = await claim(queue)
    assert found
    assert await waiting() == 0
    await queue.enqueue(long)
    assert await waiting() == 1
    await queue.pool.execute("update jobs set lease_until = clock() where id = $1", found.id)
    assert await waiting() == 2


async def test_code_never_claims_a_job_of_a_newer_version(queue: Any) -> None:
    await queue.enqueue(version=2)

    assert await claim(queue, version=1) is None
    assert await claim(queue, version=2)


async def test_the_database_itself_forbids_two_running_jobs_in_a_lane(queue: Any) -> None:
    connection = uuid4()
    await queue.enqueue(connection)
    await queue.enqueue(connection)

    with pytest.raises(asyncpg.UniqueViolationError):
        await queue.pool.execute("update jobs set status = 'running'")


async def test_the_next_job_of_a_lane_starts_at_once_when_one_ends(queue: Any) -> None:
    connection = uuid4()
    for _ in range(20):
        await queue.enqueue(connection)
    queue.start(complete)

    async with asyncio.timeout(3):  # polling alone would take 6 s
        await queue.until("done", count=20)


# Fencing


async def test_a_process_that_lost_its_job_can_write_nothing_more(queue: Any) -> None:
    await queue.enqueue()
    zombie = await held(queue)
    await queue.advance(60)
    successor = await claim(queue)
    assert successor
    assert successor.fence > zombie.claim.fence

    for write in (
        zombie.save("half"),
        zombie.announce(started(zombie)),
        zombie.complete(started(zombie)),
        zombie.postpone(FAR, "later"),
    ):
        with pytest.raises(Fenced):
            await write
    async with queue.pool.acquire() as connection:
        store = JobStore(connection)
        assert await store.extend(zombie.claim) is None
        await store.retry(zombie.claim, timedelta(0), "failed")
        await store.bury(zombie.claim, "failed")
        await store.finish(zombie.claim)
        await store.postpone(zombie.claim, FAR, "later")

    assert await queue.statuses() == ["running"]
    assert await queue.said() == []
    assert await queue.pool.fetchval("select checkpoint from jobs") is None


async def test_a_job_whose_process_died_goes_on_from_its_checkpoint(queue: Any) -> None:
    await queue.enqueue()
    dead = await held(queue)
    await dead.save({"page": 7})
    found = []

    async def run(job: Job[Any]) -> None:
        found.append((job.checkpoint, job.attempts))
        await job.complete()

    queue.start(run)
    await queue.advance(14)
    assert await claim(queue) is None  # its lease is 15 s
    await queue.advance(16)
    await queue.until("done")

    assert found == [({"page": 7}, 2)]


async def test_a_process_that_can_not_keep_its_job_stops_working_on_it(queue: Any) -> None:
    await queue.enqueue()
    own = await queue.process()
    working, stopped = asyncio.Event(), asyncio.Event()

    async def run(_: Job[Any]) -> None:
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    queue.start(run, pool=own, lease=0.4)
    await working.wait()
    own.terminate()

    await asyncio.wait_for(stopped.wait(), 5)


async def test_a_transaction_longer_than_the_lease_does_not_cost_the_job(queue: Any) -> None:
    await queue.enqueue()
    runs = []

    async def run(job: Job[Any]) -> None:
        runs.append(job.attempts)
        async with job.transaction() as connection:
            await connection.execute("select pg_sleep(1.5)")
            await job.complete_in(connection, started(job))

    for _ in range(2):
        queue.start(run, pool=await queue.process(), lease=0.4)
    await queue.until("done")

    assert runs == [1]


async def test_the_lease_begins_anew_when_a_transaction_commits(queue: Any) -> None:
    await queue.enqueue()
    job = await held(queue)

    async with job.transaction():
        await queue.advance(60)
        assert await claim(queue) is None

    assert await claim(queue) is None
    await job.complete()


async def test_a_lock_of_somebody_elses_keeps_no_job(queue: Any) -> None:
    """Whoever it is, when the lock goes the lease may be over and the job another's."""
    await queue.enqueue()
    working, stopped = asyncio.Event(), asyncio.Event()

    async def run(_: Job[Any]) -> None:
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    queue.start(run, lease=0.4)
    await working.wait()
    async with queue.pool.acquire() as other, other.transaction():
        await other.execute("select from jobs for update")
        await asyncio.wait_for(stopped.wait(), 5)


async def test_events_and_the_end_of_a_job_are_one_commit(queue: Any) -> None:
    await queue.enqueue()
    job = await held(queue)

    async def ends_and_fails() -> None:
        async with job.transaction() as connection:
            await job.complete_in(connection, started(job))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await ends_and_fails()

    assert await queue.statuses() == ["running"]
    assert await queue.said() == []


# Waiting and failing


async def test_a_postponed_job_waits_without_a_worker_and_goes_on_when_its_connection_is_woken(queue: Any) -> None:
    command = await queue.enqueue()
    runs = []

    async def run(job: Job[Any]) -> None:
        runs.append(job.attempts)
        if len(runs) == 1:
            await job.postpone(FAR, "no-consent")
        else:
            await job.complete()

    running = queue.start(run, slots=1)
    await queue.until("waiting")
    assert await queue.pool.fetchval("select reason from jobs") == "no-consent"
    async with queue.pool.acquire() as connection:
        assert await JobStore(connection).wake(command.connection_id) == 1
    running.worker.wake()
    await queue.until("done")

    assert runs == [1, 1]


async def test_a_wake_up_that_comes_before_the_job_waits_is_not_lost(queue: Any) -> None:
    command = await queue.enqueue()
    job = await held(queue)

    await JobStore(queue.pool).wake(command.connection_id)
    await job.postpone(FAR, "no-consent")

    again = await claim(queue)
    assert again
    async with queue.pool.acquire() as connection:
        await JobStore(connection).postpone(again, FAR, "no-consent")
    assert await claim(queue) is None


async def test_a_job_that_fails_is_tried_again_later_each_time(queue: Any) -> None:
    await queue.enqueue()
    failures = []

    async def run(job: Job[Any]) -> None:
        failures.append(job.attempts)
        raise ValueError("the reason")

    queue.start(run)
    for attempt in range(1, 6):
        await queue.true(f"select status = 'queued' and attempts = {attempt} from jobs")
        row = await queue.pool.fetchrow("select run_at - clock() as delay, reason from jobs")
        assert row["reason"] == "ValueError"
        assert 0.1 * 2**attempt < row["delay"].total_seconds() <= 0.2 * 2**attempt
        await queue.pool.execute("update jobs set run_at = clock()")

    assert failures == [1, 2, 3, 4, 5]


async def test_a_job_that_never_succeeds_is_given_up_and_told(queue: Any) -> None:
    command = await queue.enqueue()

    async def run(_: Job[Any]) -> None:
        raise ValueError

    queue.start(run, most_attempts=2)
    await queue.until("done")

    (event,) = await queue.said()
    assert event["ce_type"] == "import.failed"
    assert event["data"]["import_id"] == str(command.import_id)
    assert event["data"]["trouble"]["code"] == "internal.gave-up"
    assert "2 times" in event["data"]["trouble"]["english"]


async def test_getting_somewhere_starts_the_count_of_attempts_anew(queue: Any) -> None:
    await queue.enqueue()
    runs = []

    async def run(job: Job[Any]) -> None:
        runs.append(job.attempts)
        if len(runs) == 6:
            await job.complete()
        await job.save(len(runs))
        raise ValueError

    queue.start(run, most_attempts=2)
    while not await queue.pool.fetchval("select status = 'done' from jobs"):
        await queue.pool.execute("update jobs set run_at = clock() where status = 'queued'")
        await asyncio.sleep(0.01)

    assert runs == [1, 2, 2, 2, 2, 2]


async def test_a_job_that_can_not_even_be_given_up_is_buried_with_its_reason(queue: Any) -> None:
    await queue.enqueue()

    async def fails(*_: Any) -> None:
        raise ValueError

    await queue.pool.execute("update jobs set attempts = 100")
    queue.start(fails, give_up=fails)
    await queue.until("dead")

    assert await queue.pool.fetchval("select reason from jobs") == "could-not-be-given-up"


async def test_a_command_that_can_not_be_read_is_buried_and_the_next_one_runs(queue: Any) -> None:
    await queue.enqueue()
    await queue.enqueue()
    await queue.pool.execute("""update jobs set command = '{"type": "none.such"}' where position = 1""")

    queue.start(complete)
    await queue.until("done")

    assert await queue.statuses() == ["dead", "done"]


async def test_code_that_ends_its_job_in_no_way_has_failed(queue: Any) -> None:
    await queue.enqueue()

    async def run(_: Job[Any]) -> None:
        return

    queue.start(run)
    await queue.true("select reason = 'JobEndedByNobody' from jobs")


# Cancelling and stopping


async def test_a_job_that_was_cancelled_before_it_came_never_runs(queue: Any) -> None:
    await queue.enqueue(cancelled=True)

    queue.start(fail, cancelled=cancelled)
    await queue.until("done")

    assert [event["ce_type"] for event in await queue.said()] == ["import.cancelled"]


async def fail(_: Job[Any]) -> None:
    raise ValueError


@pytest.mark.parametrize("state", ["queued", "waiting", "running", "about to wait"])
async def test_a_job_can_be_cancelled_in_every_state(queue: Any, state: str) -> None:
    command = await queue.enqueue()
    working, cut_short, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(job: Job[Any]) -> None:
        working.set()
        if state == "waiting":
            await job.postpone(FAR, "waits")
            return
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            cut_short.set()
            raise
        await job.postpone(FAR, "waits")

    async def ask() -> None:
        async with queue.pool.acquire() as connection:
            assert await JobStore(connection).request_cancel("import", command.business_key)

    if state == "queued":
        await ask()
    running = queue.start(run, cancelled=cancelled, lease=2)
    if state != "queued":
        await working.wait()
        if state == "waiting":
            await queue.until("waiting")
        await ask()
        running.worker.wake()
    if state == "about to wait":
        go_on.set()
    await queue.until("done")

    assert [event["ce_type"] for event in await queue.said()] == ["import.cancelled"]
    assert cut_short.is_set() == (state == "running")


async def test_a_job_that_is_done_can_not_be_cancelled(queue: Any) -> None:
    command = await queue.enqueue()
    queue.start(complete)
    await queue.until("done")

    async with queue.pool.acquire() as connection:
        assert not await JobStore(connection).request_cancel("import", command.business_key)


async def test_a_process_that_is_told_to_stop_hands_its_jobs_back_at_once(queue: Any) -> None:
    await queue.enqueue()
    working, cleaned = asyncio.Event(), []

    async def run(_: Job[Any]) -> None:
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(await queue.statuses())

    running = queue.start(run)
    await working.wait()
    await running.stop()

    assert cleaned == [["running"]]  # it is not given away before its code has stopped
    again = await claim(queue)
    assert again
    assert again.attempts == 1  # a deploy is no failure


# The outbox holds work back


async def test_no_more_jobs_are_claimed_while_much_is_unpublished(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.worker.OUTBOX_LIMIT", 2)
    for _ in range(3):
        await queue.enqueue(uuid4())
    worker = queue.start(complete, measure=0.01).worker
    await queue.until("done", count=3)

    async with asyncio.timeout(30):
        while worker._unpublished < 3:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.01)
    await queue.enqueue(uuid4())

    assert await worker._claim() is None
    await queue.pool.execute("delete from outbox")
    await queue.until("done", count=4)


async def test_events_of_one_key_carry_a_rising_sequence_even_from_concurrent_writers(queue: Any) -> None:
    await queue.enqueue()
    job = await held(queue)

    async def say(outbox: Outbox) -> None:
        async with queue.pool.acquire() as connection, connection.transaction():
            await outbox.add(connection, job._event(started(job)))

    await asyncio.gather(*(say(Outbox()) for _ in range(40)))

    assert [int(event["ce_sequence"]) for event in await queue.said()] == list(range(1, 41))


async def test_many_events_are_one_statement_and_keep_their_order_and_sequence(queue: Any) -> None:
    await queue.enqueue()
    job = await held(queue)
    statements: list[str] = []
    keys = [uuid4() for _ in range(3)]
    events = [
        job._event(ImportCancelled(connection_id=keys[number % 3], import_id=UUID(int=number))) for number in range(300)
    ]

    async with queue.pool.acquire() as connection, connection.transaction():
        await Outbox().add(connection, *events[:30])
        with connection.query_logger(lambda record: statements.append(record.query)):
            await Outbox().add(connection, *events[30:])
            await Outbox().add(connection)

    said = await queue.said()
    assert len(statements) == 1
    assert [event["data"]["import_id"] for event in said] == [str(UUID(int=number)) for number in range(300)]
    assert [int(event["ce_sequence"]) for event in said] == [number // 3 + 1 for number in range(300)]


async def test_writers_of_the_same_keys_in_other_orders_do_not_deadlock(queue: Any) -> None:
    await queue.enqueue()
    job = await held(queue)
    one, other = [job._event(ImportCancelled(connection_id=uuid4(), import_id=uuid4())) for _ in range(2)]

    async def say(*events: Any) -> None:
        async with queue.pool.acquire() as connection, connection.transaction():
            await Outbox().add(connection, *events)

    await asyncio.gather(*(say(one, other) if number % 2 else say(other, one) for number in range(60)))

    sequences = defaultdict(list)
    for event in await queue.said():
        sequences[event["data"]["connection_id"]].append(int(event["ce_sequence"]))
    assert [*sequences.values()] == [[*range(1, 61)]] * 2
