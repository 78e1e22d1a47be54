"""The resources under /3/, one module each."""

from sandbox.fortnox.resources import (
    accounts,
    companyinformation,
    costcenters,
    customers,
    financialyears,
    invoicepayments,
    invoices,
    me,
    predefined,
    projects,
    settings,
    sie,
    supplierinvoicepayments,
    supplierinvoices,
    suppliers,
    taxreductions,
    vouchers,
    voucherseries,
)

ENDPOINTS = [
    endpoint
    for module in (
        accounts,
        companyinformation,
        costcenters,
        customers,
        financialyears,
        invoicepayments,
        invoices,
        me,
        predefined,
        projects,
        settings,
        sie,
        supplierinvoicepayments,
        supplierinvoices,
        suppliers,
        taxreductions,
        vouchers,
        voucherseries,
    )
    for endpoint in module.ENDPOINTS
]
