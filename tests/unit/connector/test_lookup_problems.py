"""What a failure of Fortnox's means to somebody in a dialog."""

import pytest

import fortnox
from connector.lookups import COMPANY, LOCK, SERIES, YEARS, Lookup, problems


def leaves(kind: type[fortnox.FortnoxError]) -> list[type[fortnox.FortnoxError]]:
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (fortnox.NotAllowed, "lookup.right-missing"),
        (fortnox.MissingScope, "lookup.scope-missing"),
        (fortnox.MissingLicence, "lookup.licence-missing"),
        (fortnox.NotFound, "lookup.not-found"),
        (fortnox.Invalid, "lookup.refused"),
        (fortnox.InvalidClient, "connection.misconfigured"),
        (fortnox.TooManyRequests, "connection.fortnox-away"),
        (fortnox.TokenRefused, "connection.fortnox-away"),
        (fortnox.WrongCompany, "connect.unreadable-answer"),
    ],
)
def test_each_has_a_code_of_its_own(kind: type[fortnox.FortnoxError], code: str) -> None:
    told = problems.of(kind("GET /3/voucherseries", status=400), **SERIES.about())

    assert told.problem.code == code


@pytest.mark.parametrize("lookup", [COMPANY, YEARS, SERIES, LOCK], ids=lambda lookup: lookup.name)
@pytest.mark.parametrize("kind", leaves(fortnox.FortnoxError)[1:], ids=lambda kind: kind.__name__)
def test_all_are_told_in_words(kind: type[fortnox.FortnoxError], lookup: Lookup) -> None:
    told = problems.of(kind("GET /3/something", message="Fakturan till Anna Andersson"), **lookup.about())

    assert told.swedish.endswith(".")
    assert told.next_step
    assert told.english
    assert "Anna" not in f"{told.data}{told.swedish}{told.english}"
