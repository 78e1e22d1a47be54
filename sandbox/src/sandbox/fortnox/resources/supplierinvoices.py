"""`/3/supplierinvoices`: `GivenNumber` is Fortnox's key, `InvoiceNumber` the supplier's own (fact 5.3)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import number, text
from sandbox.fortnox.ledger.model import Invoice, Kind, Party
from sandbox.fortnox.resources import lists
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, between, matching, modified_since, page, single

OTHER_FILTERS = frozenset({"pendingpayment", "authorizepending"})


def index(call: Call) -> Response:
    invoices = list(call.company.ledgers[Kind.SUPPLIER].invoices.values())
    found = modified_since(call, lists.filtered(call, invoices, OTHER_FILTERS))
    if call.world.switches.supplier_dates_honoured:
        found = between(call, found, lambda i: i.date)
    texts = {"suppliernumber": lambda i: i.party, "suppliername": lambda i: _party(call, i).name}
    return page(call, "SupplierInvoices", matching(call, found, texts), lambda i: _item(call, i))


def show(call: Call) -> Response:
    invoice = lists.find(call.company.ledgers[Kind.SUPPLIER], call.path["number"])
    return single(call, "SupplierInvoice", _whole(call, invoice))


def _item(call: Call, invoice: Invoice) -> Record:
    """Amounts and rate are strings, and it says `Cancel` (fact 5.3)."""
    in_sek = call.world.switches.supplier_balance_in == "sek"
    return {
        "@url": call.url(f"supplierinvoices/{invoice.number}"),
        "AuthorizerName": "",
        "Balance": text(invoice.balance_sek if in_sek else invoice.balance),
        "Booked": invoice.booked,
        "Cancel": invoice.cancelled,
        "CostCenter": "",
        "Credit": invoice.is_credit,
        "Currency": invoice.currency,
        "CurrencyRate": str(invoice.rate),
        "CurrencyUnit": invoice.unit,
        "DueDate": invoice.due.isoformat(),
        "ExternalInvoiceNumber": "",
        "ExternalInvoiceSeries": "",
        "FinalPayDate": lists.day(invoice.final_pay_date),
        "GivenNumber": str(invoice.number),
        "InvoiceDate": invoice.date.isoformat(),
        "InvoiceNumber": invoice.own_number or f"F{invoice.number * 37 % 9973:04d}",
        "Project": "",
        "SupplierName": _party(call, invoice).name,
        "SupplierNumber": invoice.party,
        "Total": text(invoice.total),
        "Vouchers": _vouchers(invoice),
    }


def _whole(call: Call, invoice: Invoice) -> Record:
    """Here it says `Cancelled`."""
    item = {name: value if value != "" else None for name, value in _item(call, invoice).items() if name != "Cancel"}
    return {
        **item,
        "AccountingMethod": call.company.profile.method,
        "Cancelled": invoice.cancelled,
        "CreditReference": str(invoice.credited_by or invoice.credits or 0),
        "OCR": None,
        "PaymentPending": False,
        "RoundOffValue": 0,
        "SupplierInvoiceRows": _rows(invoice),
        "VAT": text(invoice.vat),
        "VATType": "NORMAL",
    }


def _rows(invoice: Invoice) -> list[Record]:
    """The debt row is Fortnox's own addition (fact 14)."""
    owed, net = invoice.total_sek, invoice.total_sek - (invoice.vat if invoice.currency == "SEK" else 0)
    rows = [("TOT", 2440, -owed), ("VAT", 2641, owed - net), ("ROV", 4010, net)]
    return [
        {
            "Account": account,
            "Code": code,
            "Credit": number(max(-amount, 0)),
            "Debit": number(max(amount, 0)),
            "Total": number(amount),
        }
        for code, account, amount in rows
        if amount
    ]


def _vouchers(invoice: Invoice) -> list[Record]:
    """Exactly one once it is booked (fact 14)."""
    booked = invoice.voucher
    if booked is None:
        return []
    reference = {"Number": booked.number, "ReferenceType": "SUPPLIERINVOICE"}
    return [{**reference, "Series": booked.series, "Year": booked.year}]


def _party(call: Call, invoice: Invoice) -> Party:
    return call.company.profile.parties[Kind.SUPPLIER][invoice.party]


ENDPOINTS = [
    get("supplierinvoices", "supplierinvoice", index),
    get("supplierinvoices/{number}", "supplierinvoice", show),
]
