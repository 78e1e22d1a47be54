"""What the product's dialogs ask for."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from connector import lookups


async def asked(replica: Any, connection: Any, what: str, expect: int = 200, /, **query: Any) -> Any:
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


async def years_of(replica: Any, connection: Any, begins: str = "", ends: str = "") -> Any:
    wished: dict[str, Any] = {"from": begins, "to": ends} if begins else {}
    return await asked(replica, connection, "financial-years", **wished)


async def test_the_year_that_the_product_works_in_is_found(replica: Any, connection: Any) -> None:
    known = await years_of(replica, connection)
    newest = known["years"][0]

    found = await years_of(replica, connection, newest["from_date"], newest["to_date"])

    begins = [year["from_date"] for year in known["years"]]
    assert begins == sorted(begins, reverse=True)
    assert (found["matching"], found["trouble"]) == (newest["id"], None)
    assert (known["matching"], known["trouble"]) == (None, None)


@pytest.mark.parametrize(
    ("begins", "ends", "code", "words"),
    [
        ("{begins}", "2099-12-31", "lookup.year-ends-otherwise", "slutar {ends} i Fortnox men 2099-12-31 i uppdraget"),
        ("1999-05-05", "1999-06-06", "lookup.year-missing", "1999-05-05–1999-06-06 finns inte i Fortnox"),
        ("1901-01-01", "2099-12-31", "lookup.year-differs", "{begins}–{ends}"),
    ],
)
async def test_what_differs_is_told_when_no_year_matches(
    replica: Any, connection: Any, begins: str, ends: str, code: str, words: str
) -> None:
    newest = (await years_of(replica, connection))["years"][0]
    days = {"begins": newest["from_date"], "ends": newest["to_date"]}

    found = await years_of(replica, connection, begins.format(**days), ends)

    assert (found["matching"], found["trouble"]["code"]) == (None, code)
    assert words.format(**days) in found["trouble"]["swedish"]
    assert found["trouble"]["next_step"]


@pytest.mark.parametrize(
    "wished",
    [{"from": "2025-01-01"}, {"to": "2025-12-31"}, {"from": "2025-12-31", "to": "2025-01-01"}],
    ids=str,
)
async def test_a_year_is_asked_for_by_both_its_days(replica: Any, connection: Any, wished: dict[str, str]) -> None:
    refused = await asked(replica, connection, "financial-years", 422, **wished)

    assert refused["code"] == "http.invalid-request"


async def test_series_that_can_be_booked_in_come_first(replica: Any, connection: Any) -> None:
    newest = (await years_of(replica, connection))["years"][0]

    found = await asked(replica, connection, "voucher-series", financial_year=newest["id"])

    manual = [one for one in found["series"] if one["manual"]]
    others = [one for one in found["series"] if not one["manual"]]
    assert found["series"] == manual + others
    assert manual
    assert others
    assert all(one["next_number"] >= 1 and one["description"] and one["trouble"] is None for one in manual)
    assert all("Aktivera Manuell kontering" in one["trouble"]["next_step"] for one in others)
    assert found["trouble"] is None


async def test_a_year_without_a_series_to_book_in_says_so(
    scene: Any, replica: Any, tenant: int, connection: Any
) -> None:
    newest = (await years_of(replica, connection))["years"][0]
    known = await asked(replica, connection, "voucher-series", financial_year=newest["id"])
    for one in known["series"]:
        await scene.simulator.edit("change_series", tenant, series=one["code"], manual=False)
    other = await scene.replica()  # which remembers nothing

    found = await asked(other, connection, "voucher-series", financial_year=newest["id"])

    assert found["trouble"]["code"] == "lookup.no-manual-series"
    assert {one["trouble"]["code"] for one in found["series"]} == {"lookup.series-not-manual"}


async def test_very_many_series_cost_no_more_than_one_window_of_the_budget(
    scene: Any, replica: Any, tenant: int, connection: Any
) -> None:
    for number in range(40):
        await scene.simulator.edit("change_series", tenant, series=f"X{number}", manual=True)
    newest = (await years_of(replica, connection))["years"][0]
    before = len(await scene.simulator.calls())

    found = await asked(replica, connection, "voucher-series", financial_year=newest["id"])

    assert len(await scene.simulator.calls()) - before <= 21
    numbered = [one for one in found["series"] if one["next_number"] is not None]
    assert len(numbered) == 20
    assert len(found["series"]) > 40


async def test_a_next_number_that_fails_does_not_cost_the_series(
    scene: Any, replica: Any, tenant: int, connection: Any
) -> None:
    newest = (await years_of(replica, connection))["years"][0]
    await scene.simulator.fault("GET /3/voucherseries/*", "status-500-before", times=5)

    found = await asked(replica, connection, "voucher-series", financial_year=newest["id"])
    again = await asked(replica, connection, "voucher-series", financial_year=newest["id"])

    assert [one["manual"] for one in found["series"]] == [one["manual"] for one in again["series"]]
    assert all(one["next_number"] for one in again["series"] if one["manual"])


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


async def test_the_same_question_asked_by_many_at_once_is_one_call(scene: Any, replica: Any, connection: Any) -> None:
    before = len(await scene.simulator.calls())

    answers = await asyncio.gather(*(asked(replica, connection, "company") for _ in range(20)))

    assert len({one["tenant"] for one in answers}) == 1
    assert len(await scene.simulator.calls()) == before + 1


async def test_what_is_remembered_ends_with_the_connection_on_every_replica(
    scene: Any, replica: Any, connection: Any
) -> None:
    other = await scene.replica()
    await asked(other, connection, "company")

    await replica.http.delete(f"/v1/connections/{connection}")

    assert (await asked(other, connection, "company", 409))["code"] == "connection.removed"


async def test_what_is_remembered_ends_with_a_new_consent(
    scene: Any, replica: Any, tenant: int, connection: Any
) -> None:
    assert await asked(replica, connection, "locked-period") == {"locked_until": None}
    await scene.simulator.lock_period(tenant, date(2011, 6, 30))
    other = await scene.replica()

    await scene.connected(other, tenant, connection_id=str(connection))

    assert await asked(replica, connection, "locked-period") == {"locked_until": "2011-06-30"}


async def test_a_failure_is_not_remembered(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    await scene.simulator.remove_licence(tenant, "bookkeeping")
    assert (await asked(replica, connection, "financial-years", 409))["code"] == "lookup.licence-missing"

    await scene.simulator.restore_licence(tenant, "bookkeeping")

    assert (await years_of(replica, connection))["years"]


async def test_what_is_missing_is_told_as_a_problem(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, datasets=["sie4"], vouchers=False)

    no_scope = await asked(replica, connection, "locked-period", 409)
    await scene.simulator.remove_licence(tenant, "bookkeeping")
    no_licence = await asked(replica, connection, "financial-years", 409)
    nowhere = await asked(replica, uuid4(), "company", 404)

    assert (no_scope["code"], no_licence["code"]) == ("lookup.scope-missing", "lookup.licence-missing")
    assert nowhere["code"] == "connection.unknown"
    assert (no_scope["data"]["scope"], no_licence["data"]["lookup"]) == ("settings", "financial-years")
    assert all(one["next_step"] for one in (no_scope, no_licence, nowhere))


async def test_what_was_never_granted_costs_no_call(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, datasets=["sie4"], vouchers=False)
    before = len(await scene.simulator.calls())

    await asked(replica, connection, "locked-period", 409)

    assert len(await scene.simulator.calls()) == before


class Silent(httpx.AsyncBaseTransport):
    """A Fortnox that never answers, until it is told to."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.answers = asyncio.Event()
        self.answers.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.answers.wait()
        return await self._inner.handle_async_request(request)


async def test_nobody_waits_for_long(scene: Any, tenant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Silent(scene.fortnox)
    replica = await scene.replica(fortnox=silent)
    connection = await scene.connected(replica, tenant)
    monkeypatch.setattr(lookups, "PATIENCE", 0.1)
    silent.answers.clear()

    answer = await replica.http.get(f"/v1/connections/{connection}/company")

    assert (answer.status_code, answer.json()["code"]) == (503, "lookup.slow")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    silent.answers.set()
    assert (await asked(replica, connection, "company"))["name"]


async def test_a_year_that_isnt_there(replica: Any, connection: Any) -> None:
    assert (await asked(replica, connection, "voucher-series", 404, financial_year=987))["code"] == "lookup.not-found"


async def test_a_dead_token_is_replaced_on_the_way(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    await scene.simulator.kill_access_tokens(tenant)

    assert (await asked(replica, connection, "company"))["tenant"] == tenant


@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
async def test_a_consent_withdrawn_meanwhile_is_told_once_and_not_tried_again(
    scene: Any, replica: Any, tenant: int, kind: str
) -> None:
    connection = await scene.connected(replica, tenant, kind=kind)
    await scene.simulator.revoke_consent(tenant, at_once=True)
    before = len(await scene.token_calls())

    answers = [await asked(replica, connection, what, 409) for what in ("company", "financial-years", "company")]

    assert {one["code"] for one in answers} == {"connection.lost"}
    assert len(await scene.said("connection.lost")) == 1
    assert len(await scene.token_calls()) == before + 1


async def test_a_missing_licence_does_not_end_the_connection(
    scene: Any, replica: Any, tenant: int, connection: Any
) -> None:
    await scene.simulator.remove_licence(tenant, "bookkeeping")
    before = len(await scene.simulator.calls())

    for _ in range(3):
        assert (await asked(replica, connection, "financial-years", 409))["code"] == "lookup.licence-missing"

    assert len(await scene.simulator.calls()) == before + 3
    assert (await asked(replica, connection, "company"))["tenant"] == tenant
    assert await scene.said("connection.lost") == []


async def limitations(replica: Any, connection: Any) -> list[str]:
    view = (await replica.http.get(f"/v1/connections/{connection}")).json()
    return [one["code"] for one in view["limitations"]]


async def test_what_fortnox_refuses_in_use_is_told_once_and_once_when_it_comes_back(
    scene: Any, replica: Any, tenant: int
) -> None:
    sharing = await scene.connected(replica, tenant, datasets=["sie4"], vouchers=False)
    connection = await scene.connected(replica, tenant)
    other, before = await scene.replica(), len(await scene.said())
    await scene.simulator.remove_licence(tenant, "settings")

    for one in (replica, other, replica):
        assert (await asked(one, connection, "locked-period", 409))["code"] == "lookup.licence-missing"

    told = {event["key"]: event for event in (await scene.said())[before:]}
    assert len(await scene.said()) == before + 2
    assert told.keys() == {str(connection), str(sharing)}
    assert {event["type"] for event in told.values()} == {"connection.renewed"}
    assert [one["code"] for one in told[str(connection)]["limitations"]] == ["connection.without-settings"]
    assert told[str(sharing)]["limitations"] == []  # it doesn't use it
    assert await limitations(other, connection) == ["connection.without-settings"]
    assert await asked(replica, connection, "company")  # says nothing of settings
    await scene.forget_access_tokens()
    await replica.lease(connection)  # nor does a new token
    assert await limitations(replica, connection) == ["connection.without-settings"]

    await scene.simulator.restore_licence(tenant, "settings")
    for one in (other, replica):
        assert await asked(one, connection, "locked-period") == {"locked_until": None}

    assert len(await scene.said()) == before + 4
    assert (await scene.said())[-1]["limitations"] == []
    assert await limitations(replica, connection) == []


async def test_a_new_consent_forgets_what_was_refused(scene: Any, replica: Any, tenant: int, connection: Any) -> None:
    await scene.simulator.remove_licence(tenant, "settings")
    await asked(replica, connection, "locked-period", 409)
    await scene.simulator.restore_licence(tenant, "settings")

    await scene.connected(replica, tenant, connection_id=str(connection))

    assert await limitations(replica, connection) == []
    assert (await scene.said())[-1]["limitations"] == []


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
