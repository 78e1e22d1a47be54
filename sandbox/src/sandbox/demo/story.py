"""The story in the order in which it happens: connect, import, check the vouchers, send them, correct one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import sie
from sandbox.demo.person import approve, closing_vouchers
from sandbox.fortnox.control import Simulator
from sandbox.product import (
    Connector,
    Product,
    import_requested,
    vouchers_approved,
    vouchers_correction_requested,
)
from sandbox.product.commands import ClosingVoucher, Year
from sandbox.product.records import Received

ORIGIN = "http://localhost:3000"
ACCOUNTANT = "user-1042"  # whom the product names as asking for a correction
PATIENCE = 180.0  # seconds for an import or a batch


class StoryFailed(Exception):
    """The story did not end well; the text says where."""


class Audience(Protocol):
    """Who is told how the story goes."""

    def connected(self, connection: dict[str, Any]) -> None: ...

    def heard(self, event: Received) -> None: ...

    def imported(self, completed: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> None: ...

    def checked(self, vouchers: list[ClosingVoucher], events: list[dict[str, Any]]) -> None: ...

    def booked(self, vouchers: list[ClosingVoucher], receipts: dict[str, dict[str, Any]]) -> None: ...

    def corrected(self, receipt: dict[str, Any]) -> None: ...


@dataclass
class Story:
    """What is told, and what has come of it so far."""

    product: Product
    connector: Connector
    simulator: Simulator
    books: Path
    audience: Audience
    tenant: int | None = None
    """Which of the simulator's companies; its first where it is None."""
    now: Callable[[], float] = time.monotonic
    connection: dict[str, Any] = field(default_factory=dict)
    completed: dict[str, Any] = field(default_factory=dict)
    vouchers: list[ClosingVoucher] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    correction: dict[str, Any] = field(default_factory=dict)
    """The receipt of the reversing voucher."""
    import_seconds: float = 0.0
    first_call_ms: float | None = None

    @property
    def year(self) -> Year:
        """The year that the accountant works in: that of the books which Fortnox was loaded with."""
        year = sie.read(self.books).financial_year
        return Year(year.start, year.end)

    @property
    def connection_id(self) -> UUID:
        return UUID(self.connection["connection_id"])

    async def tell(self) -> None:
        """Raises StoryFailed when anything in it did not go well."""
        await self.connect()
        await self.import_books()
        await self.send_vouchers()
        await self.correct_last()

    async def connect(self) -> None:
        companies = await self.simulator.companies()
        company = next(one for one in companies if self.tenant in {None, one["tenant"]})
        self.tenant = company["tenant"]
        session = await self.connector.open_session(
            "Uppdrag 1", origin=ORIGIN, organisation_number=company["organisation_number"]
        )
        page = await approve(session["url"], self.simulator, company["tenant"])
        connection_id = UUID(session["connection_id"])
        state = await self.connector.session(session["session_id"])
        if state["state"] != "connected":
            raise StoryFailed(f"connecting: {page.status_code} {state}")
        self.connection = await self.product.wait_for(connection_id, "connection.established")
        self.audience.connected(self.connection)

    async def import_books(self) -> None:
        import_id = uuid4()
        calls_before = len(await self.simulator.calls())
        started = self.now()
        await self.product.send(import_requested(self.connection_id, import_id, self.year))
        ended = await self.product.wait_for(
            import_id, "import.completed", "import.failed", "import.refused", seconds=PATIENCE
        )
        if ended["type"] != "import.completed":
            raise StoryFailed(f"import: {ended['type']} {ended['trouble']['code']} {ended['trouble']['english']}")
        await self.product.wait_until_proven(import_id)
        self.import_seconds = self.now() - started
        self.completed = ended
        self.first_call_ms = await self._first_call_ms(calls_before, started)
        names = ("company", "accounts", "vouchers", "customer_ledger", "supplier_ledger")
        parts = {name: await self.product.part(import_id, name) for name in names}
        self.audience.imported(ended, parts)

    async def _first_call_ms(self, calls_before: int, sent_at: float) -> float | None:
        """From the command's being sent to the first call that Fortnox received after it, in milliseconds.

        Both are read off the machine's monotonic clock.
        """
        calls = [call for call in (await self.simulator.calls())[calls_before:] if call["tenant"] == self.tenant]
        return round((calls[0]["at"] - sent_at) * 1000, 1) if calls else None

    async def send_vouchers(self) -> None:
        accounts = await self.product.part(UUID(self.completed["import_id"]), "accounts")
        day = self.year.to_date
        self.vouchers = closing_vouchers(accounts, day, f"bokslut-{day.year}")
        series = await self._series()
        self.audience.checked(self.vouchers, await self._batch(series, "check"))
        events = await self._batch(series, "book")
        self.receipts = [event for event in events if event["type"] == "voucher.booked"]
        if len(self.receipts) != len(self.vouchers):
            raise StoryFailed(f"vouchers: {len(self.receipts)} of {len(self.vouchers)} were booked")
        self.audience.booked(self.vouchers, {receipt["voucher_id"]: receipt for receipt in self.receipts})

    async def correct_last(self) -> None:
        """The accountant has second thoughts about the last voucher: it is reversed."""
        last, correction_id = self.receipts[-1], uuid4()
        command = vouchers_correction_requested(
            self.connection_id,
            correction_id,
            self.year,
            last["series"],
            self.year.to_date,
            [last["voucher_id"]],
            requested_by=ACCOUNTANT,
        )
        await self.product.send(command)
        events = await self._ended(correction_id)
        self.correction = next(event for event in events if event["type"] == "voucher.booked")
        if self.correction["corrects"]["number"] != last["number"]:
            raise StoryFailed(f"correction: {self.correction['corrects']} instead of {last['number']}")
        self.audience.corrected(self.correction)

    async def _series(self) -> str:
        """The first series that can be used by hand, as the connector's dialog shows it."""
        year = self.completed["fortnox_financial_year"]
        found = await self.connector.look_up(self.connection_id, "voucher-series", financial_year=year)
        usable = [one["code"] for one in found["series"] if one["manual"]]
        if not usable:
            raise StoryFailed("vouchers: no series can be used")
        return "I" if "I" in usable else str(usable[0])

    async def _batch(self, series: str, mode: str) -> list[dict[str, Any]]:
        """Sends a batch and gives its events."""
        batch_id = uuid4()
        command = vouchers_approved(self.connection_id, batch_id, self.year, series, self.vouchers, mode=mode)
        await self.product.send(command)
        return await self._ended(batch_id)

    async def _ended(self, batch_id: UUID) -> list[dict[str, Any]]:
        """A batch's or correction's events. Raises StoryFailed when it did not end well."""
        ended = await self.product.wait_for(batch_id, "vouchers.completed", "vouchers.refused", seconds=PATIENCE)
        if ended["type"] == "vouchers.refused":
            raise StoryFailed(f"vouchers: {ended['trouble']['code']} {ended['trouble']['english']}")
        events = await self.product.events_about(batch_id)
        wrong = [
            finding["code"]
            for event in events
            for finding in event.get("findings", [])
            if finding["severity"] == "error"
        ]
        if wrong:
            raise StoryFailed(f"vouchers: {wrong}")
        return events
