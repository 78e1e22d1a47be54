"""Wiring: which part gets which, and nothing else."""

import httpx
from fastapi import FastAPI

from common.events import (
    CONNECTION_STATES,
    ImportCancelRequested,
    ImportRequested,
    ImportResendRequested,
    Record,
    topics,
)
from common.jobs import JobKind
from common.leases import Leases
from common.messaging.inbox import Inbox, Route
from common.service import Runtime, Service
from common.service import create_app as create_service_app
from importer import api, endings, kept
from importer.handlers import IMPORT, RESEND, Handlers
from importer.import_job import Importer
from importer.operating.measuring import measure_forever
from importer.publishing import Publisher
from importer.resend_job import Resender
from importer.settings import ImporterSettings


async def build(
    runtime: Runtime[ImporterSettings],
    *,
    to_connector: httpx.AsyncBaseTransport | None = None,
    to_fortnox: httpx.AsyncBaseTransport | None = None,
) -> None:
    """Commands come in through the inbox, imports and resends run as jobs. The transports are the tests' seams."""
    settings = runtime.settings
    key = settings.connector_key.get_secret_value()
    leases = Leases(settings.connector_url, key, transport=to_connector, clock=runtime.clock)
    runtime.stack.push_async_callback(leases.close)
    publisher = Publisher(runtime.producer, settings.kafka_topic_prefix)
    importer, resender = Importer(settings, leases, publisher, to_fortnox), Resender(publisher)
    imports = runtime.worker(
        JobKind(IMPORT, [ImportRequested], importer.run, importer.give_up, importer.cancelled, endings.buried)
    )
    resends = runtime.worker(
        JobKind(RESEND, [ImportResendRequested], resender.run, resender.give_up, buried=resender.buried)
    )
    handlers = Handlers(runtime.outbox, runtime.name, runtime.clock, forgets=settings.forget_with_connection)
    runtime.inbox(
        topics.IMPORT_REQUESTS,
        Route(ImportRequested, handlers.enqueue, handlers.refuse),
        Route(ImportCancelRequested, handlers.cancel),
        Route(ImportResendRequested, handlers.resend),
        wake=[imports, resends],
    )
    connections = Inbox(
        runtime.pool,
        [Route(state, handlers.wake) for state in CONNECTION_STATES],
        runtime.dead_letters,
        wake=[imports.wake],
        clock=runtime.clock,
    )

    async def on_connection(record: Record) -> None:
        if record.value is not None:  # a tombstone says nothing that the record before it didn't
            await connections.accept(record)

    runtime.subscribe(topics.CONNECTIONS, on_connection)
    runtime.pruning += kept.rules(settings.retention)
    runtime.tasks.append(measure_forever(runtime.pool, runtime.clock))


def create_app(settings: ImporterSettings) -> FastAPI:
    return create_service_app(Service("importer", "importer", settings, build), [api.router])
