"""`/3/suppliers` (fact 5.6)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.ledger.model import Kind, Party
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, in_order, matching, modified_since, page, single

TEXTS = {"suppliernumber": lambda p: p.number, "name": lambda p: p.name, "city": lambda p: p.city}
ORDERS = {"suppliernumber": lambda p: p.number, "name": lambda p: p.name}


def index(call: Call) -> Response:
    asked = call.query.get("filter")
    if asked and asked not in {"active", "inactive"}:
        raise errors.bad_filter()
    parties = call.company.profile.parties.get(Kind.SUPPLIER, {}).values()
    found = [party for party in parties if not asked or party.active == (asked == "active")]
    found = matching(call, modified_since(call, found), TEXTS)
    return page(call, "Suppliers", in_order(call, found, ORDERS), lambda party: _item(call, party))


def show(call: Call) -> Response:
    party = call.company.profile.parties.get(Kind.SUPPLIER, {}).get(call.path["number"])
    if party is None:
        raise errors.no_supplier()
    item = {name: value if value != "" else None for name, value in _item(call, party).items()}
    return single(call, "Supplier", {**item, "VATType": "NORMAL", "VATNumber": None})


def _item(call: Call, party: Party) -> Record:
    return {
        "@url": call.url(f"suppliers/{party.number}"),
        "Active": party.active,
        "Address1": "",
        "Address2": "",
        "BG": "",
        "BIC": "",
        "BankAccountNumber": "",
        "City": party.city,
        "CostCenter": "",
        "CountryCode": party.country,
        "Currency": party.currency,
        "DisablePaymentFile": False,
        "Email": "",
        "IBAN": "",
        "Name": party.name,
        "OrganisationNumber": party.organisation_number,
        "PG": "",
        "Phone": "",
        "PreDefinedAccount": 4010,
        "Project": "",
        "SupplierNumber": party.number,
        "TermsOfPayment": str(party.terms),
        "ZipCode": "",
    }


ENDPOINTS = [get("suppliers", "supplier", index), get("suppliers/{number}", "supplier", show)]
