"""A document and its findings as plain data for JSON: amounts as decimal strings, dates as YYYY-MM-DD."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sie.changes import Comparison
from sie.document import Document
from sie.findings import Finding, Findings
from sie.problems import Problem
from sie.records import Account, Balance, FinancialYear, Objects, Row, Voucher

Json = dict[str, Any]


def of_document(document: Document, findings: Findings) -> Json:
    header = document.header
    return {
        "encoding": document.encoding,
        "type": document.kind,
        "program": f"{header.program} {header.program_version}".strip(),
        "company": {
            "number": header.company_id,
            "name": header.company_name,
            "organisation_number": header.organisation_number,
        },
        "years": [_year(year) for year in document.years.values()],
        "accounts": [_account(account) for account in document.accounts.values()],
        "balances": [_balance(balance) for balance in document.balances],
        "vouchers": [_voucher(voucher) for voucher in document.vouchers],
        "problems": [of_problem(problem) for problem in document.problems],
        "problem_counts": dict(document.problem_counts),
        "findings": [_finding(finding) for finding in findings],
        "finding_counts": dict(findings.counts),
    }


def of_failure(name: str, problems: Sequence[Problem]) -> Json:
    return {"file": name, "problems": [of_problem(problem) for problem in problems]}


def of_problem(problem: Problem) -> Json:
    return {
        "code": problem.code, "severity": problem.severity, "line": problem.line, "column": problem.column,
        "text": problem.text, "swedish": problem.swedish, "english": problem.english,
    }  # fmt: skip


def of_comparison(comparison: Comparison) -> Json:
    return {
        "same_company": comparison.same_company,
        "same_year": comparison.same_year,
        "header": [
            {"field": field.name, "old": _plain(field.old), "new": _plain(field.new)}
            for field in comparison.changed_header
        ],
        "years": [
            {"year": year.index, "old": year.old and _year(year.old), "new": year.new and _year(year.new)}
            for year in comparison.changed_years
        ],
        "vouchers": {
            "new": [_voucher(voucher) for voucher in comparison.new_vouchers],
            "changed": [
                {"what": list(change.what), "old": _voucher(change.old), "new": _voucher(change.new)}
                for change in comparison.changed_vouchers
            ],
            "gone": [_voucher(voucher) for voucher in comparison.gone_vouchers],
        },
        "accounts": {
            "new": [_account(account) for account in comparison.new_accounts],
            "changed": [
                {"what": list(change.what), "old": _account(change.old), "new": _account(change.new)}
                for change in comparison.changed_accounts
            ],
            "gone": [_account(account) for account in comparison.gone_accounts],
        },
        "objects": [
            {"dimension": change.dimension, "object": change.number or None, "old": change.old, "new": change.new}
            for change in comparison.changed_objects
        ],
        "balances": [
            {
                "kind": moved.kind, "year": moved.year, "period": moved.period, "account": moved.account,
                "objects": _objects(moved.objects), "old": str(moved.old), "new": str(moved.new),
                "difference": str(moved.difference),
                "old_quantity": _optional(moved.old_quantity), "new_quantity": _optional(moved.new_quantity),
            }
            for moved in comparison.moved_balances
        ],
    }  # fmt: skip


def _year(year: FinancialYear) -> Json:
    return {"year": year.index, "start": str(year.start), "end": str(year.end)}


def _account(account: Account) -> Json:
    return {
        "number": account.number, "name": account.name, "type": account.type or None, "unit": account.unit or None,
        "sru": list(account.sru),
    }  # fmt: skip


def _balance(balance: Balance) -> Json:
    return {
        "kind": balance.kind, "year": balance.year, "period": balance.period, "account": balance.account,
        "objects": _objects(balance.objects), "amount": str(balance.amount), "quantity": _optional(balance.quantity),
    }  # fmt: skip


def _voucher(voucher: Voucher) -> Json:
    return {
        "series": voucher.series, "number": voucher.number, "date": _optional(voucher.date), "text": voucher.text,
        "registered": _optional(voucher.registered), "signature": voucher.signature,
        "rows": [_row(row) for row in voucher.rows],
        "struck": [_row(row) for row in voucher.struck],
        "added": [_row(row) for row in voucher.added],
    }  # fmt: skip


def _row(row: Row) -> Json:
    return {
        "account": row.account, "amount": str(row.amount), "objects": _objects(row.objects),
        "date": _optional(row.date), "text": row.text, "quantity": _optional(row.quantity),
        "signature": row.signature,
    }  # fmt: skip


def _finding(finding: Finding) -> Json:
    return {
        "code": finding.code, "severity": finding.severity, "line": finding.line, "account": finding.account or None,
        "voucher": finding.voucher or None, "year": finding.year, "period": finding.period,
        "objects": _objects(finding.objects), "expected": _plain(finding.expected),
        "found": _plain(finding.found), "difference": _optional(finding.difference),
        "swedish": finding.swedish, "english": finding.english,
    }  # fmt: skip


def _objects(objects: Objects) -> list[list[str]]:
    return [list(pair) for pair in objects]


def _optional(value: Decimal | date | str | None) -> str | None:
    """An amount in its plain form: a quantity of 0.0000000001 is not 1E-10."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if value is None else str(value)


def _plain(value: Decimal | date | str | int | None) -> str | int | None:
    """A number that is no amount stays one."""
    return value if isinstance(value, int) else _optional(value)
