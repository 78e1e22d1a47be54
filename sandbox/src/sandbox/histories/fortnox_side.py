"""The company in the simulated Fortnox, the people who work there, and the connector that lends us its rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from uuid import UUID

import httpx

from common.events import Trouble
from common.leases import LeaseRefused
from fortnox import Permit as AnyPermit
from fortnox import Permits
from sandbox.fortnox.app import create_app
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.company import ALL_SCOPES
from sandbox.fortnox.founding import Wanted, found
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.sim import edits, truth
from sandbox.fortnox.sim.edits import RowModel
from sandbox.fortnox.world import World
from sandbox.histories.loop import VirtualLoop
from sandbox.histories.network import Moment
from sandbox.histories.plan import YEAR, Plan
from sandbox.histories.process import PROCESS

TENANT, CLIENT_ID = 4711, "histories"
PERMIT_SECONDS = 60.0
BOOKS = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Provbok" 1
#GEN 20260101
#FNAMN "Provbolaget AB"
#RAR 0 20250101 20251231
#KONTO 1220 "Inventarier"
#KONTO 1229 "Ack avskrivningar"
#KONTO 1510 "Kundfordringar"
#KONTO 1930 "Bank"
#KONTO 2099 "Arets resultat"
#KONTO 2440 "Leverantorsskulder"
#KONTO 2611 "Utgaende moms"
#KONTO 3001 "Forsaljning"
#KONTO 6570 "Bankkostnader"
#KONTO 7832 "Avskrivningar"
#KONTO 8999 "Arets resultat"
#IB 0 1930 100000.00
#IB 0 2099 -100000.00
#VER "A" 1 20250115 "Bankavgift"
{
#TRANS 6570 {} 100.00
#TRANS 1930 {} -100.00
}
""".encode("cp437")
LOST = Trouble(
    code="connection.lost",
    swedish="Kopplingen till Fortnox har brutits.",
    next_step="Koppla bolaget igen.",
    english="The connection is lost.",
)


@dataclass(frozen=True)
class Permit:
    """Leave to make one call."""

    access_token: str
    deadline: float
    tenant: int = TENANT

    def answered(self) -> None:
        pass

    def too_many(self) -> None:
        pass


class FortnoxSide:
    """What is on the other side, by the loop's time."""

    def __init__(self, loop: VirtualLoop, plan: Plan, moment: Moment) -> None:
        self._moment = moment
        self._longest_wait = plan.slot_wait
        self._loop = loop
        self._random = Random(plan.seed + 1)
        self.world = World(clock=Clock(lambda: loop.moment), monotonic=loop.time)
        self.world.switches.rate_limit = False  # leases keep to it, and there are none here; 429 comes as a fault
        self.world.switches.list_lag_seconds = plan.lag
        self.world.switches.list_shows_comments = plan.shows_comments
        self.company = found(self.world, BOOKS, Wanted(tenant=TENANT, invoices={"customer": 0, "supplier": 0}))
        self.world.grants.register(Application(CLIENT_ID, "secret", ()))
        self.world.grants.consent(CLIENT_ID, TENANT, tuple(ALL_SCOPES), service=True)
        for fault in plan.faults:
            self.world.faults.plan(match=fault.match, kind=fault.kind, skip=fault.skip, times=fault.times)
        self.transport = httpx.ASGITransport(create_app(self.world))
        self.lost = False
        self._token = self._new_token()

    @asynccontextmanager
    async def permits(self, _connection: UUID) -> AsyncIterator[Permits]:
        yield self

    async def acquire(self) -> Permit:
        self._moment("a slot", "awaited", PROCESS.get())
        await asyncio.sleep(self._random.uniform(0, self._longest_wait))
        if self.lost:
            raise LeaseRefused(LOST, 409)
        return Permit(self._token, self._loop.time() + PERMIT_SECONDS)

    async def refused(self, permit: AnyPermit) -> None:
        if permit.access_token == self._token:
            self._token = self._new_token()

    def kill_tokens(self) -> None:
        self.world.grants.kill_access_tokens(TENANT)

    def act(self, name: str) -> None:
        """What somebody does in the company meanwhile."""
        with suppress(LookupError):
            self._act(name, self._random.choice("IIA"))

    def calm(self) -> None:
        """Whatever was wrong is right again."""
        self.world.faults.clear()
        self.lost = False
        self.act("unlock")
        self.act("open account")

    def books(self) -> dict[int, list[truth.Plain]]:
        """The truth, for the checker."""
        return {TENANT: truth.vouchers(self.company.books, self.company.books.gone)}

    def _act(self, name: str, series: str) -> None:
        world, company = self.world, self.company
        year = company.year_of(YEAR.to_date)
        assert year is not None
        if name == "book":
            rows = [RowModel(account=6570, amount=1), RowModel(account=1930, amount=-1)]
            edits.book_voucher(world, company, series=series, date=YEAR.to_date, rows=rows)
        elif name == "delete":
            edits.delete_last_voucher(world, company, series=series, financial_year=year.id)
        elif name == "strike":
            last = company.books.last(year.id, series)
            edits.strike_voucher(world, company, series=series, number=last.number if last else 0)
        elif name in {"lock", "unlock"}:
            edits.lock_period(world, company, date=YEAR.to_date if name == "lock" else None)
        else:
            edits.change_account(world, company, account=1229, active=name == "open account")

    def _new_token(self) -> str:
        grants = self.world.grants
        epoch = grants.grants[CLIENT_ID, TENANT].epoch
        return grants.mint.access_token(CLIENT_ID, TENANT, tuple(ALL_SCOPES), epoch)
