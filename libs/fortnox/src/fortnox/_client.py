"""The client: Fortnox's API as far as this project uses it, one method per question."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from typing import Self, TypeVar
from urllib.parse import quote

import httpx

from fortnox._answers import Answer, content_of, sie_of
from fortnox._calls import Caller
from fortnox._errors import ChangedMeanwhile, UnreadableAnswer, WrongCompany
from fortnox._exchange import Call
from fortnox._models.company import CompanyInformation, FinancialYear, LockedPeriod, VoucherSeries
from fortnox._models.ledgers import Invoice, InvoicePayment, SupplierInvoice, SupplierInvoicePayment
from fortnox._models.vouchers import NewVoucher, Voucher
from fortnox._pages import Page, QueryValue, page_of, query_of, written
from fortnox._permits import Boottime, Permit, Permits, boottime
from fortnox._resources import FINANCIAL_YEARS, Resource
from fortnox._wire import Wire, parse_record

CALL_TIMEOUT = 30.0  # seconds
SIE_TIMEOUT = 120.0  # seconds: 27 years, 12 MB, took about 10 s (Fortnox fact 4)
STEADY_TRIES = 3  # how often a whole list is read in the hope that nobody changes it meanwhile

T = TypeVar("T", bound=Wire)


class Client:
    """Fortnox for one company: the one that the permits are for.

    Each request on the wire takes a permit and ends before the permit's deadline. Reads are tried again after
    passing failures; a write is sent once. Raises `FortnoxError`, and whatever `permits` raises. Deadlines of permits
    and `start_by` are by the clock `boottime`.
    """

    def __init__(
        self,
        permits: Permits,
        *,
        base_url: str = "https://api.fortnox.se",
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = CALL_TIMEOUT,
        sie_timeout: float = SIE_TIMEOUT,
        boottime: Boottime = boottime,
    ) -> None:
        self._caller = Caller(permits, base_url, timeout, transport, boottime)
        self._timeout = timeout
        self._sie_timeout = sie_timeout

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._caller.close()

    async def company_information(self) -> CompanyInformation:
        """Who the company is. Raises `WrongCompany` if it isn't the permit's."""
        return await self._single("companyinformation", CompanyInformation, "CompanyInformation")

    async def financial_years(self, containing: date | None = None) -> list[FinancialYear]:
        """All years, or the one that a date lies in; an empty list when none does."""
        years = await self.every(FINANCIAL_YEARS, date=containing)
        if containing is None:
            return years
        return [year for year in years if year.from_date <= containing <= year.to_date]

    async def sie(
        self, kind: int, financial_year: int, *, from_date: date | None = None, to_date: date | None = None
    ) -> bytes:
        """The bytes of a SIE file of type 1 to 4 for the year with that id, just as Fortnox sent them.

        Two days of the year limit the vouchers of type 4, not the balances (Fortnox fact 4).
        """
        query = {"financialyear": str(financial_year)}
        query |= {name: written(day) for name, day in (("fromdate", from_date), ("todate", to_date)) if day}
        # Any other Accept than */* may be refused for SIE, with 1000030 (Fortnox fact 0.7).
        call = Call("GET", f"/3/sie/{kind}", self._sie_timeout, query, headers={"Accept": "*/*"})
        return await self._caller.read(call, sie_of)

    async def page(self, resource: Resource[T], number: int = 1, *, limit: int = 500, **query: QueryValue) -> Page[T]:
        """One page of a list, counted from 1; beyond the end it is empty and says a total of 0."""
        call = self._get(resource.path, query_of(resource, number, limit, query))
        return await self._caller.read(call, partial(page_of, resource, number=number, limit=limit))

    async def pages(self, resource: Resource[T], *, limit: int = 500, **query: QueryValue) -> AsyncIterator[Page[T]]:
        """A list page by page. Compare the pages' totals: Fortnox gives no steady view of a list."""
        number = 1
        while True:
            page = await self.page(resource, number, limit=limit, **query)
            yield page
            if page.last or not page.items:
                return
            number += 1

    async def every(self, resource: Resource[T], **query: QueryValue) -> list[T]:
        """All records of a list, in its order, read while its total stayed the same."""
        for _ in range(STEADY_TRIES):
            pages = [page async for page in self.pages(resource, limit=500, **query)]
            if len({page.total for page in pages}) == 1:
                return [item for page in pages for item in page.items]
        raise ChangedMeanwhile(f"GET /3/{resource.path}")

    async def invoice(self, document_number: str) -> Invoice:
        return await self._single(f"invoices/{_part(document_number)}", Invoice, "Invoice")

    async def invoice_payment(self, number: str) -> InvoicePayment:
        return await self._single(f"invoicepayments/{_part(number)}", InvoicePayment, "InvoicePayment")

    async def supplier_invoice(self, given_number: str) -> SupplierInvoice:
        return await self._single(f"supplierinvoices/{_part(given_number)}", SupplierInvoice, "SupplierInvoice")

    async def supplier_invoice_payment(self, number: str) -> SupplierInvoicePayment:
        path = f"supplierinvoicepayments/{_part(number)}"
        return await self._single(path, SupplierInvoicePayment, "SupplierInvoicePayment")

    async def voucher_series(self, code: str, financial_year: int) -> VoucherSeries:
        """A series with `next_voucher_number`, which the list doesn't have."""
        return await self._single(f"voucherseries/{_part(code)}", VoucherSeries, "VoucherSeries", financial_year)

    async def voucher(self, series: str, number: int, financial_year: int) -> Voucher:
        return await self._single(f"vouchers/{_part(series)}/{number}", Voucher, "Voucher", financial_year)

    async def create_voucher(
        self,
        voucher: NewVoucher,
        financial_year: int,
        *,
        permit: Permit | None = None,
        start_by: float | None = None,
    ) -> Voucher:
        """Books a voucher, on a connection of its own, sent once.

        Raises `OutcomeUnknown` when it may have been booked: look before sending again. `TryLater`, `Refused`
        and `TokenRefused` mean that it certainly wasn't. `permit` is one acquired beforehand; after `start_by`
        (by `boottime()`) nothing is sent any more and `NotSent` is raised.
        """
        call = Call(
            "POST",
            "/3/vouchers",
            timeout=self._timeout,
            query={"financialyear": str(financial_year)},
            body=b'{"Voucher":' + voucher.model_dump_json(by_alias=True, exclude_none=True).encode() + b"}",
            headers={"Accept": "application/json", "Content-Type": "application/json", "Connection": "close"},
            start_by=start_by,
        )
        return await self._caller.write(call, partial(_record, Voucher, "Voucher"), permit)

    async def locked_period(self) -> date | None:
        """The day up to which the books are locked for everybody; None when nothing is (Fortnox fact 6.3)."""
        return (await self._single("settings/lockedperiod", LockedPeriod, "LockedPeriod")).end_date

    async def _single(self, path: str, model: type[T], key: str, financial_year: int | None = None) -> T:
        query = {} if financial_year is None else {"financialyear": str(financial_year)}
        return await self._caller.read(self._get(path, query), partial(_record, model, key))

    def _get(self, path: str, query: dict[str, str]) -> Call:
        return Call("GET", f"/3/{path}", self._timeout, query, headers={"Accept": "application/json"})


def _record(model: type[T], key: str, answer: Answer) -> T:
    """The record under its key; checks the company where the record tells it."""
    content = {name.lower(): value for name, value in content_of(answer).items()}
    if key.lower() not in content:
        raise UnreadableAnswer(answer.call, field=key, **answer.known())
    record = parse_record(model, content[key.lower()], call=answer.call, where=key, **answer.known())
    if isinstance(record, CompanyInformation) and answer.tenant not in {None, record.database_number}:
        raise WrongCompany(answer.call, field="DatabaseNumber", **answer.known())
    return record


def _part(value: str) -> str:
    """A record's key as a part of a path: it may hold a slash."""
    if value in {"", ".", ".."}:
        raise ValueError("not the key of a record")
    return quote(value, safe="")
