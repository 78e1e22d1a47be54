"""What is published about the connector's HTTP interface: whole, with an example of everything, and true."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from common.problems import CATALOGUE
from connector import api  # noqa: F401  (brings the problems that it can answer)

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "connector-api.json").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Everything that is sent or answered: where, its media type and what is said of it."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, content
    for status, response in operation["responses"].items():
        for kind, content in response.get("content", {}).items():
            yield status, kind, content


def wrong(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {"components": DOCUMENT["components"], **schema}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_everything_that_is_sent_or_answered_has_a_valid_example(name: str) -> None:
    for where, kind, content in contents(OPERATIONS[name]):
        assert content.get("examples"), f"{where} {kind}"
        for example in content["examples"].values():
            assert wrong(content["schema"], example["value"]) == [], f"{where} {kind}"
    for parameter in OPERATIONS[name].get("parameters", ()):
        assert parameter.get("examples"), parameter["name"]
        for example in parameter["examples"].values():
            assert wrong(parameter["schema"], example["value"]) == [], parameter["name"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_is_a_catalogued_problem(name: str) -> None:
    refusals = {status: one for status, one in OPERATIONS[name]["responses"].items() if status >= "400"}

    assert {"401", "403", "500", "503"} <= set(refusals)
    for status, response in refusals.items():
        assert list(response["content"]) == ["application/problem+json"]
        examples = response["content"]["application/problem+json"]["examples"]
        assert {CATALOGUE[code].status for code in examples} == {int(status)}
        assert all(one["value"]["code"] == code for code, one in examples.items())


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_says_which_key_opens_it_and_what_it_is_for(name: str) -> None:
    [scopes] = [one["key"] for one in OPERATIONS[name]["security"]]

    assert len(scopes) == 1
    assert OPERATIONS[name]["description"]


def test_nothing_that_is_asked_for_is_secret_or_somebodys_own() -> None:
    published = json.dumps(DOCUMENT)

    assert "eyJ" not in published
    assert "HTTPValidationError" not in published
