"""The relay on real servers: order, one active, nothing lost."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from prometheus_client import REGISTRY

from common import database
from common.clock import SYSTEM
from common.events import ImportCancelled, Record, RecordParked, from_record, new_event
from common.events.topics import DEAD_LETTERS, IMPORTS
from common.messaging.dead_letters import DeadLetters
from common.messaging.outbox import Outbox, TooLarge
from common.messaging.producer import make_producer
from common.messaging.relay import LOCK, Relay
from common.settings import ServiceSettings

Relaying = Callable[..., AbstractAsyncContextManager["asyncio.Task[None]"]]


@pytest.fixture
def relaying(settings: ServiceSettings) -> Relaying:
    """Runs a relay, as a process of its own would."""

    @asynccontextmanager
    async def run(producer: Callable[[], AIOKafkaProducer] | None = None) -> AsyncIterator["asyncio.Task[None]"]:
        dsn, outbox = settings.database_url.get_secret_value(), Outbox(settings.kafka_topic_prefix)
        dead_letters = DeadLetters("importer", outbox, SYSTEM)
        task = asyncio.create_task(
            Relay(dsn, "common", producer or (lambda: make_producer(settings)), dead_letters).run()
        )
        yield task
        task.cancel()
        await asyncio.wait([task])

    return run


@pytest.fixture
def say(pool: database.Pool, settings: ServiceSettings) -> Callable[..., Any]:
    """Writes events of some connections into the outbox, in transactions of a few."""

    async def write(count: int, keys: list[UUID] | None = None) -> list[UUID]:
        keys = keys or [uuid4() for _ in range(5)]
        outbox = Outbox(settings.kafka_topic_prefix)
        async with pool.acquire() as connection:
            for number in range(count):
                data = ImportCancelled(connection_id=keys[number % len(keys)], import_id=UUID(int=number))
                async with connection.transaction():
                    await outbox.add(connection, new_event(data, source="importer", time=SYSTEM.now()))
        return keys

    return write


def sequences(records: list[Record]) -> dict[bytes, list[int]]:
    """The sequence numbers of each key, in the order in which they were published."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for record in records:
        sequence = int(dict(record.headers)["ce_sequence"] or b"0")
        found[record.key or b""].append(sequence)
    return found


def of(keys: list[UUID], records: list[Record]) -> list[Record]:
    return [record for record in records if record.key in {str(key).encode() for key in keys}]


async def test_events_go_out_once_in_the_order_of_each_key(
    say: Any, topics: Any, relaying: Relaying, pool: database.Pool
) -> None:
    async with relaying():
        keys = await say(1200)
        published = of(keys, await topics.read(IMPORTS, 1200))
        while await pool.fetchval("select count(*) from outbox"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert [*sequences(published).values()] == [[*range(1, 241)]] * 5


async def test_of_three_relays_one_is_active_and_another_follows_it(
    say: Any, topics: Any, relaying: Relaying, settings: ServiceSettings
) -> None:
    """Which one it is, its producer tells."""
    active: list[str] = []

    def producer(name: str) -> Callable[[], AIOKafkaProducer]:
        def make() -> AIOKafkaProducer:
            active.append(name)
            return make_producer(settings)

        return make

    before = await topics.size(IMPORTS)
    async with relaying(producer("a")) as a, relaying(producer("b")) as b, relaying(producer("c")) as c:
        keys = await say(100)
        await topics.read(IMPORTS, before + 100)
        assert len(active) == 1
        {"a": a, "b": b, "c": c}[active[0]].cancel()
        await say(100, keys)
        published = of(keys, await topics.read(IMPORTS, before + 200))

    assert len(active) == 2
    assert [*sequences(published).values()] == [[*range(1, 41)]] * 5


async def test_a_holder_without_progress_is_replaced(
    say: Any, topics: Any, relaying: Relaying, settings: ServiceSettings, pool: database.Pool
) -> None:
    stuck = await database.connect(settings.database_url.get_secret_value(), "common")
    await stuck.execute(f"select pg_advisory_lock({LOCK})")
    await stuck.execute("insert into relay_progress (backend, at) values (pg_backend_pid(), clock())")
    keys = await say(10)
    before = await topics.size(IMPORTS)

    async with relaying():
        await asyncio.sleep(0.2)
        assert await topics.size(IMPORTS) == before
        await pool.execute("update relay_progress set at = clock() - interval '31 seconds'")
        assert of(keys, await topics.read(IMPORTS, before + 10))

    with pytest.raises(database.GONE):
        await stuck.execute("select 1")


async def test_a_producer_that_fails_is_left_and_the_rows_go_again(
    say: Any, topics: Any, relaying: Relaying, settings: ServiceSettings
) -> None:
    def producers() -> Iterator[AIOKafkaProducer]:
        yield Failing(make_producer(settings), after=3)
        while True:
            yield make_producer(settings)

    before = await topics.size(IMPORTS)
    made = producers()
    async with relaying(lambda: next(made)):
        keys = await say(20)
        await topics.read(IMPORTS, before + 20)
        published = of(keys, await topics.read(IMPORTS, before + 20))

    assert all(sorted(set(found)) == [1, 2, 3, 4] for found in sequences(published).values())


class Failing:
    """A producer whose connection breaks after some records."""

    def __init__(self, producer: AIOKafkaProducer, after: int) -> None:
        self._producer, self._left = producer, after
        self.start, self.stop, self.partitions_for = producer.start, producer.stop, producer.partitions_for

    async def send(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise KafkaConnectionError
        return await self._producer.send(*args, **kwargs)


async def test_a_topic_that_is_missing_holds_up_no_other_and_goes_out_when_it_is_there(
    say: Any, topics: Any, relaying: Relaying, pool: database.Pool
) -> None:
    before = await topics.size(IMPORTS)
    row = (topics.prefix + "late", b"k", b"v")
    await pool.executemany("insert into outbox (topic, key, value, headers) values ($1, $2, $3, '[]')", [row] * 600)
    keys = await say(20)

    async with relaying():
        await until(pool, "select count(*) = 600 from outbox")
        await say(20, keys)
        await until(pool, "select count(*) = 600 from outbox")
        published = of(keys, await topics.read(IMPORTS, before + 40))
        assert gauge() == 1
        await topics.make("late")
        await until(pool, "select count(*) = 0 from outbox")

    assert not gauge()
    assert [*sequences(published).values()] == [[*range(1, 9)]] * 5
    assert len(await topics.read("late", 600)) == 600
    assert await topics.size(IMPORTS) == before + 40


@pytest.mark.parametrize("how", ["raises", "is never acknowledged", "blocks"])
async def test_a_topic_that_can_not_be_written_holds_up_no_other_and_repeats_none(
    say: Any,
    topics: Any,
    relaying: Relaying,
    settings: ServiceSettings,
    pool: database.Pool,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr("common.messaging.sending.PATIENCE", 0.5)
    monkeypatch.setattr("common.messaging.sending.FIRST_ASIDE", 0.2)
    before = await topics.size(IMPORTS)
    name = "sick-" + how.replace(" ", "-")
    await topics.make(name)
    keys = await say(10)
    row = (topics.prefix + name, b"k", b"v")
    await pool.execute("insert into outbox (topic, key, value, headers) values ($1, $2, $3, '[]')", *row)
    await say(10, keys)
    sick = Sick(topics.prefix + name, how)

    async with relaying(lambda: sick.producer(settings)):
        await until(pool, "select count(*) = 1 from outbox")
        while sick.tries < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        sick.topic = ""
        await until(pool, "select count(*) = 0 from outbox")

    assert await topics.size(IMPORTS) == before + 20
    assert [one.value for one in await topics.read(name, 1)] == [b"v"]
    assert sick.made <= sick.tries + 1


def gauge() -> float | None:
    return REGISTRY.get_sample_value("bokbrygga_outbox_topics_aside")


async def until(pool: database.Pool, question: str) -> None:
    async with asyncio.timeout(30):
        while not await pool.fetchval(question):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Sick:
    """A broker that does not take the records of one topic, until it is well again."""

    def __init__(self, topic: str, how: str) -> None:
        self.topic, self.how, self.tries, self.made = topic, how, 0, 0

    def producer(self, settings: ServiceSettings) -> AIOKafkaProducer:
        self.made += 1
        producer = make_producer(settings)
        healthy = producer.send

        async def send(topic: str, *args: Any, **kwargs: Any) -> Any:
            if topic != self.topic:
                return await healthy(topic, *args, **kwargs)
            self.tries += 1
            if self.how == "raises":
                raise TopicAuthorizationFailedError(topic)
            never = asyncio.get_running_loop().create_future()
            return await never if self.how == "blocks" else never

        producer.send = send
        return producer


@pytest.mark.parametrize("size", [5_000, 13_000_000], ids=["refused by the broker", "refused by the client"])
async def test_what_no_broker_takes_is_set_aside_and_does_not_stop_what_follows(
    topics: Any, relaying: Relaying, pool: database.Pool, size: int
) -> None:
    name = f"narrow-{size}"
    await topics.make(name, **{"max.message.bytes": "2000"})
    letters = await topics.size(DEAD_LETTERS)
    values = [b"before", random.Random(1).randbytes(size), b"after"]  # what can't be compressed
    rows = [(topics.prefix + name, b"k", value) for value in values]
    await pool.executemany("insert into outbox (topic, key, value, headers) values ($1, $2, $3, '[]')", rows)

    async with relaying():
        published = await topics.read(name, 2)
        (parked,) = (await topics.read(DEAD_LETTERS, letters + 1))[letters:]
        while published[-1].value != b"after":
            published = await topics.read(name, len(published) + 1)

    letter = from_record(parked, [RecordParked]).data
    assert letter.reason == "too-large"
    assert letter.origin.topic == topics.prefix + name
    assert letter.truncated == (size > 10_000)


async def test_an_event_too_large_for_its_topic_is_refused_where_it_is_written(pool: database.Pool) -> None:
    data = RecordParked.model_validate(
        {
            "connection_id": uuid4(),
            "consumer": "c",
            "origin": {"topic": "t", "partition": 0, "offset": 0},
            "reason": "r",
            "detail": "x" * 12_000_001,
            "parked_at": SYSTEM.now(),
            "key": None,
            "headers": [],
            "value": None,
        }
    )

    async with pool.acquire() as connection:
        with pytest.raises(TooLarge):
            await Outbox().add(connection, new_event(data, source="tests", time=SYSTEM.now()))
