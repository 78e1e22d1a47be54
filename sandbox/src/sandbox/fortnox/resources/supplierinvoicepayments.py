"""`/3/supplierinvoicepayments`: numbers the other way round than for customers (facts 3, 5.4)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import number
from sandbox.fortnox.ledger.model import Invoice, Kind, Payment
from sandbox.fortnox.resources import lists
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, matching, page, single


def index(call: Call) -> Response:
    """In no other order than that of the numbers."""
    pairs = lists.modified_payments(call, lists.payments(call.company.ledgers[Kind.SUPPLIER]))
    pairs = matching(call, pairs, {"invoicenumber": lambda pair: str(pair[0].invoice)})
    return page(call, "SupplierInvoicePayments", pairs, lambda pair: _item(call, pair[0]))


def show(call: Call) -> Response:
    payment, invoice = lists.find_payment(call.company.ledgers[Kind.SUPPLIER], call.path["number"])
    return single(call, "SupplierInvoicePayment", _whole(call, payment, invoice))


def _item(call: Call, payment: Payment) -> Record:
    return {
        "@url": call.url(f"supplierinvoicepayments/{payment.number}"),
        "Amount": number(payment.amount),
        "Booked": payment.booked,
        "Currency": lists.currency(call, Kind.SUPPLIER, payment),
        "CurrencyRate": float(payment.rate),
        "CurrencyUnit": lists.unit(call, Kind.SUPPLIER, payment),
        "InvoiceNumber": str(payment.invoice),
        "Number": payment.number,
        "PaymentDate": payment.date.isoformat(),
        "Source": payment.source,
        "WriteOffExist": bool(payment.write_offs),
    }


def _whole(call: Call, payment: Payment, invoice: Invoice) -> Record:
    party, booked = call.company.profile.parties[Kind.SUPPLIER][invoice.party], payment.voucher
    return {
        **_item(call, payment),
        "AmountCurrency": number(payment.amount_currency),
        "Information": None,
        "InvoiceDueDate": invoice.due.isoformat(),
        "InvoiceOCR": None,
        "InvoiceSupplierName": party.name,
        "InvoiceSupplierNumber": party.number,
        "InvoiceTotal": number(invoice.total),
        "ModeOfPayment": None if payment.source == "settle" else "BG",
        "ModeOfPaymentAccount": None if payment.source == "settle" else 1930,
        "VoucherNumber": booked.number if booked else None,
        "VoucherSeries": booked.series if booked else None,
        "VoucherYear": booked.year if booked else None,
        "WriteOffs": lists.write_offs(payment),
    }


ENDPOINTS = [
    get("supplierinvoicepayments", "payment", index),
    get("supplierinvoicepayments/{number}", "payment", show),
]
