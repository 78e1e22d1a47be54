"""The inbox on a real PostgreSQL: what a record changes, and what it never changes twice."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from common.clock import SYSTEM
from common.database import Pool
from common.events import (
    REGISTRY,
    Event,
    EventData,
    ImportCancelRequested,
    ImportRefused,
    ImportRequested,
    Record,
    RecordParked,
    Trouble,
    VouchersApproved,
    from_record,
    new_event,
    to_record,
)
from common.events.dead_letters import NOBODY
from common.jobs import JobStore
from common.messaging.dead_letters import LARGEST_CARRIED, DeadLetters
from common.messaging.inbox import Inbox, Outcome, Route
from common.messaging.outbox import Outbox
from common.problems import ProblemError

VERSION_2 = b"urn:bokbrygga:import.requested:v2"


@dataclass
class Importer:
    """A service that enqueues imports and remembers cancels, as the real one does."""

    pool: Pool
    woken: list[None] = field(default_factory=list)

    @property
    def inbox(self) -> Inbox:
        routes = [Route(ImportRequested, self._enqueue, self._refuse), Route(ImportCancelRequested, self._cancel)]
        dead_letters = DeadLetters("importer", Outbox(), SYSTEM)
        return Inbox(self.pool, routes, dead_letters, wake=[lambda: self.woken.append(None)])

    async def jobs(self) -> int:
        count: int = await self.pool.fetchval("select count(*) from jobs")
        return count

    async def said(self) -> list[EventData]:
        rows = await self.pool.fetch("select topic, key, headers, value from outbox order by id")
        return [_event(row).data for row in rows]

    async def parked(self) -> RecordParked:
        (letter,) = await self.said()
        assert isinstance(letter, RecordParked)
        return letter

    async def _enqueue(self, connection: Any, event: Event[ImportRequested]) -> None:
        await JobStore(connection).enqueue("import", 1, event)

    async def _cancel(self, connection: Any, event: Event[ImportCancelRequested]) -> None:
        await JobStore(connection).request_cancel("import", str(event.data.import_id))

    async def _refuse(self, connection: Any, event: Event[ImportRequested], problem: ProblemError) -> None:
        trouble = Trouble.of(problem)
        refused = ImportRefused(connection_id=event.data.connection_id, import_id=event.data.import_id, trouble=trouble)
        await Outbox().add(connection, new_event(refused, source="importer", time=SYSTEM.now(), cause=event))


def _event(row: Any) -> Event[EventData]:
    headers = [(name, value.encode()) for name, value in row["headers"]]
    return from_record(Record(row["topic"], row["key"], row["value"], headers), REGISTRY.values())


@pytest.fixture
def importer(pool: Pool) -> Importer:
    return Importer(pool)


@pytest.fixture
def request_(a_request: Callable[..., ImportRequested]) -> ImportRequested:
    return a_request()


def sent(command: EventData, **changes: Any) -> Record:
    """A command as the product sends it, each time with an id of its own."""
    record = to_record(new_event(command, source="product", time=SYSTEM.now()))
    return replace(record, partition=3, offset=14, **changes)


def with_header(record: Record, name: str, value: bytes | None) -> Record:
    return replace(record, headers=[*((n, v) for n, v in record.headers if n != name), (name, value)])


def without_header(record: Record, name: str) -> Record:
    return replace(record, headers=[(n, v) for n, v in record.headers if n != name])


def altered(record: Record, **fields: Any) -> Record:
    body = json.loads(record.value or b"{}") | fields
    return replace(record, value=json.dumps({name: value for name, value in body.items() if value != "drop"}).encode())


# One effect


async def test_a_command_delivered_ten_times_has_one_effect(importer: Importer, request_: ImportRequested) -> None:
    record = sent(request_)

    outcomes = [await importer.inbox.accept(record) for _ in range(10)]

    assert outcomes == [Outcome.ACCEPTED] + [Outcome.REPEATED] * 9
    assert await importer.jobs() == 1
    assert importer.woken


async def test_a_command_delivered_to_eight_replicas_at_once_has_one_effect(
    importer: Importer, request_: ImportRequested
) -> None:
    record = sent(request_)

    outcomes = await asyncio.gather(*(importer.inbox.accept(record) for _ in range(8)))

    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.REPEATED] * 7
    assert await importer.jobs() == 1


async def test_a_command_sent_again_under_another_id_has_one_effect(
    importer: Importer, request_: ImportRequested
) -> None:
    outcomes = await asyncio.gather(*(importer.inbox.accept(sent(request_)) for _ in range(4)))

    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.REPEATED] * 3
    assert await importer.said() == []


async def test_the_same_business_key_with_other_content_is_refused_once_with_an_event(
    importer: Importer, request_: ImportRequested
) -> None:
    other = sent(request_.model_copy(update={"datasets": request_.datasets[:1]}))
    await importer.inbox.accept(sent(request_))

    assert [await importer.inbox.accept(other) for _ in range(2)] == [Outcome.REFUSED, Outcome.REPEATED]

    (refused,) = await importer.said()
    assert isinstance(refused, ImportRefused)
    assert refused.trouble.code == "command.reused-key"
    assert await importer.jobs() == 1


async def test_a_command_stored_by_yesterdays_code_is_compared_as_today_reads_it(
    importer: Importer, request_: ImportRequested
) -> None:
    await importer.inbox.accept(sent(request_))
    await importer.pool.execute("update inbox set data = data - 'expected_organisation_number' - 'datasets'")

    assert await importer.inbox.accept(sent(request_)) == Outcome.REPEATED


async def test_a_record_with_fields_from_the_future_is_accepted(importer: Importer, request_: ImportRequested) -> None:
    assert await importer.inbox.accept(altered(sent(request_), added_later=1)) == Outcome.ACCEPTED


async def test_an_effect_that_fails_leaves_no_trace_of_the_command(pool: Pool, request_: ImportRequested) -> None:
    tries = []

    async def fails_once(connection: Any, _: Event[ImportRequested]) -> None:
        await connection.execute("insert into outbox_sequences values ('t', '', 1)")
        tries.append(await connection.fetchval("select count(*) from outbox_sequences"))
        if len(tries) == 1:
            raise ValueError

    inbox = Inbox(pool, [Route(ImportRequested, fails_once)], DeadLetters("importer", Outbox(), SYSTEM))

    assert await inbox.accept(sent(request_)) == Outcome.ACCEPTED
    assert tries == [1, 1]


# Poison


POISON: dict[str, tuple[Callable[[Record], Record], str]] = {
    "not JSON": (lambda good: replace(good, value=b"{half"), "not-json"),
    "not UTF-8": (lambda good: replace(good, value=b'"\xff\xfe"'), "not-json"),
    "empty": (lambda good: replace(good, value=b""), "not-json"),
    "a list": (lambda good: replace(good, value=b"[]"), "invalid"),
    "deep": (lambda good: replace(good, value=b"[" * 100_000), "not-json"),
    "null": (lambda good: replace(good, value=None), "null-value"),
    "unknown type": (lambda good: with_header(good, "ce_type", b"import.wished"), "unknown-type"),
    "another topic's type": (lambda good: with_header(good, "ce_type", VouchersApproved.TYPE.encode()), "unknown-type"),
    "unknown major version": (lambda good: with_header(good, "ce_dataschema", VERSION_2), "unknown-version"),
    "no type": (lambda good: without_header(good, "ce_type"), "bad-envelope"),
    "no id": (lambda good: without_header(good, "ce_id"), "bad-envelope"),
    "no source": (lambda good: without_header(good, "ce_source"), "bad-envelope"),
    "no specversion": (lambda good: without_header(good, "ce_specversion"), "bad-envelope"),
    "specversion of the past": (lambda good: with_header(good, "ce_specversion", b"0.3"), "bad-envelope"),
    "no time of day": (lambda good: with_header(good, "ce_time", b"yesterday"), "bad-envelope"),
    "bad attribute name": (lambda good: with_header(good, "ce_\u00e5r", b"2025"), "bad-envelope"),
    "bad header bytes": (lambda good: with_header(good, "ce_id", b"\xff\xfe"), "bad-header"),
    "null header": (lambda good: with_header(good, "ce_id", None), "bad-envelope"),
    "no headers at all": (lambda good: replace(good, headers=[]), "bad-envelope"),
    "wrong key": (lambda good: replace(good, key=str(uuid4()).encode()), "wrong-key"),
    "missing field": (lambda good: altered(good, import_id="drop"), "invalid"),
    "wrong type of field": (lambda good: altered(good, financial_year=2025), "invalid"),
    "dates in the wrong order": (
        lambda good: altered(good, financial_year={"from_date": "2025-12-31", "to_date": "2025-01-01"}),
        "invalid",
    ),
    "too large": (lambda good: altered(good, padding="x" * 2_000_000), "too-large"),
    "what PostgreSQL can't store": (lambda good: altered(good, expected_organisation_number="\0"), "unstorable"),
    "an id PostgreSQL can't store": (lambda good: with_header(good, "ce_id", b"\0"), "unstorable"),
}
"""What makes a good record one that nobody can ever handle, and the reason why it is parked."""


@pytest.mark.parametrize("what", POISON)
async def test_poison_is_parked_whole_with_its_reason_and_origin(
    importer: Importer, request_: ImportRequested, what: str
) -> None:
    spoil, reason = POISON[what]
    record = spoil(sent(request_))

    assert await importer.inbox.accept(record) == Outcome.PARKED

    letter = await importer.parked()
    assert letter.reason == reason
    assert (letter.origin.topic, letter.origin.partition, letter.origin.offset) == (record.topic, 3, 14)
    assert (letter.key, letter.value) == (record.key, record.value)
    assert [(header.name, header.value) for header in letter.headers] == list(record.headers)
    assert letter.consumer == "importer"
    assert await importer.jobs() == 0


async def test_a_missing_field_is_named_and_its_content_is_not(importer: Importer, request_: ImportRequested) -> None:
    bad = altered(sent(request_), import_id="drop", closing_date="850709-9805")

    await importer.inbox.accept(bad)

    letter = await importer.parked()
    assert "import_id: missing" in letter.detail
    assert "closing_date" in letter.detail
    assert "850709" not in letter.detail


async def test_a_record_without_a_readable_key_is_parked_under_nobodys(
    importer: Importer, request_: ImportRequested
) -> None:
    await importer.inbox.accept(replace(sent(request_), key=b"\xff", value=b"?"))

    assert (await importer.parked()).connection_id == NOBODY


@pytest.mark.parametrize(
    "record",
    [
        Record("t", b"k", b"x" * (LARGEST_CARRIED + 1)),
        Record("t", b"k" * 9_000_000, b"x"),
        Record("t", b"k", b"x", [("h", b"\xff" * 12_000_000)]),
    ],
    ids=["value", "key", "headers"],
)
async def test_a_record_too_large_for_a_dead_letter_is_parked_without_its_content(
    importer: Importer, record: Record
) -> None:
    assert await importer.inbox.accept(record) == Outcome.PARKED

    letter = await importer.parked()
    assert letter.truncated
    assert letter.value is None


async def test_the_largest_record_that_a_dead_letter_carries_fits_its_topic(importer: Importer) -> None:
    record = Record("t" * 200, b"k" * 1000, b"\xff" * (LARGEST_CARRIED - 150_000), [("h", b"\xff" * 140_000)])

    await importer.inbox.accept(record)

    assert (await importer.parked()).value == record.value


async def test_a_record_that_our_own_code_fails_on_is_parked_in_the_end(pool: Pool, request_: ImportRequested) -> None:
    async def fails(*_: Any) -> None:
        raise KeyError("of ours")

    importer = Importer(pool)
    inbox = Inbox(pool, [Route(ImportRequested, fails)], DeadLetters("importer", Outbox(), SYSTEM))

    assert await inbox.accept(sent(request_)) == Outcome.PARKED

    letter = await importer.parked()
    assert (letter.reason, letter.detail) == ("failing", "KeyError")


async def test_a_wrong_argument_of_our_own_is_no_database_that_is_away(pool: Pool, request_: ImportRequested) -> None:
    """asyncpg refuses it with what it also says of a closed connection."""

    async def fails(connection: Any, _: Event[ImportRequested]) -> None:
        await connection.fetchval("select $1::int", "seven")

    inbox = Inbox(pool, [Route(ImportRequested, fails)], DeadLetters("importer", Outbox(), SYSTEM))

    async with asyncio.timeout(20):
        assert await inbox.accept(sent(request_)) == Outcome.PARKED


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("d"),
        asyncpg.TooManyConnectionsError("t"),
        asyncpg.DiskFullError("f"),
        asyncpg.ReadOnlySQLTransactionError("r"),
        asyncpg.AdminShutdownError("a"),
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_fails_for_a_passing_reason_is_never_parked(
    pool: Pool, request_: ImportRequested, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("common.messaging.inbox.AWAY", 0)
    tries = []

    async def fails_for_long(*_: Any) -> None:
        tries.append(1)
        if len(tries) < 30:
            raise error

    inbox = Inbox(pool, [Route(ImportRequested, fails_for_long)], DeadLetters("importer", Outbox(), SYSTEM))

    assert await inbox.accept(sent(request_)) == Outcome.ACCEPTED
