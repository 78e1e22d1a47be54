"""Vouchers, read and new (Fortnox facts 6.1 and 6.2)."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, PlainSerializer, model_validator

from fortnox._wire import (
    Amount,
    Day,
    FalseIfEmpty,
    Integer,
    Key,
    OptionalAmount,
    OptionalInteger,
    OptionalText,
    PrivateText,
    Wire,
)


class ReferenceType(StrEnum):
    """Where a voucher came from; compare with it, since Fortnox has more than it documents."""

    INVOICE = "INVOICE"
    SUPPLIER_INVOICE = "SUPPLIERINVOICE"
    INVOICE_PAYMENT = "INVOICEPAYMENT"
    SUPPLIER_PAYMENT = "SUPPLIERPAYMENT"
    MANUAL = "MANUAL"
    CASH_INVOICE = "CASHINVOICE"
    ACCRUAL = "ACCRUAL"


class VoucherListItem(Wire):
    """A voucher as the list shows it, without rows. (series, number, year) is its key; `year` is a year's id."""

    voucher_series: Key
    voucher_number: Integer
    year: Integer
    transaction_date: Day
    description: PrivateText = None
    comments: PrivateText = None
    reference_type: OptionalText = None
    reference_number: OptionalText = None
    approval_state: OptionalInteger = None  # 0 not for approval, 1 not ready, 2 not approved, 3 approved


class VoucherRow(Wire):
    """A row; `description` is the account's own name, the row's text is `transaction_information`."""

    account: Integer
    debit: Amount
    credit: Amount
    cost_centre: OptionalText = Field(default=None, alias="CostCenter")
    project: OptionalText = None
    quantity: OptionalAmount = None
    transaction_information: PrivateText = None
    description: PrivateText = None
    removed: FalseIfEmpty = False  # struck rows stay visible and don't count


class Voucher(VoucherListItem):
    """A voucher read singly, with its rows."""

    cost_centre: OptionalText = Field(default=None, alias="CostCenter")
    project: OptionalText = None
    voucher_rows: list[VoucherRow]


# JSON knows no decimals and Fortnox expects numbers: up to 15 digits a float is written exactly as the amount.
Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=15, decimal_places=2),
    PlainSerializer(float, return_type=float, when_used="json"),
]


class NewVoucherRow(Wire):
    """A row to book, on one side."""

    account: int = Field(ge=1000, le=9999)
    debit: Money = Decimal(0)
    credit: Money = Decimal(0)
    cost_centre: str | None = Field(default=None, alias="CostCenter")
    project: str | None = None
    transaction_information: str | None = Field(default=None, max_length=100, repr=False)


class NewVoucher(Wire):
    """A voucher to book. The sender's own checks come before; these limits are the last net."""

    voucher_series: str = Field(min_length=1, max_length=10)
    transaction_date: date
    description: str = Field(min_length=1, max_length=200, repr=False)
    comments: str | None = Field(default=None, max_length=1000, repr=False)
    cost_centre: str | None = Field(default=None, alias="CostCenter")
    project: str | None = None
    voucher_rows: list[NewVoucherRow] = Field(min_length=2)

    @model_validator(mode="after")
    def _balances(self) -> Self:
        if sum(row.debit for row in self.voucher_rows) != sum(row.credit for row in self.voucher_rows):
            raise ValueError("debit and credit differ")
        return self
