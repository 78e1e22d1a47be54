"""The whole service: from a record on Kafka to the receipts on Kafka, and the state over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from common.clock import SYSTEM
from common.events import ConnectionRenewed, EventData, Record, new_event, to_record
from common.events.topics import CONNECTIONS, VOUCHERS
from common.leases import LeaseRequest
from common.settings import Caller
from sandbox.fortnox.app import create_app as simulator_app
from voucher_sender.app import create_app
from voucher_sender.settings import VoucherSenderSettings

KEY = "a key of the tests"


class Connector:
    """Gives leases as the real one does, or refuses them as long as the connection is lost."""

    def __init__(self, office: Any) -> None:
        self.office = office
        self.lost = False
        self.app = Starlette(
            routes=[
                Route("/v1/leases", self.lease, methods=["POST"]),
                Route("/v1/leases/hand-back", self.take_back, methods=["POST"]),
            ]
        )

    async def lease(self, request: Request) -> Response:
        wanted = LeaseRequest.model_validate_json(await request.body())
        if self.lost:
            words = dict.fromkeys(("swedish", "next_step", "english"), "lost")
            return JSONResponse({"code": "connector.lost", **words}, status_code=409)
        return JSONResponse(
            {
                "lease_id": str(wanted.lease_id),
                "access_token": self.office.token(),
                "tenant": self.office.tenant,
                "slots": [str(uuid4()) for _ in range(wanted.calls)],
                "seconds": 20.0,
            }
        )

    async def take_back(self, _request: Request) -> Response:
        return Response(status_code=204)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(app: Any, *, lifespan: str = "off") -> AsyncIterator[str]:
    """An ASGI application on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan=lifespan, log_config=None, access_log=False))  # type: ignore[arg-type]  # one of its literals
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


class Stage:
    """The running service and both sides of Kafka."""

    def __init__(self, office: Any, connector: Connector, kafka: str, prefix: str) -> None:
        self.office, self.connector = office, connector
        self.kafka, self.prefix = kafka, prefix
        self.url = ""
        self.told: list[dict[str, Any]] = []

    async def send(self, data: EventData) -> None:
        record = to_record(new_event(data, source="product", time=SYSTEM.now()))
        await self.send_record(record)

    async def send_record(self, record: Record) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        await producer.send_and_wait(
            self.prefix + record.topic, record.value, key=record.key, headers=list(record.headers)
        )
        await producer.stop()

    async def wait_for(self, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """All that was told so far, once it is what is waited for."""
        consumer = AIOKafkaConsumer(
            self.prefix + VOUCHERS.name, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await consumer.start()
        told: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(60):
                while not done(told):
                    message = await consumer.getone()
                    kind = dict(message.headers)["ce_type"].decode()
                    told.append({"type": kind, **json.loads(message.value)})
        finally:
            await consumer.stop()
        return told

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(self.url + path, headers={"authorization": f"Bearer {KEY}"})


@pytest.fixture
async def stage(office: Any, kafka: str, topics: str) -> AsyncIterator[Stage]:
    connector = Connector(office)
    stage = Stage(office, connector, kafka, topics)
    async with serving(simulator_app(office.world)) as fortnox, serving(connector.app) as connector_url:
        settings = VoucherSenderSettings(
            database_url=SecretStr(office.dsn),
            kafka_bootstrap_servers=kafka,
            kafka_topic_prefix=topics,
            connector_url=connector_url,
            connector_key=SecretStr("k"),
            fortnox_api_url=fortnox,
            fortnox_client_id="tests",
            settling_seconds=0.2,
            callers={"product": Caller(keys=(SecretStr(KEY),), scopes=frozenset({"vouchers"}))},
        )
        app = create_app(settings)
        async with serving(app, lifespan="on") as stage.url:
            await until(lambda: app.state.service.runtime is not None)
            yield stage


def ended(batch: Any) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda told: any(
        one["type"] == "vouchers.completed" and one["batch_id"] == str(batch.batch_id) for one in told
    )


async def test_from_a_command_on_kafka_to_receipts_on_kafka(stage: Stage, a_batch: Any) -> None:
    batch = a_batch(3)
    await stage.office.simulator.fault("POST /3/vouchers", "reset-after", skip=1)

    for _ in range(3):
        await stage.send(batch)
    told = await stage.wait_for(ended(batch))

    assert [one["voucher_id"] for one in told if one["type"] == "voucher.booked"] == ["v-1", "v-2", "v-3"]
    stage.office.judge(batch, told=told)
    state = (await stage.get(f"/v1/batches/{batch.batch_id}")).json()
    assert [one["outcome"] for one in state["vouchers"]] == ["booked"] * 3
    assert [one["receipt"]["number"] for one in state["vouchers"]] == [1, 2, 3]
    own = (await stage.get(f"/v1/connections/{batch.connection_id}/vouchers/v-2")).json()
    assert (own["state"], own["receipt"]["number"], own["receipt"]["total"]) == ("booked", 2, "102.00")


async def test_a_lost_connection_that_comes_back_wakes_its_batch(stage: Stage, a_batch: Any) -> None:
    batch = a_batch(1)
    stage.connector.lost = True
    await stage.send(batch)
    await stage.office.wait_until("select exists (select from jobs where status = 'waiting')")

    stage.connector.lost = False
    await stage.send_record(
        Record(CONNECTIONS.name, str(batch.connection_id).encode(), None)
    )  # a tombstone, which is legal here
    await stage.send(
        ConnectionRenewed(
            connection_id=batch.connection_id,
            status="active",
            kind="service_account",
            tenant=stage.office.tenant,
            company_name="Provbolaget AB",
            organisation_number="556900-0001",
            reference="1",
            scopes=("bookkeeping",),
            connected_at=SYSTEM.now(),
        )
    )
    told = await stage.wait_for(ended(batch))

    assert told[-1]["booked"] == 1


async def test_the_same_batch_id_with_other_vouchers_is_refused(stage: Stage, a_batch: Any) -> None:
    batch = a_batch(1)
    other = batch.model_copy(update={"vouchers": a_batch(2).vouchers})

    await stage.send(batch)
    await stage.send(other)
    told = await stage.wait_for(
        lambda told: (
            {"vouchers.refused", "vouchers.completed"}
            <= {one["type"] for one in told if one["batch_id"] == str(batch.batch_id)}
        )
    )

    refused = next(one for one in told if one["type"] == "vouchers.refused")
    assert refused["trouble"]["code"] == "command.reused-key"


async def test_what_is_not_there_and_who_may_not_ask(stage: Stage) -> None:
    missing = await stage.get(f"/v1/batches/{uuid4()}")
    async with httpx.AsyncClient() as client:
        unasked = await client.get(f"{stage.url}/v1/batches/{uuid4()}")

    assert (missing.status_code, missing.json()["code"]) == (404, "http.not-found")
    assert unasked.status_code == 401
