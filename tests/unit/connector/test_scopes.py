"""Which scopes are asked for."""

import pytest

from common.events import Dataset
from connector import scopes


def test_who_only_connects_asks_for_who_the_company_is() -> None:
    assert scopes.wanted([], vouchers=False) == ("companyinformation",)


def test_everything_asks_for_each_scope_once() -> None:
    wanted = scopes.wanted(list(Dataset), vouchers=True)

    assert len(wanted) == len(set(wanted))
    assert set(wanted) == {
        "companyinformation",
        "bookkeeping",
        "invoice",
        "customer",
        "supplierinvoice",
        "supplier",
        "payment",
        "settings",
    }


@pytest.mark.parametrize("dataset", list(Dataset))
def test_every_dataset_has_its_scopes(dataset: Dataset) -> None:
    assert "bookkeeping" in scopes.wanted([dataset], vouchers=False)


def test_what_is_not_used_is_not_asked_for() -> None:
    """One unlicensed scope fails the whole consent (Fortnox fact 0.11)."""
    assert not {"invoice", "supplierinvoice", "payment"} & set(scopes.wanted([Dataset.SIE4], vouchers=True))
    assert "supplierinvoice" not in scopes.wanted([Dataset.CUSTOMER_LEDGER], vouchers=False)


def test_what_was_not_granted_is_named_in_order() -> None:
    assert scopes.missing(("a", "b", "c"), {"b"}) == ("a", "c")


def test_every_scope_that_is_ever_asked_for_has_words_for_its_absence() -> None:
    everything = scopes.wanted(list(Dataset), vouchers=True)

    told = scopes.limitations(everything, ())

    assert len({one.swedish for one in told}) == len(everything)
    assert scopes.limitations(everything, everything) == ()
    [payments] = scopes.limitations(everything, set(everything) - {"payment"})
    assert "per balansdagen" in payments.swedish
    assert "payment" not in payments.swedish
