"""What is published in docs/ is what the code does, and within a major version it only grows."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.events import documentation, topics
from common.events.compatibility import Schema, breaks

DOCS = Path(__file__).parents[2] / "docs"


def test_no_committed_schema_is_broken() -> None:
    documentation.check(DOCS)


def test_the_generated_files_are_up_to_date() -> None:
    assert documentation.outdated(DOCS) == [], "make docs"


def test_every_reference_of_the_asyncapi_file_leads_somewhere() -> None:
    document = json.loads((DOCS / "asyncapi.json").read_text())

    def resolve(node: Any) -> None:
        if isinstance(node, list):
            for one in node:
                resolve(one)
        elif isinstance(node, dict):
            if "$ref" in node and not node["$ref"].startswith("#"):
                assert (DOCS / node["$ref"]).exists()
            elif "$ref" in node:
                found = document
                for part in node["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            for one in node.values():
                resolve(one)

    resolve(document)
    assert set(document["channels"]) == {topic.name for topic in topics.ALL}


def test_a_name_means_one_thing_on_the_whole_page() -> None:
    known: dict[str, object] = {}
    for schema in documentation.schemas().values():
        for name, definition in schema.get("$defs", {}).items():
            fields = {**definition, "required": []}
            assert known.setdefault(name, fields) == fields


# What counts as broken

REQUESTED: Schema = {
    "$defs": {
        "Kind": {"enum": ["a", "b"], "type": "string"},
        "Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}},
    },
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "An id."},
        "kinds": {"type": "array", "items": {"$ref": "#/$defs/Kind"}, "maxItems": 10},
        "amount": {"anyOf": [{"type": "string", "pattern": "x"}, {"type": "null"}], "default": None},
        "node": {"$ref": "#/$defs/Node"},
    },
    "required": ["id", "kinds"],
}
Change = Callable[[Schema], Any]


def changed(change: Change) -> Schema:
    schema = copy.deepcopy(REQUESTED)
    change(schema)
    return schema


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"].update(more={"type": "string"}),
        lambda s: s["properties"]["id"].update(description="Another sentence."),
        lambda s: s["$defs"]["Kind"]["enum"].append("c"),
        lambda s: s["properties"]["amount"].update(default="1"),
    ],
    ids=["a field more", "other words", "a value more", "another default"],
)
@pytest.mark.parametrize("command", [True, False])
def test_growing_breaks_nobody(change: Change, command: bool) -> None:
    assert breaks(REQUESTED, changed(change), command=command) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda s: s["properties"].pop("amount"), ".amount"),
        (lambda s: s["properties"]["id"].update(type="integer"), ".id"),
        (lambda s: s["properties"]["id"].pop("format"), ".id"),
        (lambda s: s["properties"]["kinds"].update(maxItems=5), ".kinds"),
        (lambda s: s["properties"]["kinds"].update(items={"type": "string"}), ".kinds[]"),
        (lambda s: s["$defs"]["Kind"]["enum"].remove("b"), ".kinds[]"),
        (lambda s: s["properties"]["amount"]["anyOf"].pop(), ".amount"),
        (lambda s: s["properties"]["amount"]["anyOf"][0].pop("pattern"), ".amount"),
        (lambda s: s["$defs"]["Node"].update(properties={}), ".node.next"),
    ],
)
@pytest.mark.parametrize("command", [True, False])
def test_what_goes_or_changes_breaks_somebody(change: Change, where: str, command: bool) -> None:
    assert any(broken.startswith(where) for broken in breaks(REQUESTED, changed(change), command=command))


def test_a_command_may_require_less_and_not_more() -> None:
    more, less = changed(lambda s: s["required"].append("amount")), changed(lambda s: s["required"].remove("id"))

    assert breaks(REQUESTED, more, command=True) == [".amount: is required now"]
    assert breaks(REQUESTED, less, command=True) == []


def test_an_event_may_promise_more_and_not_less() -> None:
    more, less = changed(lambda s: s["required"].append("amount")), changed(lambda s: s["required"].remove("id"))

    assert breaks(REQUESTED, more, command=False) == []
    assert breaks(REQUESTED, less, command=False) == [".id: may be missing now"]


def test_nothing_that_breaks_is_written(tmp_path: Path) -> None:
    documentation.write(tmp_path)
    baseline = tmp_path / "schemas" / "import.requested.v1.json"
    baseline.write_text(baseline.read_text().replace('"import_id"', '"import_reference"'))
    (tmp_path / "schemas" / "import.wished.v1.json").write_text("{}")
    before = baseline.read_text()

    with pytest.raises(documentation.IncompatibleChange, match="import_reference") as refused:
        documentation.write(tmp_path)

    assert "import.wished.v1.json is gone" in str(refused.value)
    assert baseline.read_text() == before
