"""The company, its years and its registers (Fortnox facts 4 and 6.3)."""

from enum import StrEnum

from pydantic import Field, model_validator

from fortnox._wire import (
    Day,
    Flag,
    Integer,
    Key,
    OptionalAmount,
    OptionalDay,
    OptionalFlag,
    OptionalInteger,
    OptionalText,
    PrivateText,
    Wire,
)


class AccountingMethod(StrEnum):
    """When invoices are booked; compare with it, since Fortnox may add others."""

    ACCRUAL = "ACCRUAL"
    CASH = "CASH"


class CompanyInformation(Wire):
    """Who the company is. `database_number` identifies it; two companies can share an organisation number."""

    database_number: Integer
    company_name: PrivateText = None
    organisation_number: PrivateText = Field(default=None, alias="OrganizationNumber", repr=False)
    address: PrivateText = None
    zip_code: PrivateText = None
    city: PrivateText = None
    country_code: OptionalText = None


class FinancialYear(Wire):
    """A financial year; `id` is Fortnox's internal number, never a calendar year."""

    id: Integer
    from_date: Day
    to_date: Day
    accounting_method: OptionalText = None
    account_chart_type: OptionalText = None


class LockedPeriod(Wire):
    """Up to when the books are locked; no date when nothing is."""

    end_date: OptionalDay = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_nothing(cls, value: object) -> object:
        return value or {}


class Account(Wire):
    """An account as it is set up in one financial year (`year` is that year's id)."""

    number: Integer
    description: OptionalText = None
    active: Flag
    year: OptionalInteger = None
    sru: OptionalInteger = Field(default=None, alias="SRU")
    vat_code: OptionalText = Field(default=None, alias="VATCode")
    balance_brought_forward: OptionalAmount = None
    cost_centre: OptionalText = Field(default=None, alias="CostCenter")
    cost_centre_settings: OptionalText = Field(default=None, alias="CostCenterSettings")
    project: OptionalText = None
    project_settings: OptionalText = None


class VoucherSeries(Wire):
    """A series in one financial year; vouchers can only be made by hand or API where `manual`."""

    code: Key
    description: OptionalText = None
    manual: Flag
    year: OptionalInteger = None
    next_voucher_number: OptionalInteger = None  # only when the series is read singly


class PredefinedAccount(Wire):
    """The account that Fortnox books something on, such as CUSTOMERCLAIM on 1510."""

    name: Key
    account: OptionalInteger = None


CUSTOMER_CLAIMS = ("CUSTCLAIM", "CUSTOMERCLAIM")
"""What the preset of the customers' ledger account is called, by those who have met it (Fortnox fact 5.7)."""
SUPPLIER_DEBTS = ("SUPPDEBT", "SUPPLIERDEBT")
"""The same for the suppliers' ledger account."""


class PredefinedVoucherSeries(Wire):
    """The series that Fortnox books something in, such as INVOICE in B."""

    name: Key
    voucher_series: OptionalText = None


class CostCentre(Wire):
    """A cost centre: SIE's dimension 1."""

    code: Key
    description: OptionalText = None
    active: OptionalFlag = None


class Project(Wire):
    """A project: SIE's dimension 6."""

    project_number: Key
    description: OptionalText = None
    status: OptionalText = None
    start_date: OptionalDay = None
    end_date: OptionalDay = None


class Customer(Wire):
    """A customer; a private person's `organisation_number` is a personal number."""

    customer_number: Key
    name: PrivateText = None
    organisation_number: PrivateText = None
    type: OptionalText = None
    active: OptionalFlag = None
    currency: OptionalText = None


class Supplier(Wire):
    """A supplier; a sole trader's `organisation_number` is a personal number."""

    supplier_number: Key
    name: PrivateText = None
    organisation_number: PrivateText = None
    active: OptionalFlag = None
    currency: OptionalText = None
