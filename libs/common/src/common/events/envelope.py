"""The envelope around every event: CloudEvents 1.0 in Kafka's binary mode, validated both ways."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID, uuid4

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import kafka as binding
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.base import Format
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from common.events.topics import Topic
from common.events.types import ConnectionId, Model

SCHEMA = "urn:bokbrygga:{type}:v{version}"
REGISTRY: dict[str, type["EventData"]] = {}


class EventData(Model):
    """What an event says. A subclass is an event type: it names its type, its topic and its major version."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[Topic]
    VERSION: ClassVar[int] = 1

    connection_id: ConnectionId

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TYPE" in cls.__dict__:
            REGISTRY[cls.TYPE] = cls

    @property
    def business_key(self) -> str | None:
        """The sender's own reference, by which a repeated command is recognised; None where there is none."""
        return None

    @classmethod
    def schema_urn(cls) -> str:
        return SCHEMA.format(type=cls.TYPE, version=cls.VERSION)


Data = TypeVar("Data", bound=EventData)
Data_co = TypeVar("Data_co", bound=EventData, covariant=True)


@dataclass(frozen=True)
class Event(Generic[Data_co]):
    """An event with where it came from and what caused it."""

    data: Data_co
    source: str
    id: str
    time: datetime
    correlation_id: str
    causation_id: str | None = None
    sequence: int | None = None
    traceparent: str | None = None


def new_event(data: Data, *, source: str, time: datetime, cause: Event[EventData] | None = None) -> Event[Data]:
    """An event that `cause` led to; without a cause it starts a story of its own."""
    own_id = str(uuid4())
    return Event(
        data=data,
        source=source,
        id=own_id,
        time=time,
        correlation_id=cause.correlation_id if cause else own_id,
        causation_id=cause.id if cause else None,
        traceparent=cause.traceparent if cause else None,
    )


@dataclass(frozen=True)
class Record:
    """A Kafka record as the wire has it. `value` None is a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    partition: int = -1
    offset: int = -1


class Unreadable(Exception):
    """A record that no later attempt could read. `reason` is a stable word; `detail` holds nothing of the payload."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class _Bytes(Format):
    """Leaves the payload to pydantic."""

    def write_data(self, data: object, datacontenttype: str | None) -> bytes:
        assert isinstance(data, bytes)
        return data

    def read_data(self, body: bytes, datacontenttype: str | None) -> bytes:
        return body

    def get_content_type(self) -> str:
        return "application/json"

    def read(self, event_factory: object, data: str | bytes) -> CloudEvent:
        raise Unreadable("not-binary-mode", "structured CloudEvents are not used here")

    def write(self, event: object) -> bytes:
        raise Unreadable("not-binary-mode", "structured CloudEvents are not used here")


def to_record(event: Event[EventData]) -> Record:
    """The event as a Kafka record, keyed by its connection."""
    attributes: dict[str, object] = {
        "id": event.id,
        "source": event.source,
        "type": event.data.TYPE,
        "specversion": "1.0",
        "time": event.time.astimezone(UTC),
        "dataschema": event.data.schema_urn(),
        "datacontenttype": "application/json",
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "sequence": None if event.sequence is None else str(event.sequence),
    }
    kept = {name: value for name, value in attributes.items() if value is not None}
    message = binding.to_binary(CloudEvent(kept, event.data.model_dump_json().encode()), _Bytes())
    headers = list(message.headers.items())
    if event.traceparent:
        headers.append(("traceparent", event.traceparent.encode()))
    return Record(event.data.TOPIC.name, str(event.data.connection_id).encode(), message.value, headers)


def from_record(record: Record, expected: Iterable[type[Data]]) -> Event[Data]:
    """The event in a record, which must be one of the expected types.

    Raises Unreadable: not JSON, no such type, an unknown major version, a required field missing (named), a header
    that is no text, a null where no tombstone is legal, a key that is not the connection, or too large a value.
    """
    expected = list(expected)
    if record.value is None:
        raise Unreadable("null-value", "a tombstone is not legal on this topic")
    if len(record.value) > max((model.TOPIC.largest_record for model in expected), default=0):
        raise Unreadable("too-large", f"{len(record.value)} bytes are more than the topic is for")
    headers = _text_headers(record.headers)
    for required in ("ce_id", "ce_specversion"):  # which the library would make up
        if not headers.get(required):
            raise Unreadable("bad-envelope", f"header {required} is missing")
    try:
        cloud_event = binding.from_binary(
            binding.KafkaMessage({name: value.encode() for name, value in headers.items()}, None, record.value),
            _Bytes(),
            CloudEvent,
        )
    except CloudEventValidationError as error:
        raise Unreadable("bad-envelope", f"attributes {sorted(error.errors)} are missing or wrong") from None
    except ValueError:
        raise Unreadable("bad-envelope", "ce_time is no timestamp") from None
    model = _model(cloud_event, expected)
    data = _parse(model, record.value)
    if record.key is not None and record.key != str(data.connection_id).encode():
        raise Unreadable("wrong-key", "the record's key is not its connection_id")
    return _event(cloud_event, data, headers)


def _text_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers that concern us, as text; others may hold anything."""
    texts: dict[str, str] = {}
    for name, value in headers:
        if name.lower().startswith("ce_") or name.lower() in {"content-type", "traceparent"}:
            try:
                texts[name.lower()] = (value or b"").decode()
            except UnicodeDecodeError:
                raise Unreadable("bad-header", f"header {name[:40]} is not UTF-8") from None
    return texts


def _model(cloud_event: BaseCloudEvent, expected: Iterable[type[Data]]) -> type[Data]:
    by_type = {model.TYPE: model for model in expected}
    name = cloud_event.get_type()
    if name not in by_type:
        raise Unreadable("unknown-type", f"type {name[:80]} is not known here")
    model = by_type[name]
    schema = cloud_event.get_dataschema()
    if schema and schema != model.schema_urn():
        raise Unreadable("unknown-version", f"schema {schema[:120]} is not known here")
    return model


def _parse(model: type[Data], value: bytes) -> Data:
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)
        if first[0]["type"] == "json_invalid":
            raise Unreadable("not-json", "the value is not JSON") from None
        fields = ", ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in first[:10])
        raise Unreadable("invalid", fields) from None


def _event(cloud_event: BaseCloudEvent, data: Data, headers: Mapping[str, str]) -> Event[Data]:
    sequence = str(cloud_event.get_extension("sequence") or "")
    return Event(
        data=data,
        source=cloud_event.get_source(),
        id=cloud_event.get_id(),
        time=(cloud_event.get_time() or datetime.now(UTC)),
        correlation_id=str(cloud_event.get_extension("correlationid") or cloud_event.get_id()),
        causation_id=cloud_event.get_extension("causationid"),
        sequence=int(sequence) if sequence.isdecimal() and len(sequence) < 19 else None,
        traceparent=headers.get("traceparent"),
    )


def connection_of(record: Record) -> UUID | None:
    """The connection that a record's key names, if it names one."""
    try:
        return UUID((record.key or b"").decode())
    except (ValueError, UnicodeDecodeError):
        return None
