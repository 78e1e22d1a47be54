"""`docs/schemas`, `docs/asyncapi.json` and `docs/events.md`, generated from the registry of event types.

`python -m common write-docs`. The committed schemas are the baseline: one that no longer reads what it read is refused.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from common import events
from common.events import topics
from common.events.compatibility import Schema, breaks
from common.events.envelope import REGISTRY, EventData
from common.events.events_page import page
from common.events.topics import Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PRODUCT = "product"
HEADERS: Schema = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "Unique for its source; stable when it is sent again."},
        "ce_source": {"type": "string", "description": "Who says it."},
        "ce_type": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_dataschema": {"type": "string", "description": "urn:bokbrygga:<type>:v<major version>"},
        "ce_correlationid": {"type": "string", "description": "The ce_id of the command that started it."},
        "ce_causationid": {"type": "string", "description": "The ce_id of the event that led to it directly."},
        "ce_sequence": {"type": "string", "description": "Rises by one for each record of a topic and key; import data has none."},
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
        "content-type": {"const": "application/json"},
    },
}


class IncompatibleChange(Exception):
    """A schema would no longer be what its readers or writers know: it needs a new major version."""


def models() -> list[type[EventData]]:
    """All event types of the contract, by topic and then as declared."""
    own = [model for model in REGISTRY.values() if model.__module__.startswith(events.__name__)]
    return [model for topic in topics.ALL for model in own if topic == model.TOPIC]


def schema_file(model: type[EventData]) -> str:
    return f"schemas/{model.TYPE}.v{model.VERSION}.json"


def schemas() -> dict[str, Schema]:
    """The JSON Schema of each type, by file name: commands as they may be sent, all others as we send them."""
    found = {}
    for model in models():
        schema = model.model_json_schema(mode="validation" if _is_command(model) else "serialization")
        found[schema_file(model)] = {"$schema": DIALECT, "$id": model.schema_urn(), **_untitled(schema)}
    return found


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0, from the point of view of Bokbrygga."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bokbrygga",
            "version": "1.0.0",
            "description": "Commands in and facts out, as CloudEvents 1.0 in Kafka's binary mode. See events.md.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics.ALL},
        "operations": {topic.name: _operation(topic) for topic in topics.ALL},
        "components": {
            "messages": {model.TYPE: _message(model) for model in models()},
            "schemas": {"Headers": HEADERS},
        },
    }


def check(folder: Path) -> None:
    """Raises IncompatibleChange when a committed schema would break; a type's file that is removed by hand is new."""
    found = []
    for name, schema in schemas().items():
        if (folder / name).exists():
            old = json.loads((folder / name).read_text(encoding="utf-8"))
            command = old["$id"] in {model.schema_urn() for model in models() if _is_command(model)}
            found += [f"{name} {broken}" for broken in breaks(old, schema, command=command)]
    known = {Path(name).name for name in schemas()}
    found += [f"{old.name} is gone" for old in sorted((folder / "schemas").glob("*.json")) if old.name not in known]
    if found:
        raise IncompatibleChange("\n".join(found))


def generated() -> dict[str, str]:
    """All generated files, by name."""
    files = {name: _json(schema) for name, schema in schemas().items()}
    return {**files, "asyncapi.json": _json(asyncapi()), "events.md": page(models(), schemas(), schema_file)}


def write(folder: Path) -> list[str]:
    """Writes them; returns the names of those that have changed. Raises IncompatibleChange."""
    check(folder)
    (folder / "schemas").mkdir(parents=True, exist_ok=True)
    changed = outdated(folder)
    for name in changed:
        (folder / name).write_text(generated()[name], encoding="utf-8")
    return changed


def outdated(folder: Path) -> list[str]:
    return [
        name
        for name, text in generated().items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"By {topic.by}: {topic.about}.",
        "messages": {model.TYPE: {"$ref": f"#/components/messages/{model.TYPE}"} for model in _of(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.config()["cleanup.policy"]],
                    "retention.ms": int(topic.config()["retention.ms"]),
                    "max.message.bytes": int(topic.config()["max.message.bytes"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "receive" if topic.by == PRODUCT else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{model.TYPE}"} for model in _of(topic)],
    }


def _message(model: type[EventData]) -> dict[str, Any]:
    return {
        "name": model.TYPE,
        "summary": (model.__doc__ or "").split("\n")[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": schema_file(model)},
        },
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}, "bindingVersion": "0.5.0"}},
    }


def _of(topic: Topic) -> Iterable[type[EventData]]:
    return [model for model in models() if topic == model.TOPIC]


def _is_command(model: type[EventData]) -> bool:
    return model.TOPIC.by == PRODUCT


def _untitled(schema: Any) -> Any:
    """Without the titles that pydantic makes of names, and in JSON's words."""
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if isinstance(schema, str):
        return re.sub(r"\bNone\b", "null", schema)
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _untitled(one) for name, one in value.items()}
        if key in {"properties", "$defs"}
        else _untitled(value)
        for key, value in schema.items()
        if key != "title"
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
