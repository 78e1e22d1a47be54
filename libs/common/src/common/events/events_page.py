"""`docs/events.md`: the contract for people, in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any

from common.events import topics
from common.events.compatibility import Schema
from common.events.envelope import EventData
from common.events.topics import Topic

SIZES = ((1_000_000, "MB"), (1_000, "kB"))


def page(
    models: Sequence[type[EventData]], schemas: dict[str, Schema], file_of: Callable[[type[EventData]], str]
) -> str:
    """The whole page."""
    definitions: dict[str, Schema] = {}
    for schema in schemas.values():
        definitions |= schema.get("$defs", {})
    head = files("common.events").joinpath("events_page.md").read_text(encoding="utf-8")
    parts = [head, _topics_table(models)]
    for topic in topics.ALL:
        parts.append(f"\n## {topic.name}\n\nBy {topic.by}: {topic.about}.\n")
        parts += [_type(one, schemas[file_of(one)], file_of(one)) for one in models if topic == one.TOPIC]
    parts.append("\n## What they are made of\n")
    parts += [_definition(name, definitions[name]) for name in sorted(definitions)]
    return "".join(parts)


def _topics_table(models: Iterable[type[EventData]]) -> str:
    head = "| topic | by | kept | partitions | largest record | types |\n|---|---|---|---|---|---|\n"
    rows = []
    for topic in topics.ALL:
        types = ", ".join(f"[`{one.TYPE}`](#{_anchor(one.TYPE)})" for one in models if topic == one.TOPIC)
        cells = (f"`{topic.name}`", topic.by, _kept(topic), topic.partitions, _size(topic.largest_record), types)
        rows.append("| " + " | ".join(map(str, cells)) + " |\n")
    return head + "".join(rows)


def _type(model: type[EventData], schema: Schema, file: str) -> str:
    about = " ".join((model.__doc__ or "").split())
    return f"\n### {model.TYPE}\n\n{about} ([schema]({file}))\n\n" + _fields(schema)


def _definition(name: str, schema: Schema) -> str:
    about = " ".join(schema.get("description", "").split())
    head = f"\n### {name}\n\n" + (f"{about}\n\n" if about else "")
    if "enum" in schema:
        return head + "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".\n"
    return head + _fields(schema)


def _fields(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        f"| `{name}` | {_type_name(field)} | {'' if name in required else _optional(field)} "
        f"| {' '.join(field.get('description', '').split())} |\n"
        for name, field in schema.get("properties", {}).items()
    ]
    return "| field | type | | |\n|---|---|---|---|\n" + "".join(rows)


def _optional(field: Schema) -> str:
    default = field.get("default")
    return "optional" if default in (None, "", [], {}) else f"optional, {_shown(default)}"


def _shown(default: Any) -> str:
    return ", ".join(f"`{one}`" for one in default) if isinstance(default, list) else f"`{default}`".lower()


def _type_name(field: Schema) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name)})"
    if "anyOf" in field:
        return " or ".join(_type_name(one) for one in field["anyOf"])
    if "prefixItems" in field:
        return "[" + ", ".join(_type_name(one) for one in field["prefixItems"]) + "]"
    return _plain_type_name(field)


def _plain_type_name(field: Schema) -> str:
    match field.get("type"):
        case "array":
            return f"list of {_type_name(field['items'])}"
        case "object" if "additionalProperties" in field:
            return f"object of {_type_name(field['additionalProperties'])}"
        case "string":
            return "decimal string" if "pattern" in field else str(field.get("format", "string"))
        case other:
            return str(other)


def _anchor(heading: str) -> str:
    """As GitHub makes them."""
    return heading.lower().replace(".", "")


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "newest per key"
    return "for ever" if topic.retention is None else f"{topic.retention.days} days"


def _size(size: int) -> str:
    for unit, name in SIZES:
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"
