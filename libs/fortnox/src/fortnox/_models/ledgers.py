"""Invoices and payments, the sources of both ledgers (Fortnox facts 5).

Amounts are in the invoice's currency or in SEK depending on where they stand (fact 5.7): customer `balance`
and `total` in the invoice's currency, supplier `balance` in SEK, payment `amount` in SEK at the payment's rate.
"""

from pydantic import AliasChoices, Field

from fortnox._wire import (
    Amount,
    Day,
    Flag,
    Key,
    Many,
    OptionalAmount,
    OptionalDay,
    OptionalFlag,
    OptionalInteger,
    OptionalText,
    PrivateText,
    Wire,
)


class InvoiceListItem(Wire):
    """A customer invoice as the list shows it; credit notes have negative amounts."""

    document_number: Key
    customer_number: OptionalText = None
    customer_name: PrivateText = None
    invoice_date: Day
    due_date: OptionalDay = None
    final_pay_date: OptionalDay = None
    invoice_type: OptionalText = None
    total: Amount
    balance: Amount
    currency: OptionalText = None
    currency_rate: OptionalAmount = None
    currency_unit: OptionalAmount = None
    booked: Flag
    cancelled: Flag
    voucher_series: OptionalText = None
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None
    nox_finans: OptionalFlag = None  # handed over to Fortnox's factoring or collection
    cost_centre: OptionalText = Field(default=None, alias="CostCenter")
    project: OptionalText = None
    ocr: PrivateText = Field(default=None, alias="OCR", repr=False)


class Invoice(InvoiceListItem):
    """A customer invoice read singly."""

    accounting_method: OptionalText = None
    credit: OptionalFlag = None
    credit_invoice_reference: OptionalText = None  # on the original: its credit note; "0" is none
    invoice_reference: OptionalText = None  # on the credit note: its original
    net: OptionalAmount = None
    total_vat: OptionalAmount = Field(default=None, alias="TotalVAT")
    total_to_pay: OptionalAmount = None
    house_work: OptionalFlag = None
    tax_reduction: OptionalAmount = None  # what the Tax Agency is to pay (ROT and RUT)
    tax_reduction_type: OptionalText = None
    reminders: OptionalInteger = None
    last_remind_date: OptionalDay = None


class TaxReduction(Wire):
    """What the Tax Agency is to pay of an invoice (ROT, RUT), one for each person. Nothing about the person is read."""

    reference_number: Key
    reference_document_type: OptionalText = None  # INVOICE, ORDER or OFFER
    asked_amount: OptionalAmount = None
    approved_amount: OptionalAmount = None


class WriteOff(Wire):
    """A part of the balance that was written off instead of paid."""

    amount: Amount
    account_number: OptionalInteger = None
    currency: OptionalText = None
    description: PrivateText = None


class InvoicePaymentListItem(Wire):
    """A customer's payment as the list shows it. Unbooked ones don't reduce the balance."""

    number: Key
    invoice_number: Key
    payment_date: OptionalDay = None
    amount: Amount
    currency: OptionalText = None
    currency_rate: OptionalAmount = None
    currency_unit: OptionalAmount = None
    booked: Flag
    source: OptionalText = None  # open text: manual, direct, settle, file, finance, autogiro …
    write_off_exist: OptionalFlag = None


class InvoicePayment(InvoicePaymentListItem):
    """A customer's payment read singly."""

    amount_currency: OptionalAmount = None
    mode_of_payment: OptionalText = None
    mode_of_payment_account: OptionalInteger = None
    voucher_series: OptionalText = None
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None
    write_offs: Many[WriteOff] = []


class VoucherReference(Wire):
    """The voucher that a supplier invoice was booked with."""

    series: OptionalText = None
    number: OptionalInteger = None
    year: OptionalInteger = None
    reference_type: OptionalText = None


class SupplierInvoiceListItem(Wire):
    """A supplier's invoice as the list shows it; `given_number` is Fortnox's key, not the supplier's own number."""

    given_number: Key
    invoice_number: OptionalText = None
    supplier_number: OptionalText = None
    supplier_name: PrivateText = None
    invoice_date: Day
    due_date: OptionalDay = None
    final_pay_date: OptionalDay = None
    total: Amount
    balance: Amount
    currency: OptionalText = None
    currency_rate: OptionalAmount = None
    currency_unit: OptionalAmount = None
    booked: Flag
    cancelled: Flag = Field(validation_alias=AliasChoices("Cancelled", "Cancel"))  # the single's name, the list's
    credit: OptionalFlag = None
    cost_centre: OptionalText = Field(default=None, alias="CostCenter")
    project: OptionalText = None
    vouchers: Many[VoucherReference] = []


class SupplierInvoiceRow(Wire):
    """A row of a supplier's invoice; the row with code TOT is the debt."""

    account: OptionalInteger = None
    code: OptionalText = None
    debit: OptionalAmount = None
    credit: OptionalAmount = None
    total: OptionalAmount = None


class SupplierInvoice(SupplierInvoiceListItem):
    """A supplier's invoice read singly."""

    accounting_method: OptionalText = None
    vat: OptionalAmount = Field(default=None, alias="VAT")
    vat_type: OptionalText = Field(default=None, alias="VATType")
    payment_pending: OptionalFlag = None
    credit_reference: OptionalText = None  # the other one of invoice and credit note; "0" is none
    supplier_invoice_rows: Many[SupplierInvoiceRow] = []


class SupplierInvoicePaymentListItem(InvoicePaymentListItem):
    """A payment to a supplier as the list shows it."""


class SupplierInvoicePayment(InvoicePayment):
    """A payment to a supplier read singly."""
