"""From a command's being sent to Kafka until Fortnox receives the first call for it, at rest.

Beside it, in the same run: one record's way through Kafka and back, which no service can beat.
"""

import asyncio
import statistics
import time
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox import stack
from sandbox.demo.silence import Silence
from sandbox.demo.story import Story
from sandbox.fortnox.control import Simulator
from sandbox.product import Product, import_requested

ROUNDS = 15
REST = 1.2  # seconds of quiet before each command, so that nothing is warm from the one before


def run() -> dict[str, float]:
    """Milliseconds; medians and the worst of the rounds."""
    with stack.running(stack.Plan()) as everything:
        return asyncio.run(_measure(everything))


async def _measure(everything: stack.Stack) -> dict[str, float]:
    async with stack.product_of(everything) as (product, connector, simulator):
        story = Story(product, connector, simulator, everything.plan.books, Silence())
        await story.connect()
        firsts = [await _first_call(story, product, simulator) for _ in range(ROUNDS)]
    rounds = await _kafka_rounds(everything.kafka)
    return {
        "first_call_ms_median": statistics.median(firsts),
        "first_call_ms_worst": max(firsts),
        "kafka_round_ms_median": statistics.median(rounds),
        "first_call_over_kafka_round": statistics.median(firsts) / statistics.median(rounds),
    }


async def _first_call(story: Story, product: Product, simulator: Simulator) -> float:
    await asyncio.sleep(REST)
    await simulator.clear_calls()
    import_id = uuid4()
    started = time.monotonic()
    await product.send(import_requested(story.connection_id, import_id, story.year, datasets=["sie4"]))
    await product.wait_for(import_id, "import.completed")
    calls = await simulator.calls()
    return float(calls[0]["at"] - started) * 1000


async def _kafka_rounds(bootstrap: str) -> list[float]:
    """A record to Kafka and back through a consumer that waits for it."""
    topic = "fortnox.connect-attempts.v1"
    rounds = []
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    async with producer, AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="latest") as consumer:
        await consumer.seek_to_end()
        for _ in range(ROUNDS):
            started = time.monotonic()
            await producer.send_and_wait(topic, b"{}")
            await consumer.getone()
            rounds.append((time.monotonic() - started) * 1000)
    return rounds
