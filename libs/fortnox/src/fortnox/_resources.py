"""Fortnox's lists: where each is, what its records are, and what it may be asked."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from fortnox._models.company import (
    Account,
    CostCentre,
    Customer,
    FinancialYear,
    PredefinedAccount,
    PredefinedVoucherSeries,
    Project,
    Supplier,
    VoucherSeries,
)
from fortnox._models.ledgers import (
    InvoiceListItem,
    InvoicePaymentListItem,
    SupplierInvoiceListItem,
    SupplierInvoicePaymentListItem,
    TaxReduction,
)
from fortnox._models.vouchers import VoucherListItem
from fortnox._wire import Wire

T_co = TypeVar("T_co", bound=Wire, covariant=True)

EVERYWHERE = frozenset({"lastmodified", "sortby", "sortorder"})
BY_YEAR = frozenset({"financialyear", "financialyeardate"})
BY_DATE = frozenset({"fromdate", "todate"})


@dataclass(frozen=True)
class Resource(Generic[T_co]):
    """A list: `key` is its name in the answer, `queries` the parameters it is known to understand.

    Others are refused here, since a misspelt filter that Fortnox ignores would give all records.
    """

    path: str
    key: str
    model: type[T_co]
    queries: frozenset[str] = EVERYWHERE
    paged: bool = True


FINANCIAL_YEARS = Resource("financialyears", "FinancialYears", FinancialYear, EVERYWHERE | {"date"})
INVOICES = Resource(
    "invoices",
    "Invoices",
    InvoiceListItem,
    EVERYWHERE
    | BY_DATE
    | {"filter", "customernumber", "documentnumber", "fromfinalpaydate", "tofinalpaydate", "invoicetype"}
    | {"accountnumberfrom", "accountnumberto", "credit", "currency"},
)
INVOICE_PAYMENTS = Resource(
    "invoicepayments", "InvoicePayments", InvoicePaymentListItem, EVERYWHERE | {"invoicenumber"}
)
SUPPLIER_INVOICES = Resource(
    "supplierinvoices", "SupplierInvoices", SupplierInvoiceListItem, EVERYWHERE | {"filter", "suppliernumber"}
)
SUPPLIER_INVOICE_PAYMENTS = Resource(
    "supplierinvoicepayments",
    "SupplierInvoicePayments",
    SupplierInvoicePaymentListItem,
    EVERYWHERE | {"invoicenumber"},
)
TAX_REDUCTIONS = Resource("taxreductions", "TaxReductions", TaxReduction, EVERYWHERE | {"filter", "referencenumber"})
CUSTOMERS = Resource("customers", "Customers", Customer, EVERYWHERE | {"filter", "customernumber", "name"})
SUPPLIERS = Resource("suppliers", "Suppliers", Supplier, EVERYWHERE | {"filter"})
ACCOUNTS = Resource("accounts", "Accounts", Account, EVERYWHERE | BY_YEAR | {"sru"})
VOUCHERS = Resource(
    "vouchers", "Vouchers", VoucherListItem, EVERYWHERE | BY_YEAR | BY_DATE | {"voucherseries", "costcenter"}
)
VOUCHER_SERIES = Resource("voucherseries", "VoucherSeriesCollection", VoucherSeries, EVERYWHERE | BY_YEAR)
PREDEFINED_ACCOUNTS = Resource("predefinedaccounts", "PreDefinedAccounts", PredefinedAccount)
PREDEFINED_VOUCHER_SERIES = Resource(
    "predefinedvoucherseries", "PreDefinedVoucherSeriesCollection", PredefinedVoucherSeries, paged=False
)  # understands no limit (fact 14)
COST_CENTRES = Resource("costcenters", "CostCenters", CostCentre)
PROJECTS = Resource("projects", "Projects", Project, EVERYWHERE | {"description"})
