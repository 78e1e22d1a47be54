"""The SQL of the right to renew grants: who has it, and what came of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from connector.repository.grants import Grant, GrantedTokens, Grants, grant_of


class Renewals:
    """Renewals of grants: at most one under way for each, over all replicas."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(
        self, grant_id: UUID, version: int, claim_id: UUID, send_within: timedelta, takeover_after: timedelta
    ) -> Grant | None:
        """The right to renew tokens of this version, unless somebody has it. Commit before sending anything.

        A holder that said nothing is succeeded when its deadline and the longest call after it are over; what became
        of the refresh token is then in doubt.
        """
        row = await self._connection.fetchrow(
            """
            update grants set claim_id = $3, claim_deadline = clock() + $4::interval, claim_hash = refresh_hash,
                doubtful = doubtful or claim_id is not null
            where id = $1 and version = $2 and (status in ('active', 'expiring') or retry_at <= clock())
                and (claim_id is null or claim_deadline + $5::interval < clock())
            returning *
            """,
            grant_id,
            version,
            claim_id,
            send_within,
            takeover_after,
        )
        return None if row is None else grant_of(row)

    async def release(self, grant_id: UUID, claim_id: UUID, failure: dict[str, Any], *, doubtful: bool) -> None:
        """Gives the right back: the call has ended and brought nothing, for which `failure` is the reason.

        `doubtful` says that the refresh token may be spent all the same.
        """
        await self._connection.execute(
            """
            update grants set claim_id = null, claim_deadline = null, failed_at = clock(), failure = $3,
                doubtful = doubtful or $4, renew_at = case when $4 then least(renew_at, clock()) else renew_at end
            where id = $1 and claim_id = $2
            """,
            grant_id,
            claim_id,
            failure,
            doubtful,
        )

    async def keep(self, spent: Grant, tokens: GrantedTokens, age: float) -> bool:
        """Stores what was asked for `age` seconds ago with this grant, if what it spent is still what we have.

        Compared by the token's hash and never by who holds the claim: a late answer may hold the only live token. A
        service account spends nothing: there the late answer is the older one.
        """
        row = await self._connection.fetchval(
            """
            select id from grants
            where id = $1 and refresh_hash is not distinct from $2 and (kind = 'refresh_token' or version = $3)
            for update
            """,
            spent.id,
            spent.refresh_hash,
            spent.version,
        )
        if row is None:
            return False
        await Grants(self._connection).store(spent.id, tokens, age)
        return True

    async def lose(self, spent: Grant, trouble: dict[str, Any], retry_in: timedelta | None) -> bool:
        """Notes that the grant gives no more tokens, if what was refused is still what we have.

        Nothing is deleted: a late answer may revive it.
        """
        done = await self._connection.execute(
            """
            update grants set status = 'lost', trouble = $3, retry_at = clock() + $4::interval,
                failed_at = clock(), failure = $3, claim_id = null, claim_deadline = null, doubtful = false
            where id = $1 and refresh_hash is not distinct from $2 and status <> 'ending'
                and (kind = 'refresh_token' or version = $5)
            """,
            spent.id,
            spent.refresh_hash,
            trouble,
            retry_in,
            spent.version,
        )
        return done == "UPDATE 1"

    async def to_renew(self, takeover_after: timedelta, limit: int, *, in_doubt: bool) -> list[tuple[UUID, int]]:
        """Some of those that nobody renews although it is time, with their versions.

        Those `in_doubt`, whose refresh token may have been spent in vain: what dead holders and lost answers left. Or
        the others: refresh tokens that have been idle for long, and lost grants that may live again.
        """
        rows = await self._connection.fetch(
            """
            select id, version from grants
            where (claim_id is null or claim_deadline + $1::interval < clock())
                and ((status in ('active', 'expiring')
                        and (claim_id is not null or (kind = 'refresh_token' and renew_at <= clock())))
                    or (status = 'lost' and retry_at <= clock()))
                and (claim_id is not null or doubtful) = $3
            order by random() limit $2
            """,
            takeover_after,
            limit,
            in_doubt,
        )
        return [(row["id"], row["version"]) for row in rows]

    async def put_off(self, grant_id: UUID, by: timedelta, doubtful_by: timedelta) -> None:
        """Tries upkeep again later; sooner where a token may have been spent, since somebody must be told then."""
        await self._connection.execute(
            """
            update grants set
                renew_at = greatest(renew_at, clock() + case when doubtful then $3::interval else $2::interval end),
                retry_at = case when retry_at is not null then clock() + $2::interval end
            where id = $1
            """,
            grant_id,
            by,
            doubtful_by,
        )
