"""`/3/invoices`: customer invoices and credit notes (fact 5.1)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import number
from sandbox.fortnox.ledger.model import Invoice, Kind, Party
from sandbox.fortnox.resources import lists
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, between, in_order, matching, modified_since, page, single

ORDERS = {
    "customernumber": lambda i: i.party,
    "documentnumber": lambda i: i.number,
    "invoicedate": lambda i: (i.date, i.number),
    "ocr": lambda i: lists.ocr(i.number),
    "total": lambda i: i.total,
}


def index(call: Call) -> Response:
    """Without a filter cancelled ones are among them (fact 14)."""
    invoices = list(call.company.ledgers[Kind.CUSTOMER].invoices.values())
    found = modified_since(call, lists.filtered(call, invoices))
    found = between(call, found, lambda i: i.date)
    found = between(call, found, lambda i: i.final_pay_date, "fromfinalpaydate", "tofinalpaydate")
    found = matching(
        call,
        found,
        {
            "customername": lambda i: _party(call, i).name,
            "customernumber": lambda i: i.party,
            "currency": lambda i: i.currency,
            "documentnumber": lambda i: str(i.number),
            "invoicetype": lambda i: i.type,
            "ocr": lambda i: lists.ocr(i.number),
            "credit": lambda i: str(i.is_credit).lower(),
            "sent": lambda i: str(i.sent).lower(),
        },
    )
    orders = {**ORDERS, "customername": lambda i: _party(call, i).name}
    return page(call, "Invoices", in_order(call, found, orders), lambda i: _item(call, i))


def show(call: Call) -> Response:
    invoice = lists.find(call.company.ledgers[Kind.CUSTOMER], call.path["number"])
    return single(call, "Invoice", _whole(call, invoice))


def _item(call: Call, invoice: Invoice) -> Record:
    """No `Credit`, `Net`, `TotalVAT` or rows here; the rate is a string (fact 3)."""
    booked = invoice.voucher
    in_currency = call.world.switches.customer_balance_in == "currency"
    return {
        "@url": call.url(f"invoices/{invoice.number}"),
        "Balance": number(invoice.balance if in_currency else invoice.balance_sek),
        "Booked": invoice.booked,
        "Cancelled": invoice.cancelled,
        "CostCenter": "",
        "Currency": invoice.currency,
        "CurrencyRate": str(invoice.rate),
        "CurrencyUnit": invoice.unit,
        "CustomerName": _party(call, invoice).name,
        "CustomerNumber": invoice.party,
        "DocumentNumber": str(invoice.number),
        "DueDate": invoice.due.isoformat(),
        "ExternalInvoiceReference1": "",
        "ExternalInvoiceReference2": "",
        "FinalPayDate": lists.day(invoice.final_pay_date),
        "InvoiceDate": invoice.date.isoformat(),
        "InvoiceType": invoice.type,
        "NoxFinans": False,
        "OCR": lists.ocr(invoice.number),
        "Project": "",
        "Sent": invoice.sent,
        "TermsOfPayment": str(_party(call, invoice).terms),
        "Total": number(invoice.total),
        "VoucherNumber": booked.number if booked else None,
        "VoucherSeries": booked.series if booked else None,
        "VoucherYear": booked.year if booked else None,
        "WayOfDelivery": "",
    }


def _whole(call: Call, invoice: Invoice) -> Record:
    """`Credit` is the string "false", references are "0" when there is none (fact 3)."""
    party = _party(call, invoice)
    share, net = invoice.tax_agency_share, invoice.total - invoice.vat
    return {
        **{name: value if value != "" else None for name, value in _item(call, invoice).items()},
        "AccountingMethod": call.company.profile.method,
        "Credit": str(invoice.is_credit).lower(),
        "CreditInvoiceReference": str(invoice.credited_by or 0),
        "Gross": number(net),
        "HouseWork": bool(share),
        "InvoicePeriodEnd": "",
        "InvoicePeriodStart": "",
        "InvoiceReference": str(invoice.credits or 0),
        "InvoiceRows": [_row(invoice)] if invoice.total else [],
        "LastRemindDate": None,
        "Net": number(net),
        "OrganisationNumber": party.organisation_number or None,
        "Reminders": invoice.reminders,
        "RoundOff": 0,
        "TaxReduction": number(share) if share else None,
        "TaxReductionType": "rot" if share else "none",
        "TotalToPay": number(invoice.total - share),
        "TotalVAT": number(invoice.vat),
        "VATIncluded": False,
    }


def _row(invoice: Invoice) -> Record:
    return {
        "AccountNumber": 3001,
        "ArticleNumber": None,
        "DeliveredQuantity": "1.00",
        "Description": "Enligt avtal",
        "HouseWork": bool(invoice.tax_agency_share),
        "Price": number(invoice.total - invoice.vat),
        "Total": number(invoice.total - invoice.vat),
        "TotalExcludingVAT": number(invoice.total - invoice.vat),
        "VAT": 25 if invoice.vat else 0,
    }


def _party(call: Call, invoice: Invoice) -> Party:
    return call.company.profile.parties[Kind.CUSTOMER][invoice.party]


ENDPOINTS = [get("invoices", "invoice", index), get("invoices/{number}", "invoice", show)]
