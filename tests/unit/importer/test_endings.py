"""What becomes of an import that can't go on."""

from datetime import timedelta

import pytest
from aiokafka.errors import KafkaConnectionError

import fortnox
from common.events import Trouble
from common.leases import ConnectorAway, LeaseRefused
from importer import problems
from importer.endings import LONGEST_PAUSE, passes, pause, trouble_of

CALL = "GET /3/supplierinvoices"


def refused(code: str, status: int = 409) -> LeaseRefused:
    return LeaseRefused(Trouble(code=code, swedish="…", next_step="…", english="…"), status)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("connection.lost"), "connection.lost"),
        (refused("http.not-found", 404), "http.not-found"),
        (ConnectorAway(), "import.connector-away"),
        (fortnox.Unavailable(CALL, status=503), "import.fortnox-away"),
        (fortnox.TooManyRequests(CALL, status=429), "import.fortnox-away"),
        (fortnox.ChangedMeanwhile(CALL), "import.fortnox-away"),
        (fortnox.TokenRefused(CALL, status=401), "import.fortnox-away"),
        (fortnox.UnreadableAnswer(CALL, status=200), "import.fortnox-away"),
        (KafkaConnectionError("away"), "import.kafka-away"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_passes_is_waited_for(error: Exception, code: str) -> None:
    assert passes(error)
    assert trouble_of(error).code == code
    assert trouble_of(error).next_step


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("connection.removed"), "connection.removed"),
        (refused("connection.unknown", 404), "connection.unknown"),
        (fortnox.NotAllowed(CALL, status=403, code=2003275), "import.not-allowed"),
        (fortnox.MissingLicence(CALL, status=403, code=2001101), "import.missing-licence"),
        (fortnox.MissingScope(CALL, status=403, code=2000663), "import.missing-scope"),
        (fortnox.Invalid(CALL, status=400, code=2000588), "import.refused-by-fortnox"),
        (fortnox.WrongCompany(CALL, field="#FNR"), "import.other-tenant"),
        (fortnox.UnreadableAnswer(CALL, field="SupplierInvoices.3.Balance"), "import.unreadable-answer"),
        (problems.NO_FINANCIAL_YEAR.error(product_year="x", product_from="y"), "import.no-financial-year"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_stays_wrong_ends_the_import_and_says_what_to_do(error: Exception, code: str) -> None:
    assert not passes(error)
    trouble = trouble_of(error)
    assert trouble.code == code
    assert trouble.swedish
    assert trouble.next_step


def test_a_missing_right_names_what_it_is_about_in_the_accountant_s_words() -> None:
    assert "leverantörsfakturor" in trouble_of(fortnox.MissingLicence(CALL, status=403)).swedish
    assert "kundinbetalningar" in trouble_of(fortnox.NotAllowed("GET /3/invoicepayments/7", status=403)).swedish


def test_the_pauses_grow_and_stay_bounded() -> None:
    pauses = [pause(ConnectorAway(), times) for times in range(1, 100)]

    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[-1] == LONGEST_PAUSE
