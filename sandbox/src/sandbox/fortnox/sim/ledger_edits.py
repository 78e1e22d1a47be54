"""What another person does in the ledgers meanwhile: invoices, credits, pays, books, cancels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Kind, Party, WriteOff
from sandbox.fortnox.ledger.posting import Posting
from sandbox.fortnox.world import World

WRITE_OFF_ACCOUNT = 6351


def create_invoice(
    world: World,
    company: Company,
    *,
    kind: Kind,
    amount: Decimal,
    date: date | None = None,
    due: date | None = None,
    party: str | None = None,
    booked: bool = True,
    currency: str = "SEK",
    rate: Decimal = Decimal(1),
    unit: int = 1,
    credits: int | None = None,  # noqa: A002 - the invoice that it credits
    type: str = "INVOICE",  # noqa: A002 - Fortnox's InvoiceType
    tax_agency_share: Decimal = Decimal(),
    reminders: int = 0,
) -> Any:
    """An invoice, or with a negative amount a credit note; booked with a voucher, cash invoices without any here."""
    day = date or world.clock.today()
    keeper, year = _keeper(world, company, kind), _year(company, day)
    money = Money(int(amount * 100), currency, rate, unit)
    more: dict[str, Any] = {"credits": credits, "tax_agency_share": int(tax_agency_share * 100), "type": type}
    more["reminders"] = reminders
    if due is not None:
        more["due"] = due
    debtor = a_party(company, kind, party)
    if booked and type != "CASHINVOICE" and company.profile.method != "CASH":
        posting = Posting(keeper, year)
        invoice = posting.invoice(money, debtor, day, **more)
        _keep(world, company, posting)
    else:
        invoice = keeper.issue(money, debtor, day, booked=booked and type == "CASHINVOICE", **more)
    if credits is not None:
        original = company.ledgers[kind].invoices[credits]
        original.credited_by = invoice.number
        keeper.touched[credits] = original
    return _finish(world, company, keeper, invoice)


def pay_invoice(
    world: World,
    company: Company,
    *,
    kind: Kind,
    number: int,
    amount: Decimal | None = None,
    date: date | None = None,
    booked: bool = True,
    write_off: Decimal = Decimal(),
    source: str = "manual",
    rate: Decimal | None = None,
) -> Any:
    """Pays an invoice, by default all that is open; the amount is in its currency."""
    day = date or world.clock.today()
    keeper, invoice = _keeper(world, company, kind), company.ledgers[kind].invoices[number]
    offs = (WriteOff(WRITE_OFF_ACCOUNT, int(write_off * 100)),) if write_off else ()
    paid = invoice.balance - sum(off.amount for off in offs) if amount is None else int(amount * 100)
    if booked:
        posting = Posting(keeper, _year(company, day))
        payment = posting.payment(invoice, paid, day, rate=rate, write_offs=offs, source=source)
        _keep(world, company, posting)
    else:
        payment = keeper.pay(invoice, paid, day, rate=rate, write_offs=offs, booked=False, source=source)
    return {**_finish(world, company, keeper, invoice), "payment": payment.number}


def book_payment(world: World, company: Company, *, kind: Kind, payment: int) -> Any:
    """An unbooked payment is booked."""
    found, invoice = company.ledgers[kind].payments[payment]
    if found.booked:
        raise ValueError("it is booked already")
    company.ledgers[kind].drop_payment(payment)
    keeper = _keeper(world, company, kind)
    keeper.next_payment = payment
    posting = Posting(keeper, _year(company, found.date))
    posting.payment(
        invoice, found.amount_currency, found.date, rate=found.rate, write_offs=found.write_offs, source=found.source
    )
    _keep(world, company, posting)
    return _finish(world, company, keeper, invoice)


def delete_payment(world: World, company: Company, *, kind: Kind, payment: int) -> Any:
    """An unbooked payment is deleted (fact 14)."""
    if company.ledgers[kind].payments[payment][0].booked:
        raise ValueError("a booked payment can't be deleted")
    keeper, invoice = _keeper(world, company, kind), company.ledgers[kind].drop_payment(payment)
    return _finish(world, company, keeper, invoice)


def settle(
    world: World, company: Company, *, kind: Kind, number: int, credit: int, date: date, amount: Decimal | None = None
) -> Any:
    """Sets an invoice off against a credit note."""
    keeper, invoices = _keeper(world, company, kind), company.ledgers[kind].invoices
    whole = -invoices[credit].balance if amount is None else int(amount * 100)
    keeper.settle(invoices[number], invoices[credit], whole, date)
    return _finish(world, company, keeper, invoices[number])


def book_invoice(world: World, company: Company, *, kind: Kind, number: int) -> Any:
    """An unbooked invoice is booked on its own date ("Årsomför" does that under the cash method)."""
    invoice = company.ledgers[kind].invoices[number]
    if invoice.booked or invoice.cancelled:
        raise ValueError("it can't be booked")
    keeper = _keeper(world, company, kind)
    posting = Posting(keeper, _year(company, invoice.date))
    posting.book_later(invoice)
    _keep(world, company, posting)
    return _finish(world, company, keeper, invoice)


def cancel_invoice(world: World, company: Company, *, kind: Kind, number: int) -> Any:
    """An unbooked invoice is cancelled; booked ones can't be (fact 14)."""
    invoice = company.ledgers[kind].invoices[number]
    if invoice.booked:
        raise ValueError("a booked invoice can't be cancelled")
    invoice.cancelled, invoice.total, invoice.vat = True, 0, 0
    invoice.history.clear()
    keeper = _keeper(world, company, kind)
    return _finish(world, company, keeper, invoice)


def _keeper(world: World, company: Company, kind: Kind) -> Keeper:
    return Keeper(company, kind, world.clock.now(), live=True)


def _year(company: Company, day: date) -> FinancialYear:
    year = company.year_of(day)
    if year is None:
        raise LookupError(f"no financial year has {day}")
    return year


def a_party(company: Company, kind: Kind, number: str | None) -> Party:
    """That customer or supplier, or whoever comes first; made where there is none."""
    parties = company.profile.parties.setdefault(kind, {})
    if number is None and parties:
        return next(iter(parties.values()))
    return parties.setdefault(number or "1", Party(number or "1", "Ny motpart AB", "556000-0001", "Malmö"))


def _keep(world: World, company: Company, posting: Posting) -> None:
    """Writes the vouchers through."""
    for voucher in posting.vouchers:
        voucher.created = voucher.modified = world.clock.now()
        world.keep_voucher(company, voucher)


def _finish(world: World, company: Company, keeper: Keeper, invoice: Invoice) -> dict[str, Any]:
    invoice.modified = world.clock.now()
    keeper.touched[invoice.number] = invoice
    world.keep_invoices(company, keeper.touched.values())
    world.keep(company)
    reference = invoice.voucher
    return {
        "number": invoice.number,
        "voucher": [reference.year, reference.series, reference.number] if reference else None,
        "balance": str(Decimal(invoice.balance) / 100),
    }
