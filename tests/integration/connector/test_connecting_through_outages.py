"""A code can be exchanged once, and its consent replaces the one that others live by: no failure costs the tokens."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from connector.keeping import Keeper, Misused
from connector.tokens.mint import Mint

COMPANY = "/3/companyinformation"
TOKEN = "/oauth-v1/token"


class Died(BaseException):
    """What no code of ours may catch."""


class Between(httpx.AsyncBaseTransport):
    """Stands between a connector and Fortnox, and does something once when an answer to a path has come."""

    def __init__(self, fortnox: httpx.AsyncBaseTransport) -> None:
        self._fortnox = fortnox
        self.after: dict[str, Callable[[], Awaitable[None]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._fortnox.handle_async_request(request)
        await answer.aread()
        if then := self.after.pop(request.url.path, None):
            await then()
        return answer


@pytest.fixture
def between(scene: Any) -> Between:
    return Between(scene.fortnox)


@pytest.fixture
async def second(scene: Any, between: Between) -> Any:
    return await scene.replica(fortnox=between)


async def back_from_fortnox(scene: Any, replica: Any, tenant: int, **wishes: Any) -> tuple[Any, str]:
    """Somebody who has just approved: the browser, and where it is sent."""
    begun = await scene.begin(replica, **wishes)
    browser = scene.browser(replica)
    departed = await browser.depart(begun["url"])
    return browser, await browser.decide(departed.headers["location"], tenant=tenant)


@pytest.mark.parametrize("path", [COMPANY, TOKEN])
@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
async def test_a_pool_that_breaks_after_the_exchange_costs_nobody_a_token(
    scene: Any, replica: Any, second: Any, between: Between, tenant: int, path: str, kind: str
) -> None:
    one = await scene.connected(replica, tenant, kind=kind)
    browser, back = await back_from_fortnox(scene, second, tenant, kind=kind)

    async def breaks() -> None:
        second.runtime.pool.terminate()

    between.after[path] = breaks
    page = await browser.open(back)

    assert page.headers["content-type"].startswith("text/html")
    assert ("är anslutet" in page.text) == (path == COMPANY)
    assert ("connect.finishing" in page.text) == (path == TOKEN)
    await scene.forget_access_tokens()
    assert (await replica.lease(one))["access_token"]
    await scene.advance(61)
    await replica.upkeep.round()
    assert [event["type"] for event in await scene.said()] == [
        "connection.established",
        "connection.established",
        "connection.renewed",  # the one that shares the company
    ]


@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
@pytest.mark.parametrize("lost", [False, True], ids=["lives", "was-lost"])
async def test_a_process_that_dies_after_the_exchange_costs_nobody_a_token(
    scene: Any, replica: Any, second: Any, between: Between, tenant: int, kind: str, lost: bool
) -> None:
    one = await scene.connected(replica, tenant, kind="refresh_token")
    if lost:
        await scene.simulator.revoke_consent(tenant)
        await scene.forget_access_tokens()
        await replica.lease(one, expect=409)
    browser, back = await back_from_fortnox(scene, second, tenant, kind=kind)

    async def dies() -> None:
        raise Died

    between.after[COMPANY] = dies
    with pytest.raises(Died):
        await browser.open(back)

    await scene.forget_access_tokens()
    await scene.advance(130)
    await replica.upkeep.round()
    assert (await replica.lease(one))["access_token"]
    assert [event["type"] for event in await scene.said() if event["key"] == str(one)] == [
        "connection.established",
        *(["connection.lost"] if lost else []),
        "connection.renewed",  # another replica has finished what was begun
    ]


async def test_when_the_company_cant_be_read_the_others_live_on(scene: Any, replica: Any, tenant: int) -> None:
    one = await scene.connected(replica, tenant, kind="refresh_token")
    browser, back = await back_from_fortnox(scene, replica, tenant, kind="refresh_token")
    await scene.simulator.fault("GET /3/companyinformation", "html", times=9)

    page = await browser.open(back)

    assert "kunde inte göras" in page.text
    await scene.forget_access_tokens()
    assert (await replica.lease(one))["access_token"]


async def test_of_two_consents_at_once_the_later_ones_tokens_live(
    scene: Any, replica: Any, second: Any, between: Between, tenant: int
) -> None:
    browser, back = await back_from_fortnox(scene, second, tenant, kind="refresh_token")
    others = []

    async def another_consents() -> None:
        others.append(await scene.connected(replica, tenant, kind="refresh_token"))

    between.after[COMPANY] = another_consents
    page = await browser.open(back)

    assert "är anslutet" in page.text
    await scene.forget_access_tokens()
    assert (await replica.lease(others[0]))["access_token"]


async def test_tokens_that_were_renewed_before_all_is_told_are_not_overwritten(
    scene: Any, replica: Any, second: Any, between: Between, tenant: int
) -> None:
    one = await scene.connected(replica, tenant, kind="refresh_token")
    browser, back = await back_from_fortnox(scene, second, tenant, kind="refresh_token")

    async def is_renewed() -> None:
        await scene.forget_access_tokens()
        await replica.lease(one)

    between.after[COMPANY] = is_renewed
    page = await browser.open(back)

    assert "är anslutet" in page.text
    await scene.forget_access_tokens()
    assert (await replica.lease(one))["access_token"]


@pytest.mark.parametrize("address", ["/connect/callback?code=abc&state=def", "/connect/some-ticket"])
async def test_while_the_database_is_away_a_person_sees_a_page(scene: Any, replica: Any, address: str) -> None:
    replica.runtime.pool.terminate()

    page = await scene.browser(replica).open(address)

    assert page.status_code == 503
    assert "Felkod: connect.unavailable" in page.text
    assert "ladda om sidan" in page.text


async def test_a_commit_whose_answer_was_lost_is_done_once(
    scene: Any, second: Any, between: Between, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, back = await back_from_fortnox(scene, second, tenant)
    commit = Keeper.commit

    async def twice(self: Keeper, write: Any) -> Any:
        await commit(self, write)
        return await commit(self, write)

    monkeypatch.setattr(Keeper, "commit", twice)
    page = await browser.open(back)

    assert "är anslutet" in page.text
    assert [event["type"] for event in await scene.said()] == ["connection.established"]


async def test_a_fault_of_our_own_is_raised_and_not_tried_for_ever(replica: Any) -> None:
    keeper: Keeper = replica.runtime.parts[Mint].keeper

    with pytest.raises(Misused):
        await keeper.commit(lambda connection: connection.execute("select $1::int", 1, 2))
    with pytest.raises(asyncpg.DataError):
        await keeper.commit(lambda connection: connection.execute("select $1::int", "no number"))
