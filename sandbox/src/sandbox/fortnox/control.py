"""The Python client of `/_sim`, for tests and demonstrations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx

Plain = dict[str, Any]
LedgerKind = Literal["customer", "supplier"]


class SimulatorError(Exception):
    """The simulator could not do what was asked."""


class Simulator:
    """A running simulator, as a puppeteer sees it. Use it as an async context manager, or call `aclose`."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self.base_url, transport=transport, timeout=60, trust_env=False)

    async def __aenter__(self) -> Simulator:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # Companies, applications and the person at the consent page

    async def companies(self) -> list[Plain]:
        found: list[Plain] = await self._get("companies")
        return found

    async def add_company(
        self,
        books: bytes | PathLike[str],
        *,
        tenant: int | None = None,
        name: str | None = None,
        organisation_number: str | None = None,
        method: Literal["ACCRUAL", "CASH"] = "ACCRUAL",
        seed: int = 1,
        invoices: Mapping[str, int] | None = None,
    ) -> int:
        """Founds a company on a SIE file; `invoices` says how many of each kind ("customer", "supplier") there are.

        Returns the tenant (DatabaseNumber).
        """
        wishes = {
            "tenant": tenant,
            "name": name,
            "organisation_number": organisation_number,
            "method": method,
            "seed": seed,
            "invoices": json.dumps(dict(invoices)) if invoices else None,
        }
        content = books if isinstance(books, bytes) else Path(books).read_bytes()  # noqa: ASYNC240 - small, in tests
        query = {name: value for name, value in wishes.items() if value is not None}
        company = await self._ask("POST", "companies", params=query, content=content)
        return int(company["tenant"])

    async def add_application(self, client_id: str, client_secret: str, **more: Any) -> None:
        """Registers an application; `redirect_uris`, `scopes`, `service_accounts`, `active` as in oauth/grants.py."""
        await self._ask("POST", "applications", json={"id": client_id, "secret": client_secret, **more})

    async def consent(self, authorise_url: str, decision: str = "approve", tenant: int | None = None) -> str:
        """Does what a person does on the consent page; returns the address to which the browser is sent back.

        `decision` is approve, deny or another outcome of oauth/outcomes.py (missing-licence, bare …).
        """
        page = await self._http.get(authorise_url)
        if page.is_redirect:
            return str(page.headers["location"])
        if page.status_code != 200:
            raise SimulatorError(f"the consent page answers {page.status_code}")
        asked = dict(parse_qsl(urlsplit(authorise_url).query, keep_blank_values=True))
        chosen = tenant or (await self.companies())[0]["tenant"]
        form = {**asked, "tenant": str(chosen), "decision": decision, "outcome": decision}
        answer = await self._http.post(urlsplit(authorise_url)._replace(query="").geturl(), data=form)
        if not answer.is_redirect:
            raise SimulatorError(f"the consent page answers {answer.status_code}")
        return str(answer.headers["location"])

    # Clock, switches, faults

    async def clock(self) -> datetime:
        return datetime.fromisoformat((await self._get("clock"))["now"])

    async def advance(self, seconds: float) -> datetime:
        """Puts the business clock forward (the rate limit keeps to real time)."""
        return datetime.fromisoformat((await self._ask("POST", "clock", json={"advance": seconds}))["now"])

    async def set_clock(self, moment: datetime | str) -> datetime:
        """Sets the business clock; it runs on from there."""
        wish = {"set": moment if isinstance(moment, str) else moment.isoformat()}
        return datetime.fromisoformat((await self._ask("POST", "clock", json=wish))["now"])

    async def set_switch(self, name: str, value: bool | float | str) -> None:
        """Sets one of the doubtful points (switches.py)."""
        await self._ask("PUT", "switches", json={name: value})

    async def switches(self) -> Plain:
        known: Plain = await self._get("switches")
        return known

    async def fault(
        self,
        match: str,
        kind: str,
        *,
        times: int = 1,
        skip: int = 0,
        seconds: float = 0.0,
        status: int = 503,
        tenant: int | None = None,
    ) -> Plain:
        """Plans a fault for calls that match "METHOD path" (with * as wildcard); kinds are told in faults.py."""
        plan = {"match": match, "kind": kind, "times": times, "skip": skip}
        made: Plain = await self._ask(
            "POST", "faults", json={**plan, "seconds": seconds, "status": status, "tenant": tenant}
        )
        return made

    async def faults(self) -> list[Plain]:
        """All planned faults; `met` tells how often each has struck."""
        plans: list[Plain] = await self._get("faults")
        return plans

    async def clear_faults(self) -> None:
        await self._ask("DELETE", "faults")

    # What another person does in Fortnox meanwhile

    async def edit(self, name: str, tenant: int, /, **arguments: Any) -> Any:
        """Any edit of sim/edits.py or sim/ledger_edits.py by its name."""
        return await self._ask("POST", f"edits/{name}", json=_plain({"tenant": tenant, **arguments}))

    async def book_voucher(
        self,
        tenant: int,
        *,
        series: str,
        date: date,
        rows: Iterable[tuple[int, Decimal | int | str]],
        text: str = "Manuell verifikation",
        comments: str = "",
    ) -> Plain:
        """Books a voucher by hand; rows are (account, amount), debit positive."""
        wanted = [{"account": account, "amount": str(amount)} for account, amount in rows]
        made: Plain = await self.edit(
            "book_voucher", tenant, series=series, date=date, rows=wanted, text=text, comments=comments
        )
        return made

    async def pay_invoice(self, tenant: int, kind: LedgerKind, number: int, **more: Any) -> Plain:
        """Pays an invoice: `amount` (default: all), `date`, `booked`, `write_off`, `source`, `rate`."""
        made: Plain = await self.edit("pay_invoice", tenant, kind=kind, number=number, **more)
        return made

    async def create_invoice(self, tenant: int, kind: LedgerKind, amount: Decimal | int | str, **more: Any) -> Plain:
        """Creates an invoice: `date`, `due`, `booked`, `currency`, `rate`, `credits`, `type`, `party`."""
        made: Plain = await self.edit("create_invoice", tenant, kind=kind, amount=str(amount), **more)
        return made

    async def lock_period(self, tenant: int, date: date | None) -> None:
        await self.edit("lock_period", tenant, date=date)

    async def deactivate_account(self, tenant: int, account: int, financial_year: int | None = None) -> None:
        await self.edit("change_account", tenant, account=account, financial_year=financial_year, active=False)

    async def delete_last_voucher(self, tenant: int, series: str, financial_year: int | None = None) -> Plain:
        gone: Plain = await self.edit("delete_last_voucher", tenant, series=series, financial_year=financial_year)
        return gone

    async def strike_voucher(self, tenant: int, series: str, number: int, financial_year: int | None = None) -> Plain:
        struck: Plain = await self.edit(
            "strike_voucher", tenant, series=series, number=number, financial_year=financial_year
        )
        return struck

    async def anonymise(self, tenant: int, financial_year: int) -> None:
        await self.edit("anonymise", tenant, financial_year=financial_year)

    async def revoke_consent(self, tenant: int, *, at_once: bool = False) -> None:
        """The company removes the integration; with `at_once` access tokens are dead too, else they run out."""
        await self.edit("revoke_consent", tenant, at_once=at_once)

    async def kill_access_tokens(self, tenant: int) -> None:
        await self.edit("kill_access_tokens", tenant)

    async def remove_licence(self, tenant: int, scope: str | None = None) -> None:
        """Without a scope the licence of the integration itself goes."""
        await self.edit("change_licence", tenant, scope=scope, present=False)

    async def restore_licence(self, tenant: int, scope: str | None = None) -> None:
        await self.edit("change_licence", tenant, scope=scope, present=True)

    # The truth, and what has been called

    async def vouchers(
        self, tenant: int, financial_year: int | None = None, series: str | None = None, *, gone: bool = False
    ) -> list[Plain]:
        """All vouchers as they are, by year, series and number; with `gone` deleted ones too, each with `gone_at`."""
        found: list[Plain] = await self._get(
            "vouchers", tenant=tenant, financial_year=financial_year, series=series, gone="true" if gone else None
        )
        return found

    async def ledger(self, tenant: int, kind: LedgerKind, on: date) -> Plain:
        """The oracle: what was open at the end of that day, and what the ledger account stood at."""
        truth: Plain = await self._get("ledger", tenant=tenant, kind=kind, date=on.isoformat())
        return truth

    async def calls(self, since: int = 0) -> list[Plain]:
        """The journal after the entry with that `seq`."""
        entries: list[Plain] = await self._get("calls", since=since)
        return entries

    async def rate(self) -> dict[int, dict[str, int]]:
        """By tenant: calls, largest_window, largest_accepted_window, too_many_requests."""
        return {int(tenant): figures for tenant, figures in (await self._get("rate")).items()}

    async def clear_calls(self) -> None:
        """Empties the journal and sets the figures of `rate` to zero."""
        await self._ask("DELETE", "calls")

    async def _get(self, path: str, **query: Any) -> Any:
        return await self._ask("GET", path, params={n: v for n, v in query.items() if v is not None})

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = await self._http.request(method, f"/_sim/{path}", **more)
        if answer.status_code != 200:
            raise SimulatorError(answer.text[:500])
        return answer.json()


def _plain(arguments: Mapping[str, Any]) -> Plain:
    """Dates and decimals as text; what isn't given is left out, but a date may be None (unlock)."""
    return {
        name: value if isinstance(value, bool | int | list | dict | None) else str(value)
        for name, value in arguments.items()
        if value is not None or name == "date"
    }
