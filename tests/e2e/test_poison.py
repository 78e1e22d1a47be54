"""Records that nobody can read are parked with their reason and never hold up the next one."""

import json
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from sandbox.product import import_requested
from sandbox.product.records import CommandRecord

pytestmark = pytest.mark.e2e

BAD_BYTES = b"\xff\xfe\xfd"


def changed(command: CommandRecord, **headers: bytes | None) -> list[tuple[str, bytes | None]]:
    """The command's headers with some replaced."""
    return [(name, headers.pop(name, value)) for name, value in command.headers] + list(headers.items())


async def test_poison_is_parked_and_the_next_command_is_handled(scene: Any) -> None:
    story = await scene.story()
    await story.connect()
    command = import_requested(story.connection_id, uuid4(), story.year)
    topic = scene.everything.plan.topic_prefix + command.topic
    fields = json.loads(command.value)
    poison = {
        "not-json": (b"{not json", command.headers),
        "unknown-type": (command.value, changed(command, ce_type=b"import.guessed")),
        "unknown-version": (command.value, changed(command, ce_dataschema=b"urn:bokbrygga:import.requested:v9")),
        "null-value": (None, command.headers),
        "bad-header": (command.value, changed(command, ce_type=BAD_BYTES)),
        "bad-envelope": (command.value, [("irrelevant", BAD_BYTES)]),
        "invalid": (json.dumps({**fields, "import_id": None}).encode(), command.headers),
    }

    for value, headers in poison.values():
        await scene.product.producer.send_and_wait(topic, value, key=command.key, headers=headers)
    await scene.product.send(command)

    await scene.product.wait_for(fields["import_id"], "import.completed")
    assert await parked_reasons(scene, str(story.connection_id), len(poison)) == set(poison)


async def parked_reasons(scene: Any, key: str, count: int) -> set[str]:
    """The reasons of the first dead letters with that key."""
    reasons: list[str] = []
    consumer = AIOKafkaConsumer(
        scene.everything.plan.topic_prefix + "fortnox.dead-letters.v1",
        bootstrap_servers=scene.everything.kafka,
        auto_offset_reset="earliest",
    )
    async with consumer:
        async for record in consumer:
            if record.key.decode() == key:
                letter = json.loads(record.value)
                assert letter["origin"]["topic"].endswith("fortnox.import-requests.v1")
                reasons.append(letter["reason"])
            if len(reasons) == count:
                return set(reasons)
    raise AssertionError("the dead letters ended")
