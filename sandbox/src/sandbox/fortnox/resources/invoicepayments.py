"""`/3/invoicepayments`: what customers paid, set off or were let off (facts 5.2, 5.7)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.amounts import number, text
from sandbox.fortnox.ledger.model import Invoice, Kind, Payment
from sandbox.fortnox.resources import lists
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, matching, page, single


def index(call: Call) -> Response:
    """`sortby=paymentdate` exists, and was seen to be ignored (a switch)."""
    pairs = lists.payments(call.company.ledgers[Kind.CUSTOMER])
    pairs = lists.modified_payments(call, pairs)
    pairs = matching(call, pairs, {"invoicenumber": lambda pair: str(pair[0].invoice)})
    if call.query.get("sortby") == "paymentdate" and call.world.switches.payment_sort_honoured:
        pairs.sort(key=lambda pair: pair[0].date)
    if call.query.get("sortorder") == "descending" and call.world.switches.payment_sort_honoured:
        pairs.reverse()
    return page(call, "InvoicePayments", pairs, lambda pair: _item(call, pair[0]))


def show(call: Call) -> Response:
    payment, invoice = lists.find_payment(call.company.ledgers[Kind.CUSTOMER], call.path["number"])
    return single(call, "InvoicePayment", _whole(call, payment, invoice))


def _item(call: Call, payment: Payment) -> Record:
    """`Amount` is SEK at the payment's own rate; the amount in currency is not here (fact 5.7)."""
    return {
        "@url": call.url(f"invoicepayments/{payment.number}"),
        "Amount": number(payment.amount),
        "Booked": payment.booked,
        "Currency": lists.currency(call, Kind.CUSTOMER, payment),
        "CurrencyRate": float(payment.rate),
        "CurrencyUnit": lists.unit(call, Kind.CUSTOMER, payment),
        "InvoiceNumber": payment.invoice,
        "Number": str(payment.number),
        "PaymentDate": payment.date.isoformat(),
        "Source": payment.source,
        "WriteOffExist": bool(payment.write_offs),
    }


def _whole(call: Call, payment: Payment, invoice: Invoice) -> Record:
    party, booked = call.company.profile.parties[Kind.CUSTOMER][invoice.party], payment.voucher
    return {
        **_item(call, payment),
        "AmountCurrency": number(payment.amount_currency),
        "ExternalInvoiceReference1": None,
        "ExternalInvoiceReference2": None,
        "InvoiceCustomerName": party.name,
        "InvoiceCustomerNumber": party.number,
        "InvoiceDueDate": invoice.due.isoformat(),
        "InvoiceOCR": lists.ocr(invoice.number),
        "InvoiceTotal": text(invoice.total),
        "ModeOfPayment": None if payment.source == "settle" else "BANK",
        "ModeOfPaymentAccount": None if payment.source == "settle" else 1930,
        "VoucherNumber": booked.number if booked else None,
        "VoucherSeries": booked.series if booked else None,
        "VoucherYear": booked.year if booked else None,
        "WriteOffs": lists.write_offs(payment),
    }


ENDPOINTS = [get("invoicepayments", "payment", index), get("invoicepayments/{number}", "payment", show)]
