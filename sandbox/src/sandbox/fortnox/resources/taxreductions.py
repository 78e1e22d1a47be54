"""`/3/taxreductions`: what the Tax Agency is to pay of customers' invoices (ROT, RUT)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import text
from sandbox.fortnox.ledger.model import Invoice, Kind
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, matching, page


def index(call: Call) -> Response:
    """Those of invoices; there are no orders and offers here."""
    invoices = call.company.ledgers[Kind.CUSTOMER].invoices.values() if _asks_for_invoices(call) else ()
    found = [invoice for invoice in invoices if invoice.tax_agency_share]
    found = matching(call, found, {"referencenumber": lambda invoice: str(invoice.number)})
    return page(call, "TaxReductions", found, lambda invoice: _item(call, invoice))


def _asks_for_invoices(call: Call) -> bool:
    return call.query.get("filter", "invoices") == "invoices"


def _item(call: Call, invoice: Invoice) -> Record:
    """The list of an older client has these fields; only the single record is known to say more."""
    party = call.company.profile.parties[Kind.CUSTOMER][invoice.party]
    return {
        "@url": call.url(f"taxreductions/{invoice.number}"),
        "ApprovedAmount": text(invoice.tax_agency_share),
        "CustomerName": party.name,
        "Id": str(invoice.number),
        "ReferenceDocumentType": "INVOICE",
        "ReferenceNumber": str(invoice.number),
        "SocialSecurityNumber": party.organisation_number,
    }


ENDPOINTS = [get("taxreductions", "invoice", index)]
