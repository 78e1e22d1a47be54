"""SIE files of types 1–4: read, check, compare, write. See README.md for what is done with which deviation."""

from sie.builder import DocumentBuilder
from sie.changes import Comparison
from sie.checks import check
from sie.comparing import compare
from sie.document import Document
from sie.findings import Finding, Findings
from sie.kinds import Kind
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
    "Comparison",
    "Dimension",
    "Document",
    "DocumentBuilder",
    "FinancialYear",
    "Finding",
    "Findings",
    "Header",
    "Kind",
    "Objects",
    "Other",
    "Problem",
    "Row",
    "Severity",
    "SieError",
    "Voucher",
    "check",
    "compare",
    "read",
    "write",
]
