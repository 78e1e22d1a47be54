"""Which of Fortnox's scopes a connection needs, by what it is used for (Fortnox facts 2).

Every scope reads and writes and needs a licence of the customer's; one that is missing fails the whole consent
(fact 0.11). So nothing is asked for that isn't used.
"""

from collections.abc import Collection, Iterable

from common.events import Dataset, Trouble
from connector import limits

ALWAYS = ("companyinformation",)
FOR_DATASET = {
    Dataset.SIE4: ("bookkeeping",),
    # Ledgers are reconciled with the books on the company's predefined accounts, and rolled back by payments.
    Dataset.CUSTOMER_LEDGER: ("bookkeeping", "invoice", "customer", "payment", "settings"),
    Dataset.SUPPLIER_LEDGER: ("bookkeeping", "supplierinvoice", "supplier", "payment", "settings"),
}
FOR_VOUCHERS = ("bookkeeping", "settings")  # the locked period is a setting


def wanted(datasets: Iterable[Dataset], *, vouchers: bool) -> tuple[str, ...]:
    """The scopes to ask for, in a steady order and each once."""
    groups = [ALWAYS, *(FOR_DATASET[dataset] for dataset in datasets), FOR_VOUCHERS if vouchers else ()]
    return union(*groups)


def union(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scope for group in groups for scope in group))


def missing(asked: Iterable[str], granted: Collection[str]) -> tuple[str, ...]:
    """What was asked for and not granted."""
    return tuple(scope for scope in asked if scope not in granted)


def limitations(asked: Iterable[str], granted: Collection[str]) -> tuple[Trouble, ...]:
    """What is impossible, or less sure, without the scopes that were not granted, in plain words."""
    return tuple(Trouble.of(limits.WITHOUT[scope].error()) for scope in missing(asked, granted))
