"""SIE files of types 1–4: read, check, compare, write. See README.md for what is done with which deviation."""

from sie.document import Document
from sie.problems import Problem, Severity, SieError
from sie.reader import read
from sie.records import (
    Account,
    Balance,
    BalanceKind,
    Dimension,
    FinancialYear,
    Header,
    Objects,
    Other,
    Row,
    Voucher,
)

__all__ = [
    "Account",
    "Balance",
    "BalanceKind",
    "Dimension",
    "Document",
    "FinancialYear",
    "Header",
    "Objects",
    "Other",
    "Problem",
    "Row",
    "Severity",
    "SieError",
    "Voucher",
    "read",
]
