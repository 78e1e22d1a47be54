"""`/3/vouchers`: create, list, read (facts 6.1, 6.2). No update; deleting is not public."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from sandbox.fortnox import amounts
from sandbox.fortnox.books import booking
from sandbox.fortnox.books.booking import Proposal
from sandbox.fortnox.books.model import COST_CENTRE, PROJECT, FinancialYear, Row, Voucher
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.answers import headers
from sandbox.fortnox.wire.call import Call, Endpoint, get
from sandbox.fortnox.wire.listing import Record, between, in_order, matching, modified_since, page, single

ORDERS = {
    "referencenumber": lambda v: v.reference_number,
    "referencetype": lambda v: v.reference_type,
    "vouchernumber": lambda v: v.number,
    "voucherseries": lambda v: (v.series, v.number),
    "transactiondate": lambda v: v.date,
}
KNOWN_FIELDS = frozenset({
    "@url", "ApprovalState", "Comments", "CostCenter", "Description", "Project", "ReferenceNumber", "ReferenceType",
    "TransactionDate", "VoucherNumber", "VoucherRows", "VoucherSeries", "Year",
})  # fmt: skip
KNOWN_ROW_FIELDS = frozenset({
    "Account", "CostCenter", "Credit", "Debit", "Description", "Project", "Quantity", "Removed",
    "TransactionInformation",
})  # fmt: skip


def index(call: Call) -> Response:
    return _list(call, call.year(), None)


def sublist(call: Call) -> Response:
    return _list(call, call.year(), call.path.get("series"))


def show(call: Call) -> Response:
    year, number = call.year(), call.path["number"]
    voucher = call.company.books.find(year.id, call.path["series"], int(number) if number.isdecimal() else 0)
    if voucher is None:
        raise errors.no_voucher()
    return single(call, "Voucher", _whole(call, year, voucher))


def create(call: Call) -> Response:
    """201 with the voucher as booked; `Location` is a bare word (fact 3)."""
    record = call.json("Voucher")
    _check_names(record, KNOWN_FIELDS)
    proposal = _proposal(record)
    year = _year(call, proposal)
    booking.check(call.company, year, proposal, call.world.switches)
    year = _otherwise(call, year, proposal)
    voucher = booking.book(call.world, call.company, year, proposal)
    answer = _whole(call, year, voucher)
    lacks = call.world.switches.answer_lacks
    answer = {**answer, "VoucherRows": []} if lacks == "rows" else {k: v for k, v in answer.items() if k != lacks}
    return single(call, "Voucher", answer, 201, {"location": "vouchers"})


def _otherwise(call: Call, year: FinancialYear, proposal: Proposal) -> FinancialYear:
    """What no client is prepared for: the voucher is accepted and booked otherwise than it was sent (a switch)."""
    match call.world.switches.booked_otherwise:
        case "objects":
            proposal.rows = [replace(row, objects=()) for row in proposal.rows]
        case "date":
            proposal.date -= timedelta(days=1)
        case "series":
            proposal.series = next(code for code in year.series if code != proposal.series)
        case "amount":
            proposal.rows = [replace(row, debit=row.debit and row.debit + 100) for row in proposal.rows]
        case "year":
            return next((other for other in call.company.years if other.id != year.id), year)
    return year


def delete(call: Call) -> Response:
    """Not public, needs the scope `deletevoucher`; only the last voucher of a series can go (facts 5.8, 6.1)."""
    year, number = call.year(), call.path["number"]
    last = call.company.books.last(year.id, call.path["series"])
    if last is None or str(last.number) != number:
        raise errors.no_voucher()
    call.world.drop_voucher(call.company, last)
    return Response(status_code=204, headers=headers())


def _list(call: Call, year: FinancialYear, series: str | None) -> Response:
    """Lists may lag behind what has been booked; single reads don't (a switch)."""
    found = call.company.books.of_year(year.id)
    lag = call.world.switches.list_lag_seconds
    if lag:
        seen = call.world.clock.now() - timedelta(seconds=lag)
        found = [v for v in found if not v.through_api or v.created <= seen]
    if series is not None:
        found = [v for v in found if v.series == series]
    last = None if call.world.switches.todate_is_included else call.day("todate")
    found = [v for v in found if last is None or v.date < last]
    found = modified_since(call, between(call, found, lambda v: v.date))
    found = matching(call, found, {"voucherseries": lambda v: v.series, "costcenter": lambda v: v.cost_centre})
    return page(call, "Vouchers", in_order(call, found, ORDERS), lambda v: _item(call, v))


def _item(call: Call, voucher: Voucher) -> Record:
    """No rows, no amounts (fact 6.2)."""
    return {
        "@url": call.url(f"vouchers/{voucher.series}/{voucher.number}?financialyear={voucher.year}"),
        "ApprovalState": voucher.approval_state,
        "Comments": voucher.comments if call.world.switches.list_shows_comments else "",
        "Description": voucher.text,
        "ReferenceNumber": voucher.reference_number,
        "ReferenceType": voucher.reference_type,
        "TransactionDate": voucher.date.isoformat(),
        "VoucherNumber": voucher.number,
        "VoucherSeries": voucher.series,
        "Year": voucher.year,
    }


def _whole(call: Call, year: FinancialYear, voucher: Voucher) -> Record:
    """Empty text is null in a single read, "" in lists (fact 14)."""
    return {
        **_item(call, voucher),
        "Comments": voucher.comments or None,
        "CostCenter": voucher.cost_centre or None,
        "Project": voucher.project or None,
        "ReferenceNumber": voucher.reference_number or None,
        "VoucherRows": [_row(call, year, row) for row in voucher.rows],
    }


def _row(call: Call, year: FinancialYear, row: Row) -> Record:
    """`Description` is the account's own name, whatever was sent; removed rows stay visible (facts 6.1, 6.2)."""
    account = year.accounts.get(row.account)
    name = account.name if account else ""
    kept = row.description and not call.world.switches.description_overwritten
    return {
        "Account": row.account,
        "CostCenter": row.object(COST_CENTRE),
        "Credit": amounts.number(row.credit),
        "Debit": amounts.number(row.debit),
        "Description": row.description if kept else name,
        "Project": row.object(PROJECT),
        "Quantity": float(row.quantity) if row.quantity % 1 else int(row.quantity),
        "Removed": row.removed,
        "TransactionInformation": row.text,
    }


def _year(call: Call, proposal: Proposal) -> FinancialYear:
    """The year asked for, else the one of the voucher's date, as observed (fact 14; the document says otherwise)."""
    asked = call.asked_year()
    if asked is not None:
        return asked
    if call.world.switches.voucher_year_default == "current":
        return call.company.current_year(call.world.clock.today())
    year = call.company.year_of(proposal.date)
    if year is None:
        raise errors.no_year_for_date()
    return year


def _proposal(record: Record) -> Proposal:
    rows = record.get("VoucherRows")
    if not isinstance(rows, list) or not rows:
        raise errors.wrong_data()
    return Proposal(
        series=_text(record, "VoucherSeries", required=True),
        date=_date(record),
        text=_text(record, "Description", required=True),
        rows=[_parse_row(row) for row in rows],
        comments=_text(record, "Comments"),
        cost_centre=_text(record, "CostCenter"),
        project=_text(record, "Project"),
        through_api=True,
    )


def _parse_row(record: Any) -> Row:
    if not isinstance(record, dict):
        raise errors.wrong_data()
    _check_names(record, KNOWN_ROW_FIELDS)
    account = record.get("Account")
    if isinstance(account, bool) or not str(account).isdecimal():
        raise errors.not_numeric("Account")
    given = ((COST_CENTRE, _text(record, "CostCenter")), (PROJECT, _text(record, "Project")))
    return Row(
        int(str(account)),
        _amount(record, "Debit"),
        _amount(record, "Credit"),
        tuple(pair for pair in given if pair[1]),
        _text(record, "TransactionInformation"),
        Decimal(_amount(record, "Quantity")) / 100,
        description=_text(record, "Description"),
    )


def _check_names(record: Record, known: frozenset[str]) -> None:
    for name in record:
        if name not in known:
            raise errors.unknown_field(name)


def _text(record: Record, name: str, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise errors.wrong_data()
        return ""
    if not isinstance(value, str | int):
        raise errors.wrong_data()
    return str(value)


def _amount(record: Record, name: str) -> int:
    value = record.get(name)
    if value is None or value == "":
        return 0
    try:
        return amounts.parse(value)
    except ValueError:
        raise errors.not_numeric(name) from None


def _date(record: Record) -> date:
    try:
        return date.fromisoformat(_text(record, "TransactionDate", required=True))
    except ValueError:
        raise errors.wrong_data() from None


ENDPOINTS = [
    get("vouchers", "bookkeeping", index),
    get("vouchers/sublist", "bookkeeping", sublist),
    get("vouchers/sublist/{series}", "bookkeeping", sublist),
    get("vouchers/{series}/{number}", "bookkeeping", show),
    Endpoint("POST", "vouchers", "bookkeeping", create),
    Endpoint("DELETE", "vouchers/{series}/{number}", "deletevoucher", delete),
]
