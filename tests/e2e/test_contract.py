"""The event streams as docs/events.md describes them, read with nothing but aiokafka and json."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.e2e

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
async def records(scene: Any) -> list[Any]:
    """All records that a whole story, and those of the tests before, left on the topics."""
    await (await scene.story()).tell()
    prefix = scene.everything.plan.topic_prefix
    consumer = AIOKafkaConsumer(bootstrap_servers=scene.everything.kafka, auto_offset_reset="earliest")
    found: list[ConsumerRecord[bytes, bytes]] = []
    async with consumer:
        consumer.subscribe([prefix + topic for topic in documented_topics()])
        await consumer.getmany(timeout_ms=1000)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(consumer.assignment())
        while [one for one in ends if await consumer.position(one) < ends[one]]:
            for some in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(some)
    return [(one.topic.removeprefix(prefix), one) for one in found]


def documented_topics() -> dict[str, set[str]]:
    """The table of topics in docs/events.md: topic and its types."""
    rows = re.findall(
        r"^\| `(fortnox\.\S+)` \|.*\|([^|]*)\|$", (DOCS / "events.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return {topic: set(re.findall(r"\[`([\w.]+)`\]", types)) for topic, types in rows}


def headers(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def test_each_record_is_of_a_type_that_its_topic_has(records: list[Any]) -> None:
    topics = documented_topics()

    assert {(topic, headers(record)["ce_type"]) for topic, record in records if record.value} <= {
        (topic, kind) for topic, kinds in topics.items() for kind in kinds
    }
    assert {"import.started", "import.completed", "voucher.booked", "connection.established"} <= {
        headers(record)["ce_type"] for _, record in records if record.value
    }


def test_each_record_fits_its_schema_and_its_key(records: list[Any]) -> None:
    validators: dict[str, Draft202012Validator] = {}
    for _, record in records:
        if record.value is None:
            continue
        kind, data = headers(record)["ce_type"], json.loads(record.value)
        if kind not in validators:
            schema = json.loads((DOCS / "schemas" / f"{kind}.v1.json").read_text(encoding="utf-8"))
            validators[kind] = Draft202012Validator(schema)
        validators[kind].validate(data)
        assert record.key.decode() == data["connection_id"]


def test_envelopes_are_whole_and_sequences_rise(records: list[Any]) -> None:
    sequences: dict[Any, list[int]] = defaultdict(list)
    for topic, record in records:
        found = headers(record)
        assert {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"} <= set(found)
        if "ce_sequence" in found:
            sequences[topic, record.key].append(int(found["ce_sequence"]))
    assert sequences
    assert all(rising == sorted(rising) for rising in sequences.values())


def test_what_a_command_led_to_names_it(records: list[Any]) -> None:
    commands = {headers(record)["ce_id"] for topic, record in records if topic.endswith(("requests.v1", "batches.v1"))}

    led_to = [headers(one) for topic, one in records if topic in {"fortnox.imports.v1", "fortnox.vouchers.v1"}]

    assert led_to
    assert all(found["ce_correlationid"] in commands for found in led_to)
