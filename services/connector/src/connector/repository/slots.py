"""The SQL of call slots: the arithmetic lives in functions of migrations 0002, 0004 and 0007."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from common.pruning import prune_table

KEEP_IDLE = timedelta(days=1)
IDLE_BUDGET = """
    not exists (select from grants as g where g.client_id = budgets.client_id and g.tenant = budgets.tenant)
    and not exists (
        select from slots as s where s.budget_id = budgets.id and s.free_at > clock() - $1::interval
    )
"""


@dataclass(frozen=True)
class Slot:
    """One of a company's 25, as a lease has it."""

    budget: int
    number: int
    lease: UUID

    def __str__(self) -> str:
        return f"{self.budget}.{self.number}.{self.lease}"

    @classmethod
    def parse(cls, text: str) -> "Slot | None":
        """None for what no lease ever had."""
        budget, _, rest = text.partition(".")
        number, _, lease = rest.partition(".")
        try:
            slot = cls(int(budget), int(number), UUID(lease))
        except ValueError:
            return None
        return slot if 0 < slot.number <= 25 and 0 < slot.budget < 2**63 else None


@dataclass(frozen=True)
class Back:
    """A slot that comes back. `answered_ago` in seconds; None: it was never used."""

    slot: Slot
    answered_ago: float | None


@dataclass(frozen=True)
class Taken:
    """What a lease got: slots, or how long to wait. Neither: waiting is no use."""

    numbers: list[int] | None
    seconds: float | None
    wait: float | None
    """Seconds after which another look is worth it."""
    expected: float | None
    """Seconds until there will probably be slots."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for, and hands back with it."""

    connection_id: UUID
    lease: UUID
    holder: UUID
    """Who asks, the same each time: slots are shared evenly among these."""
    calls: int
    head_start: timedelta
    token: bytes
    """SHA-256 of the access token in hand: slots are taken only for who holds the newest."""
    good_for: float
    """Seconds for which that must be good at least, if it can be renewed at all."""
    back: Sequence[Back] = ()


@dataclass(frozen=True)
class Leased(Taken):
    """What a lease for a connection got, and what its grant was like at that moment.

    Neither slots nor a wait: get the token first, if one is to be had.
    """

    known: bool
    grant_id: UUID | None
    status: str | None
    trouble: dict[str, Any] | None
    tenant: int | None
    version: int | None
    access_seconds: float | None
    """How long the access token is still good."""
    may_renew: bool | None
    budget_id: int | None


class Slots:
    """The 25 call slots of each app and company."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def budget(self, client_id: str, tenant: int) -> int:
        """The company's budget; its slots are made when it is first seen."""
        known: int | None = await self._connection.fetchval(
            "select id from budgets where client_id = $1 and tenant = $2", client_id, tenant
        )
        if known is not None:
            return known
        made: int = await self._connection.fetchval(
            """
            with made as (
                insert into budgets (client_id, tenant) values ($1, $2)
                on conflict (client_id, tenant) do update set closed_until = budgets.closed_until
                returning id
            ), slots as (
                insert into slots (budget_id, number) select id, number from made, generate_series(1, 25) as number
                on conflict do nothing
            )
            select id from made
            """,
            client_id,
            tenant,
        )
        return made

    async def take(
        self, budget: int, lease: UUID, holder: UUID, calls: int, head_start: timedelta, lease_time: timedelta
    ) -> Taken:
        row = await self._connection.fetchrow(
            "select * from take_lot($1, $2, $3, $4, $5, $6)", budget, lease, holder, calls, head_start, lease_time
        )
        assert row is not None
        return Taken(**row)

    async def lease(self, asked: Sequence[Asked], lease_time: timedelta) -> list[Leased]:
        """What each of them gets, the earlier ones first: one statement, one commit."""
        rows = await self._connection.fetch(
            "select * from lease_lots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            [one.connection_id for one in asked],
            [one.lease for one in asked],
            [one.holder for one in asked],
            [one.calls for one in asked],
            [one.head_start for one in asked],
            [one.token for one in asked],
            [one.good_for for one in asked],
            lease_time,
            *_columns([back for one in asked for back in one.back]),
        )
        return [Leased(**row) for row in rows]

    async def hand_back(self, back: Sequence[Back]) -> None:
        await self._connection.execute("select hand_back_slots($1, $2, $3, $4)", *_columns(back))

    async def close(self, budgets: Sequence[int], rest: timedelta) -> None:
        """Gives out no slots of these for a while."""
        await self._connection.execute(
            "update budgets set closed_until = greatest(closed_until, clock() + $2::interval) where id = any ($1)",
            list(budgets),
            rest,
        )

    async def budget_of(self, connection_id: UUID) -> int | None:
        budget: int | None = await self._connection.fetchval(
            """
            select b.id from connections as c join grants as g on g.id = c.grant_id
            join budgets as b on b.client_id = g.client_id and b.tenant = g.tenant where c.id = $1
            """,
            connection_id,
        )
        return budget

    async def prune(self) -> None:
        """Budgets of companies that are gone, long after their last call, and turns that nobody came back for.

        Where a company is called, its next lease clears the turns; where none is, they would stay.
        """
        await prune_table(self._connection, "waiters", "expires_at < clock() - $1::interval", KEEP_IDLE)
        await prune_table(self._connection, "budgets", IDLE_BUDGET, KEEP_IDLE)


def _columns(back: Sequence[Back]) -> tuple[list[int], list[UUID], list[int], list[float | None]]:
    return (
        [one.slot.budget for one in back],
        [one.slot.lease for one in back],
        [one.slot.number for one in back],
        [one.answered_ago for one in back],
    )
