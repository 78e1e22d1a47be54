"""Within a major version a schema only grows: what a change between two of them would break."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

WORDS = frozenset({"title", "description", "examples", "default", "$defs", "$id", "$schema", "$comment"})
"""Keys that no program depends on."""
COMPARED_APART = frozenset({"properties", "required", "enum", "$ref", "anyOf", "items", "prefixItems"})


def breaks(old: Schema, new: Schema, *, command: bool) -> list[str]:
    """What somebody who knows the old schema could trip over; empty when it has only grown.

    Of a command the product is the writer: nothing new may be required of it. Of all others it is the reader: nothing
    that was always there may be missing. Both ways: no field goes, and none changes its type or its limits.
    """
    return list(_breaks(old, new, (old, new), "", command, frozenset()))


def _breaks(
    old: Schema, new: Schema, roots: tuple[Schema, Schema], path: str, command: bool, seen: frozenset[str]
) -> Iterator[str]:
    if reference := old.get("$ref"):
        if reference in seen:
            return
        seen |= {reference}
    old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    yield from _of_fields(old, new, path, command)
    if gone := set(old.get("enum", ())) - set(new.get("enum", ())):
        yield f"{path}: values {sorted(gone)} are gone"
    for key in (old.keys() | new.keys()) - WORDS - COMPARED_APART:
        if old.get(key) != new.get(key):
            yield f"{path}: {key} was {old.get(key)} and is {new.get(key)}"
    for name, (before, after) in _parts(old, new):
        if before is None or after is None:
            yield f"{path}{name}: its type has changed"
        else:
            yield from _breaks(before, after, roots, path + name, command, seen)


def _of_fields(old: Schema, new: Schema, path: str, command: bool) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(old.get("properties", {}).keys() - new.get("properties", {}).keys()):
        yield f"{path}.{name}: is gone"
    for name in sorted(after - before if command else before - after):
        yield f"{path}.{name}: " + ("is required now" if command else "may be missing now")


def _parts(old: Schema, new: Schema) -> Iterator[tuple[str, tuple[Schema | None, Schema | None]]]:
    """The schemas inside both, each under its name; None where only one of them has it."""
    for name in old.get("properties", {}).keys() & new.get("properties", {}).keys():
        yield f".{name}", (old["properties"][name], new["properties"][name])
    if "items" in old or "items" in new:
        yield "[]", (old.get("items"), new.get("items"))
    for key in ("anyOf", "prefixItems"):
        ours, theirs = old.get(key, []), new.get(key, [])
        for number in range(max(len(ours), len(theirs))):
            yield f"({key} {number})", (_nth(ours, number), _nth(theirs, number))


def _nth(schemas: list[Schema], number: int) -> Schema | None:
    return schemas[number] if number < len(schemas) else None


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema that a reference stands for."""
    if "$ref" in schema:
        found: Schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema
