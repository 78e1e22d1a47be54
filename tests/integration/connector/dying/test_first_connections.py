"""A process dies at any await between a person's coming back from Fortnox and the connection."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from common import database as db
from connector.connect import Callback, Connect
from sandbox.stepping import Suspending, die_at

STEP = 4
ALL = [1, *(pytest.param(first, marks=pytest.mark.long) for first in range(2, STEP + 1))]
STILL_HELD = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and state like 'idle in transaction%' and pid <> pg_backend_pid()"
)


async def ended(town: Any, begun: dict[str, Any]) -> str:
    answer = await town.survivor.http.get(f"/v1/connect-sessions/{begun['session_id']}")
    state: str = answer.json()["state"]
    return state


@pytest.mark.parametrize("first", ALL)
async def test_a_crash_at_any_await_loses_no_consent_that_was_stored(
    town: Any, first: int, figure: Callable[[str], None]
) -> None:
    """Every fourth await; together all of them."""
    scene, survivor = town.scene, town.survivor
    ends: Counter[str] = Counter()
    awaits, done = first - STEP, False

    while not done:
        awaits += STEP
        mortal = await scene.replica(clock=town.clock, fortnox=Suspending(scene.fortnox))
        browser, begun = scene.browser(survivor), await scene.begin(survivor)
        departed = await browser.depart(begun["url"])
        back = await browser.decide(departed.headers["location"], tenant=town.tenant)
        query = parse_qs(urlsplit(back).query)
        callback = Callback(query["code"][0], query["state"][0])
        arriving = mortal.runtime.parts[Connect].arrive(callback, dict(browser.http.cookies))
        try:
            done = await die_at(arriving, awaits)
        except db.GONE:
            done = False
        mortal.runtime.pool.terminate()
        while await scene.pool.fetchval(STILL_HELD):  # PostgreSQL needs a moment to notice
            pass
        town.left.append(arriving)
        was, held = await scene.pool.fetchrow(
            "select status, tenant is not null from connect_sessions where id = $1", UUID(begun["session_id"])
        )
        if was == "started":  # nothing was spent: the page is loaded again
            await browser.open(back)
        await town.advance(61)
        await survivor.upkeep.round()

        assert await ended(town, begun) == ("failed" if was == "exchanging" and not held else "connected"), awaits
        if not await scene.pool.fetchval("select count(*) from connections where removed_at is null"):
            assert (await scene.said())[-1]["trouble"]["code"] == "connect.interrupted"
        else:
            assert (await survivor.lease(begun["connection_id"]))["access_token"]
            await survivor.http.delete(f"/v1/connections/{begun['connection_id']}")
            await survivor.upkeep.round()
        assert await scene.pool.fetchval("select count(*) from grants") == 0  # nothing is left over
        ends[was if held or was == "started" else "not yet stored"] += 1

    assert ends["exchanging"]
    figure(f"crashes on the way back from Fortnox: {awaits} awaits, by state at the crash: {dict(ends)}")
