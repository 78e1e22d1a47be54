"""The one way in which a Kafka producer is made."""

import ssl
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from common.settings import KafkaSettings


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client of a service is given."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        options["ssl_context"] = ssl.create_default_context()
    if settings.kafka_sasl_username:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
        }
    return options


def make_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """An idempotent producer, not yet started. Make a new one after a failed send: an idempotent aiokafka
    producer fails every later send to that partition.
    """
    return AIOKafkaProducer(
        **client_options(settings),
        enable_idempotence=True,
        compression_type="gzip",
        linger_ms=0,
        max_request_size=12_100_000,
        request_timeout_ms=40_000,  # longer than a relay's patience: no batch may expire while later ones still go out
    )


def header_bytes(headers: Sequence[Sequence[str]]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in headers]
