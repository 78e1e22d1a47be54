"""`/3/customers`: of private persons the organisation number is a personal one (fact 5.5)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.ledger.model import Kind, Party
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, in_order, matching, modified_since, page, single

TEXTS = {
    "customernumber": lambda p: p.number,
    "name": lambda p: p.name,
    "city": lambda p: p.city,
    "organisationnumber": lambda p: p.organisation_number,
}
ORDERS = {"customernumber": lambda p: p.number, "name": lambda p: p.name}


def index(call: Call) -> Response:
    asked = call.query.get("filter")
    if asked and asked not in {"active", "inactive"}:
        raise errors.bad_filter()
    parties = call.company.profile.parties.get(Kind.CUSTOMER, {}).values()
    found = [party for party in parties if not asked or party.active == (asked == "active")]
    found = matching(call, modified_since(call, found), TEXTS)
    return page(call, "Customers", in_order(call, found, ORDERS), lambda party: _item(call, party))


def show(call: Call) -> Response:
    party = call.company.profile.parties.get(Kind.CUSTOMER, {}).get(call.path["number"])
    if party is None:
        raise errors.no_customer()
    more = {
        "Active": party.active,
        "CountryCode": party.country,
        "Currency": party.currency,
        "TermsOfPayment": str(party.terms),
        "Type": "PRIVATE" if party.private else "COMPANY",
        "VATNumber": None,
        "VATType": "SEVAT" if party.country == "SE" else "EXPORT",
    }
    item = {name: value if value != "" else None for name, value in _item(call, party).items()}
    return single(call, "Customer", {**item, **more})


def _item(call: Call, party: Party) -> Record:
    return {
        "@url": call.url(f"customers/{party.number}"),
        "Address1": "",
        "Address2": "",
        "City": party.city,
        "CustomerNumber": party.number,
        "Email": "",
        "Name": party.name,
        "OrganisationNumber": party.organisation_number,
        "Phone": "",
        "ZipCode": "",
    }


ENDPOINTS = [get("customers", "customer", index), get("customers/{number}", "customer", show)]
