"""One stack per worker, on the shared servers; tests differ by company and connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox import stack
from sandbox.demo.silence import Silence
from sandbox.demo.story import Story
from sandbox.fortnox.control import Simulator
from sandbox.leaks import PLANTED_NUMBER, Scan
from sandbox.product import Connector, Product

REPLICAS = {"importer": 3, "voucher-sender": 2}


@dataclass
class Scene:
    """A running stack with a product that listens."""

    everything: stack.Stack
    product: Product
    connector: Connector
    simulator: Simulator

    async def story(self, books: Path = stack.DEFAULT_BOOKS, seed: int = 1) -> Story:
        """A story about a company of its own, which was founded on these books."""
        tenant = await self.simulator.add_company(books, seed=seed, organisation_number=PLANTED_NUMBER)
        return Story(self.product, self.connector, self.simulator, books, Silence(), tenant=tenant)


@pytest.fixture(scope="session")
async def everything(
    kafka: str, create_database: Callable[[], Awaitable[str]], scan: Scan
) -> AsyncIterator[stack.Stack]:
    """Three importers and two voucher-senders, as in production, on a database of their own."""
    plan = stack.Plan(
        replicas=REPLICAS,
        topic_prefix=f"e2e-{uuid4().hex[:8]}.",
        settings=stack.SHORT_TIMES,
        kafka=kafka,
        postgres=await create_database(),
    )
    starting = stack.running(plan)
    try:
        yield await asyncio.to_thread(starting.__enter__)
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
        await scan.topics(kafka, plan.topic_prefix)


@pytest.fixture(scope="session")
async def scene(everything: stack.Stack) -> AsyncIterator[Scene]:
    async with stack.product_of(everything) as (product, connector, simulator):
        yield Scene(everything, product, connector, simulator)
