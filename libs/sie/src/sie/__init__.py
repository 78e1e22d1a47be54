"""SIE files of types 1–4: read, check, compare, write. See README.md for what is done with which deviation."""

from sie.builder import DocumentBuilder
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
from sie.writer import write

__all__ = [
    "Account",
    "Balance",
    "BalanceKind",
    "Dimension",
    "Document",
    "DocumentBuilder",
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
    "write",
]
