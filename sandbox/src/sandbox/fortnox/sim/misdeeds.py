"""What goes wrong in real books so that ledger and account part ways: one thing at a time, without a trace."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.fortnox.books.model import Row, Voucher
from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Kind, Payment, VoucherRef
from sandbox.fortnox.sim.ledger_edits import a_party
from sandbox.fortnox.world import World


def misbook(
    world: World,
    company: Company,
    *,
    kind: Kind,
    number: int,
    account: int | None = None,
    amount: Decimal | None = None,
    date: date | None = None,
    payment: bool = False,
) -> Any:
    """The voucher of the invoice, or of its last payment, has another account, amount or date than it should.

    The amount is that of the ledger account, with the ledger's sign; the voucher's other row bears the change.
    """
    invoice = company.ledgers[kind].invoices[number]
    voucher = _voucher(company, invoice.payments[-1] if payment else invoice)
    row = next(row for row in voucher.rows if row.account == kind.account and not row.removed)
    if amount is not None:
        change = int(amount * 100) * kind.sign - row.amount
        other = next(one for one in voucher.rows if one is not row)
        _set(row, row.amount + change)
        _set(other, other.amount - change)
    row.account = account or row.account
    voucher.date = date or voucher.date
    world.keep_voucher(company, voucher)


def move_to_next_year(world: World, company: Company, *, kind: Kind, number: int) -> Any:
    """The invoice's voucher stands in the following year, on its first day."""
    invoice = company.ledgers[kind].invoices[number]
    voucher = _voucher(company, invoice)
    following = company.following(company.profile.years[voucher.year])
    if following is None:
        raise LookupError("there is no year after")
    world.drop_voucher(company, voucher)
    voucher.number = company.books.next_number(following.id, voucher.series)
    voucher.year, voucher.date = following.id, following.start
    invoice.voucher = VoucherRef(*voucher.key)
    world.keep_voucher(company, voucher)
    world.keep_invoices(company, [invoice])


def pay_without_booking(world: World, company: Company, *, kind: Kind, number: int, date: date, amount: Decimal) -> Any:
    """A payment that lowers the ledger, said to be booked, and has no voucher."""
    keeper, invoice = Keeper(company, kind, world.clock.now(), live=True), company.ledgers[kind].invoices[number]
    payment = keeper.pay(invoice, int(amount * 100), date)
    world.keep_invoices(company, keeper.touched.values())
    return {"payment": payment.number}


def bring_over(
    world: World, company: Company, *, kind: Kind, amount: Decimal, date: date, in_opening_balance: bool = False
) -> Any:
    """An unpaid item from a former system: booked, and without a voucher here."""
    keeper = Keeper(company, kind, world.clock.now(), live=True)
    invoice = keeper.issue(Money(int(amount * 100)), a_party(company, kind, None), date)
    world.keep_invoices(company, keeper.touched.values())
    if in_opening_balance:
        change_opening(world, company, account=kind.account, amount=amount * kind.sign)
    return {"number": invoice.number}


def change_opening(world: World, company: Company, *, account: int, amount: Decimal) -> Any:
    """The first year's opening balance of an account is that much higher, and 2099 that much lower."""
    year = company.years[-1]
    for number, change in ((account, amount), (2099, -amount)):
        year.opening[number] = year.opening.get(number, 0) + int(change * 100)
    company.books.changed(year.id)
    world.keep(company)


def _voucher(company: Company, booked: Invoice | Payment) -> Voucher:
    reference = booked.voucher
    voucher = company.books.find(reference.year, reference.series, reference.number) if reference else None
    if voucher is None:
        raise LookupError(f"{booked.number} has no voucher")
    return voucher


def _set(row: Row, amount: int) -> None:
    row.debit, row.credit = max(amount, 0), max(-amount, 0)
