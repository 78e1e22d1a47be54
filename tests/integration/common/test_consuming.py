"""From Kafka to a job and into the dead letters, on real servers."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from common.clock import SYSTEM
from common.events import Event, EventData, ImportRequested, Record, RecordParked, from_record, new_event, to_record
from common.events.topics import DEAD_LETTERS, IMPORT_REQUESTS, IMPORTS
from common.jobs import JobStore
from common.messaging.dead_letters import replay
from common.messaging.inbox import Route
from common.service import Runtime, Service
from common.settings import ServiceSettings

Serving = Callable[..., AbstractAsyncContextManager[Service[Any]]]
MakeRequest = Callable[..., ImportRequested]


async def build(runtime: Runtime[ServiceSettings]) -> None:
    runtime.inbox(IMPORT_REQUESTS, Route(ImportRequested, enqueue))


async def enqueue(connection: Any, event: Event[ImportRequested]) -> None:
    await JobStore(connection).enqueue("import", 1, event)


def sent(command: EventData) -> Record:
    return to_record(new_event(command, source="product", time=SYSTEM.now()))


def letter(record: Record) -> RecordParked:
    return from_record(record, [RecordParked]).data


async def test_poison_of_all_sorts_is_parked_and_never_stops_the_next_record(
    queue: Any, topics: Any, serving: Serving, a_request: MakeRequest
) -> None:
    connection = uuid4()  # one key, hence one partition
    good = [sent(a_request(connection)) for _ in range(9)]
    poison = [
        replace(good[0], value=b"{half"),
        replace(good[0], value=None),
        replace(good[0], headers=[("ce_id", b"\xff")]),
        replace(good[0], headers=[("ce_id", None), ("other", b"\xfe\xff")]),
        replace(good[0], headers=[*good[0].headers, ("ce_type", b"import.wished")]),
        replace(good[0], value=b" " * 3_000_000),  # small when compressed, hence taken by the broker
        replace(good[0], value=b'{"connection_id": "\\u0000"}'),
        replace(good[0], headers=[]),
    ]
    mixed = [record for pair in zip(good, [*poison, good[0]], strict=True) for record in pair]

    async with serving(build):
        await topics.send(*mixed)
        letters = [letter(record) for record in await topics.read(DEAD_LETTERS, len(poison))]
        await queue.until("queued", count=len(good))

    assert [(one.origin.offset, one.value) for one in letters] == [
        (2 * position + 1, record.value) for position, record in enumerate(poison)
    ]
    assert {one.origin.topic for one in letters} == {topics.prefix + IMPORT_REQUESTS.name}
    assert [one.reason for one in letters] == [
        "not-json",
        "null-value",
        "bad-header",
        "bad-envelope",
        "unknown-type",
        "too-large",
        "invalid",
        "bad-envelope",
    ]


async def test_offsets_are_committed_and_a_restart_reads_nothing_twice(
    queue: Any, topics: Any, serving: Serving, a_request: MakeRequest
) -> None:
    before = await topics.committed("importer", IMPORT_REQUESTS)
    handed_over: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    async def count(runtime: Runtime[ServiceSettings]) -> None:
        async def hand_over(record: Record) -> None:
            handed_over.put_nowait((record.partition, record.offset))

        runtime.subscribe(IMPORT_REQUESTS, hand_over)

    seen = []
    for _ in range(3):
        async with serving(count):
            await topics.send(*(sent(a_request()) for _ in range(20)))
            seen += [await handed_over.get() for _ in range(20)]

    assert await topics.committed("importer", IMPORT_REQUESTS) == before + 60
    assert len(set(seen)) == 60
    assert handed_over.empty()


async def test_a_service_is_ready_soon_after_its_start(serving: Serving) -> None:
    began = time.monotonic()

    async with serving(build):
        assert time.monotonic() - began < 5  # about one second on a quiet machine


async def test_what_a_services_own_code_fails_on_is_tried_again_and_not_lost(
    topics: Any, serving: Serving, a_request: MakeRequest, monkeypatch: Any
) -> None:
    monkeypatch.setattr("common.messaging.consuming.PAUSE", 0.01)
    tries: list[int] = []
    handed_over = asyncio.Event()

    async def fragile(runtime: Runtime[ServiceSettings]) -> None:
        async def hand_over(record: Record) -> None:
            tries.append(record.offset)
            if len(tries) < 4:
                raise ValueError
            handed_over.set()

        runtime.subscribe(IMPORT_REQUESTS, hand_over)

    async with serving(fragile, "fragile"):
        await topics.send(sent(a_request()))
        await asyncio.wait_for(handed_over.wait(), 20)

    assert len(set(tries[:4])) == 1


async def test_dead_letters_are_replayed_once_and_only_by_their_consumer(
    queue: Any, topics: Any, serving: Serving, a_request: MakeRequest, settings: ServiceSettings
) -> None:
    wanted = sent(a_request())
    await topics.send(replace(wanted, headers=[*wanted.headers, ("ce_type", b"import.invented_later")]))
    size = await topics.size(IMPORT_REQUESTS)
    async with serving(build, "replayer"):  # reads what the tests before this one sent, too
        await topics.until_committed("replayer", IMPORT_REQUESTS, size)
        await queue.true("select not exists (select from outbox)")
    letters = [letter(one) for one in await topics.read(DEAD_LETTERS, await topics.size(DEAD_LETTERS))]
    own = [one for one in letters if one.consumer == "replayer"]

    assert await replay(settings, "nobody") == 0
    assert await replay(settings, "replayer") == len(own) > 0
    assert await replay(settings, "replayer") == 0

    assert await topics.size(IMPORT_REQUESTS) == size + len(own)


async def test_a_stuck_consumer_brings_the_service_down_and_up_again(
    topics: Any, serving: Serving, a_request: MakeRequest, monkeypatch: Any
) -> None:
    """It is stuck in a handler that never comes back, which looks the same from outside."""
    monkeypatch.setattr("common.messaging.watchdog.LOOK_EVERY", 0.1)
    monkeypatch.setattr("common.messaging.watchdog.PATIENCE", 0.3)
    monkeypatch.setattr("common.messaging.consuming.GRACE", 0.1)
    taken: list[Record] = []
    got_on = asyncio.Event()

    async def stuck_at_first(runtime: Runtime[ServiceSettings]) -> None:
        async def hand_over(record: Record) -> None:
            taken.append(record)
            if len(taken) == 1:
                await asyncio.Event().wait()
            if (record.partition, record.offset) == (taken[0].partition, taken[0].offset):
                got_on.set()

        runtime.subscribe(IMPORTS, hand_over)

    async with serving(stuck_at_first, "stuck"):
        await asyncio.sleep(0.3)  # the watchdog has seen the topic at rest
        for _ in range(3):
            await topics.send(sent(a_request()), topic=IMPORTS.name)
        await asyncio.wait_for(got_on.wait(), 20)
