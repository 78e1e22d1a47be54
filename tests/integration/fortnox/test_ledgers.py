"""Invoices and payments of the simulator, as the client reads them."""

import pytest

from fortnox import (
    CUSTOMERS,
    INVOICE_PAYMENTS,
    INVOICES,
    SUPPLIER_INVOICE_PAYMENTS,
    SUPPLIER_INVOICES,
    SUPPLIERS,
    Client,
    Invalid,
)


async def test_ledgers_are_read_whole_and_singly(client: Client) -> None:
    async with client as fortnox:
        invoices = await fortnox.every(INVOICES)
        payments = await fortnox.every(INVOICE_PAYMENTS)
        bills = await fortnox.every(SUPPLIER_INVOICES)
        bill_payments = await fortnox.every(SUPPLIER_INVOICE_PAYMENTS)
        customers = {customer.customer_number for customer in await fortnox.every(CUSTOMERS)}
        suppliers = {supplier.supplier_number for supplier in await fortnox.every(SUPPLIERS)}
        invoice = await fortnox.invoice(invoices[0].document_number)
        bill = await fortnox.supplier_invoice(bills[0].given_number)
        payment = await fortnox.invoice_payment(payments[0].number)
        bill_payment = await fortnox.supplier_invoice_payment(bill_payments[0].number)
        cancelled = [one.given_number for one in bills if one.cancelled]
        assert (await fortnox.supplier_invoice(cancelled[0])).cancelled

    assert {one.customer_number for one in invoices} <= customers
    assert {one.supplier_number for one in bills} <= suppliers
    assert (invoice.total, invoice.balance) == (invoices[0].total, invoices[0].balance)
    assert (bill.total, bill.balance) == (bills[0].total, bills[0].balance)
    assert payment.amount == payments[0].amount
    assert bill_payment.amount == bill_payments[0].amount


async def test_an_unknown_filter_is_refused(client: Client) -> None:
    async with client as fortnox:
        with pytest.raises(Invalid) as error:
            await fortnox.page(INVOICES, filter="nonsense")

    assert error.value.code == 2000587
