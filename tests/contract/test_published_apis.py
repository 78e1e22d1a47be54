"""What is published about the HTTP interfaces: whole, with an example of everything, and true."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from common.problems import CATALOGUE
from connector import api as connector_api  # noqa: F401  (brings its problems)
from importer import api as importer_api  # noqa: F401  (brings its problems)
from voucher_sender import api as voucher_sender_api  # noqa: F401  (brings its problems)

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = {
    name: json.loads((DOCS / f"{name}-api.json").read_text(encoding="utf-8"))
    for name in ("connector", "importer", "voucher-sender")
}
CALLS = [
    pytest.param(document, operation, id=f"{name} {method.upper()} {path}")
    for name, document in DOCUMENTS.items()
    for path, item in document["paths"].items()
    for method, operation in item.items()
]
every_call = pytest.mark.parametrize(("document", "operation"), CALLS)
Described = dict[str, Any]


def contents(operation: Described) -> Iterator[tuple[str, str, Described]]:
    """Everything of JSON that is sent or answered: where, its media type and what is said of it."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, content
    for status, response in operation["responses"].items():
        for kind, content in response.get("content", {}).items():
            if kind.endswith("json"):
                yield status, kind, content


def wrong(document: Described, schema: Described, value: Any) -> list[str]:
    whole = {"components": document["components"], **schema}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


@every_call
def test_everything_that_is_sent_or_answered_has_a_valid_example(document: Described, operation: Described) -> None:
    for where, kind, content in contents(operation):
        assert content.get("examples"), f"{where} {kind}"
        for example in content["examples"].values():
            assert wrong(document, content["schema"], example["value"]) == [], f"{where} {kind}"
    for parameter in operation.get("parameters", ()):
        assert parameter.get("examples"), parameter["name"]
        for example in parameter["examples"].values():
            assert wrong(document, parameter["schema"], example["value"]) == [], parameter["name"]


@every_call
def test_every_refusal_is_a_catalogued_problem(document: Described, operation: Described) -> None:
    refusals = {status: one for status, one in operation["responses"].items() if status >= "400"}

    assert {"401", "403", "500", "503"} <= set(refusals)
    for status, response in refusals.items():
        assert list(response["content"]) == ["application/problem+json"]
        examples = response["content"]["application/problem+json"]["examples"]
        assert {CATALOGUE[code].status for code in examples} == {int(status)}
        assert all(one["value"]["code"] == code for code, one in examples.items())


@every_call
def test_every_call_says_which_key_opens_it_and_what_it_is_for(document: Described, operation: Described) -> None:
    [scopes] = [one["key"] for one in operation["security"]]

    assert len(scopes) == 1
    assert operation["description"]


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_nothing_that_is_asked_for_is_secret_or_somebodys_own(document: Described) -> None:
    published = json.dumps(document)

    assert "eyJ" not in published
    assert "HTTPValidationError" not in published
