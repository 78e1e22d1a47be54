"""What is really in the books, said plainly and not as Fortnox says it: for those who judge others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.fortnox.amounts import text
from sandbox.fortnox.books.model import Row, Voucher
from sandbox.fortnox.company import Company

Plain = dict[str, Any]


def company(one: Company) -> Plain:
    profile = one.profile
    return {
        "tenant": profile.tenant,
        "name": profile.name,
        "organisation_number": profile.organisation_number,
        "method": profile.method,
        "locked_until": profile.locked_until.isoformat() if profile.locked_until else None,
        "licences": sorted(profile.licences),
        "financial_years": [
            {
                "id": year.id,
                "start": year.start.isoformat(),
                "end": year.end.isoformat(),
                "accounts": len(year.accounts),
                "vouchers": len(one.books.of_year(year.id)),
            }
            for year in one.years
        ],
        "invoices": {kind: len(ledger.invoices) for kind, ledger in one.ledgers.items()},
    }


def vouchers(found: Iterable[Voucher], gone: Iterable[tuple[Voucher, datetime]] = ()) -> list[Plain]:
    """By year, series and number; after them what was deleted, if that is asked for."""
    there = [voucher(one) for one in sorted(found, key=lambda v: v.key)]
    return there + [{**voucher(one), "gone_at": at.isoformat()} for one, at in gone]


def voucher(one: Voucher) -> Plain:
    return {
        "financial_year": one.year,
        "series": one.series,
        "number": one.number,
        "date": one.date.isoformat(),
        "text": one.text,
        "comments": one.comments,
        "reference_type": one.reference_type,
        "reference_number": one.reference_number,
        "created": one.created.isoformat(),
        "through_api": one.through_api,
        "rows": [_row(row) for row in one.rows],
    }


def _row(row: Row) -> Plain:
    return {
        "account": row.account,
        "debit": text(row.debit),
        "credit": text(row.credit),
        "objects": [list(pair) for pair in row.objects],
        "text": row.text,
        "removed": row.removed,
        "added": row.added,
    }
