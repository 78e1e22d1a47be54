"""`/3/accounts`: one financial year's chart of accounts (fact 6.3)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import number
from sandbox.fortnox.books.model import Account, FinancialYear
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, matching, page, single


def index(call: Call) -> Response:
    year = call.year()
    accounts = matching(call, sorted(year.accounts.values(), key=lambda a: a.number), {"sru": lambda a: a.sru})
    return page(call, "Accounts", accounts, lambda account: _item(call, year, account))


def show(call: Call) -> Response:
    year, asked = call.year(), call.path["number"]
    account = year.accounts.get(int(asked)) if asked.isdecimal() else None
    if account is None:
        raise errors.no_account()
    moved = call.company.books.movements(year.id).get(account.number, 0)
    carried = year.opening.get(account.number, 0) + moved if account.has_balance else 0
    more = {
        "BalanceCarriedForward": number(carried),
        "TransactionInformation": None,
        "TransactionInformationSettings": "ALLOWED",
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": None,
        "OpeningQuantities": None,
    }
    return single(call, "Account", {**_item(call, year, account), "CostCenter": None, "Project": None, **more})


def _item(call: Call, year: FinancialYear, account: Account) -> Record:
    return {
        "@url": call.url(f"accounts/{account.number}?financialyear={year.id}"),
        "Active": account.active,
        "BalanceBroughtForward": number(year.opening.get(account.number, 0)),
        "CostCenter": "",
        "CostCenterSettings": account.cost_centre_rule,
        "Description": account.name,
        "Number": account.number,
        "Project": "",
        "ProjectSettings": account.project_rule,
        "SRU": int(account.sru) if account.sru.isdecimal() else 0,
        "VATCode": account.vat_code,
        "Year": year.id,
    }


ENDPOINTS = [get("accounts", "bookkeeping", index), get("accounts/{number}", "bookkeeping", show)]
