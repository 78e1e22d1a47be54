"""What the connector deletes after its time."""

from typing import Any

from common.database import Pool

DAY = 86_400


async def count(pool: Pool, table: str) -> int:
    rows: int = await pool.fetchval(f"select count(*) from {table}")
    return rows


async def test_turns_that_nobody_came_back_for_go_and_so_do_budgets_of_companies_that_are_gone(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.pool.execute("insert into budgets (client_id, tenant) values ('our-app', 1)")
    await scene.pool.execute(
        "insert into waiters select gen_random_uuid(), id, 1, clock(), clock() from budgets, generate_series(1, 700)"
        " where tenant <> 1"
    )

    await replica.upkeep.prune()
    assert (await count(scene.pool, "waiters"), await count(scene.pool, "budgets")) == (700, 1)
    await scene.advance(2 * DAY)
    await replica.upkeep.prune()

    assert (await count(scene.pool, "waiters"), await count(scene.pool, "budgets")) == (0, 1)
    assert (await replica.lease(connection))["slots"]


async def test_sessions_and_removed_connections_go_after_their_time(scene: Any, replica: Any, tenant: int) -> None:
    kept, removed = await scene.connected(replica, tenant), await scene.connected(replica, tenant)
    await replica.http.delete(f"/v1/connections/{removed}")

    await scene.advance(31 * DAY)
    await replica.upkeep.prune()
    assert (await count(scene.pool, "connect_sessions"), await count(scene.pool, "connections")) == (0, 2)
    await scene.advance(366 * DAY)
    await replica.upkeep.prune()

    assert await scene.pool.fetchval("select array_agg(id) from connections") == [kept]
