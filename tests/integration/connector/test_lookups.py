"""What the product's dialogs ask for."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest


async def asked(replica: Any, connection: Any, what: str, expect: int = 200, **query: Any) -> Any:
    answer = await replica.http.get(f"/v1/connections/{connection}/{what}", params=query)
    assert answer.status_code == expect, answer.text
    return answer.json()


@pytest.fixture
async def connection(scene: Any, replica: Any, tenant: int) -> Any:
    return await scene.connected(replica, tenant)


async def test_who_the_company_is(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    [company] = await scene.simulator.companies()

    answer = await asked(replica, connection, "company")

    assert answer == {
        "tenant": tenant,
        "name": company["name"],
        "organisation_number": company["organisation_number"],
    }


async def test_the_year_that_the_product_works_in_is_marked(replica: Any, connection: Any) -> None:
    years = await asked(replica, connection, "financial-years")
    newest = years[0]

    marked = await asked(
        replica, connection, "financial-years", **{"from": newest["from_date"], "to": newest["to_date"]}
    )

    assert [year["from_date"] for year in years] == sorted((year["from_date"] for year in years), reverse=True)
    assert [year["id"] for year in marked if year["matches"]] == [newest["id"]]
    assert not any(year["matches"] for year in years)


async def test_series_that_can_be_booked_in_come_first(replica: Any, connection: Any) -> None:
    [newest, *_] = await asked(replica, connection, "financial-years")

    series = await asked(replica, connection, "voucher-series", financial_year=newest["id"])

    manual = [one for one in series if one["manual"]]
    others = [one for one in series if not one["manual"]]
    assert series == manual + others
    assert manual
    assert others
    assert all(one["next_number"] >= 1 and one["why_not"] is None for one in manual)
    assert all("Aktivera Manuell kontering" in one["next_step"] for one in others)


async def test_up_to_when_the_books_are_locked(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    assert await asked(replica, connection, "locked-period") == {"locked_until": None}
    await scene.simulator.lock_period(tenant, date(2011, 6, 30))
    other = await scene.replica()  # which remembers nothing

    assert await asked(other, connection, "locked-period") == {"locked_until": "2011-06-30"}


async def test_an_answer_is_remembered_for_a_moment_and_counted_in_the_budget(
    scene: Any, replica: Any, connection: Any
) -> None:
    before = len(await scene.simulator.calls())

    for _ in range(5):
        await asked(replica, connection, "company")

    assert len(await scene.simulator.calls()) == before + 1
    assert await scene.pool.fetchval("select count(*) from slots where free_at > clock()") == 2


async def test_what_is_missing_is_told_as_a_problem(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, datasets=["sie4"], vouchers=False)

    no_scope = await asked(replica, connection, "locked-period", 409)
    await scene.simulator.remove_licence(tenant, "bookkeeping")
    no_licence = await asked(replica, connection, "financial-years", 409)
    nowhere = await asked(replica, uuid4(), "company", 404)

    assert (no_scope["code"], no_licence["code"]) == ("lookup.scope-missing", "connection.missing-licence")
    assert nowhere["code"] == "connection.unknown"
    assert all(one["next_step"] for one in (no_scope, no_licence, nowhere))


async def test_a_year_that_isnt_there(replica: Any, connection: Any) -> None:
    assert (await asked(replica, connection, "voucher-series", 404, financial_year=987))["code"] == "lookup.not-found"


async def test_a_dead_token_is_replaced_on_the_way(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    await scene.simulator.kill_access_tokens(tenant)

    assert (await asked(replica, connection, "company"))["tenant"] == tenant


async def test_a_key_opens_only_what_its_service_needs(scene: Any) -> None:
    replica = await scene.replica(callers={})

    for path in ("/v1/leases", "/v1/connect-sessions"):
        assert (await replica.http.post(path, json={})).status_code == 401
    assert (await replica.http.get(f"/v1/connections/{uuid4()}/company")).status_code == 401


async def test_the_full_state_of_a_connection(replica: Any, tenant: int, connection: Any) -> None:
    state = (await replica.http.get(f"/v1/connections/{connection}")).json()

    assert (state["connection_id"], state["tenant"], state["status"]) == (str(connection), tenant, "active")
    assert (await replica.http.get(f"/v1/connections/{uuid4()}")).json()["code"] == "connection.unknown"


async def test_the_interface_describes_itself(replica: Any) -> None:
    described = replica.transport.app.openapi()

    assert "/v1/leases" in described["paths"]
    assert "/connect/callback" not in described["paths"]
