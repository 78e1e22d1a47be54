"""Wires the voucher-sender together."""

from datetime import timedelta

from fastapi import FastAPI

from common import database, service
from common.events import (
    ConnectionEstablished,
    ConnectionExpiring,
    ConnectionLost,
    ConnectionRemoved,
    ConnectionRenewed,
    VouchersApproved,
    VouchersCorrectionRequested,
    topics,
)
from common.jobs import Job, JobKind
from common.leases import Leases, Purpose
from common.messaging.inbox import Inbox, Route
from common.problems import ProblemError
from common.service import Runtime, Service
from voucher_sender import api, batch_job, burying, companies, pruning, waiting
from voucher_sender.handlers import BATCH, Handlers, without_tombstones
from voucher_sender.operating.measuring import measure_forever
from voucher_sender.sender import Command, Sender, Timing
from voucher_sender.settings import VoucherSenderSettings

NAME, SCHEMA = "voucher-sender", "voucher_sender"


async def build(runtime: Runtime[VoucherSenderSettings]) -> None:
    """The service's own parts."""
    assemble(runtime, make_sender(runtime))
    runtime.pruning += pruning.RULES
    runtime.tasks.append(measure_forever(runtime.pool, runtime.clock))


def assemble(runtime: Runtime[VoucherSenderSettings], sender: Sender) -> None:
    """What reads commands, and the workers that carry them out with a sender's means."""
    worker = runtime.worker(job_kind(sender))
    handlers = Handlers(runtime.outbox, runtime.name, runtime.clock)
    runtime.inbox(topics.VOUCHER_BATCHES, *commands(handlers), wake=[worker])
    inbox = Inbox(runtime.pool, states(handlers), runtime.dead_letters, wake=[worker.wake], clock=runtime.clock)
    runtime.subscribe(topics.CONNECTIONS, without_tombstones(inbox.accept))


def commands(handlers: Handlers) -> list[Route]:
    """What the product can ask for."""
    return [
        Route(VouchersApproved, handlers.enqueue, handlers.refuse),
        Route(VouchersCorrectionRequested, handlers.correct, handlers.refuse_correction),
    ]


def states(handlers: Handlers) -> list[Route]:
    """What the connector tells."""
    return [
        Route(ConnectionEstablished, handlers.wake),
        Route(ConnectionRenewed, handlers.wake),
        *(Route(state, companies.remember) for state in (ConnectionExpiring, ConnectionLost, ConnectionRemoved)),
    ]


def make_sender(runtime: Runtime[VoucherSenderSettings]) -> Sender:
    settings = runtime.settings
    leases = Leases(settings.connector_url, settings.connector_key.get_secret_value(), clock=runtime.clock)
    runtime.stack.push_async_callback(leases.close)
    return Sender(
        client_id=settings.fortnox_client_id,
        permits=lambda connection_id: leases.session(connection_id, Purpose.VOUCHERS),
        open_session=lambda: database.connect(settings.database_url.get_secret_value(), runtime.schema),
        pool=runtime.pool,
        fortnox_url=settings.fortnox_api_url,
        clock=runtime.clock,
        timing=Timing(
            call_timeout=settings.call_timeout_seconds,
            settling=timedelta(seconds=settings.settling_seconds),
            away=timedelta(seconds=settings.away_seconds),
            lost=timedelta(seconds=settings.lost_seconds),
            give_up_after=timedelta(hours=settings.give_up_after_hours),
            registers=timedelta(seconds=settings.registers_seconds),
        ),
    )


def job_kind(sender: Sender) -> JobKind:
    async def run(job: Job[Command]) -> None:
        await batch_job.run(job, sender)

    async def give_up(job: Job[Command], error: ProblemError) -> None:
        await waiting.give_up(job, sender, error)

    commands = (VouchersApproved, VouchersCorrectionRequested)
    return JobKind(BATCH, commands, run=run, give_up=give_up, buried=burying.bury)


def create_app(settings: VoucherSenderSettings) -> FastAPI:
    return service.create_app(Service(NAME, SCHEMA, settings, build), [api.router])
