"""Every way in which connecting goes wrong (Fortnox fact 1.7): its own code, page with next step, and event."""

import html
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import structlog

from common.problems import CATALOGUE
from connector import problems
from connector.consenting import Consenting

ORIGIN = "https://bokslut.example"
DAY = 24 * 3600
TOKEN = "POST /oauth-v1/token"
NO_RIGHT = {"ErrorInformation": {"Error": 1, "Message": "Behörighet saknas.", "Code": 2001393}}
ANOTHER = {"CompanyInformation": {"CompanyName": "Ett annat AB", "DatabaseNumber": 1}}  # than the token is for


@dataclass
class Attempt:
    """Somebody's way through the popup, to be spoilt."""

    scene: Any
    replica: Any
    tenant: int
    begun: dict[str, Any]
    browser: Any

    async def back(self, decision: str = "approve", tenant: int | None = None) -> str:
        """Where Fortnox sends the browser after the person has decided."""
        departed = await self.browser.depart(self.begun["url"])
        return str(await self.browser.decide(departed.headers["location"], decision, tenant or self.tenant))

    async def arrive(self, decision: str = "approve", tenant: int | None = None) -> httpx.Response:
        page: httpx.Response = await self.browser.open(await self.back(decision, tenant))
        return page


Way = Callable[[Attempt], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Case:
    """One way to fail, and what comes of it."""

    name: str
    code: str
    way: Way
    wishes: dict[str, Any] = field(default_factory=dict)
    event: bool = True
    """Some have no session that an event could be about, or leave the session as it is."""

    def __str__(self) -> str:
        return self.name


def decided(decision: str) -> Way:
    return lambda attempt: attempt.arrive(decision)


def fault(match: str, kind: str, **more: Any) -> Way:
    async def way(attempt: Attempt) -> httpx.Response:
        back = await attempt.back()
        await attempt.scene.simulator.fault(match, kind, **{"times": 9} | more)
        page: httpx.Response = await attempt.browser.open(back)
        return page

    return way


def licence_goes(scope: str | None) -> Way:
    """Between the person's approval and the exchange of the code."""

    async def way(attempt: Attempt) -> httpx.Response:
        back = await attempt.back()
        await attempt.scene.simulator.set_switch("licences_checked_for_tokens", True)
        await attempt.scene.simulator.remove_licence(attempt.tenant, scope)
        page: httpx.Response = await attempt.browser.open(back)
        return page

    return way


class Answering(httpx.AsyncBaseTransport):
    """A Fortnox that answers this when it is asked who the company is."""

    def __init__(self, fortnox: httpx.AsyncBaseTransport, status: int, content: dict[str, Any]) -> None:
        self._fortnox, self._status, self._content = fortnox, status, content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/3/companyinformation":
            return await self._fortnox.handle_async_request(request)
        return httpx.Response(self._status, json=self._content, request=request)


def company_told_as(status: int, content: dict[str, Any]) -> Way:
    async def way(attempt: Attempt) -> httpx.Response:
        replica = await attempt.scene.replica(fortnox=Answering(attempt.scene.fortnox, status, content))
        attempt.begun, attempt.browser = await attempt.scene.begin(replica), attempt.scene.browser(replica)
        return await attempt.arrive()

    return way


async def answered_with_an_unknown_word(attempt: Attempt) -> httpx.Response:
    back = await attempt.back("deny")
    page: httpx.Response = await attempt.browser.open(back.replace("access_denied", "error_never_heard_of"))
    return page


async def code_exchanged_twice(attempt: Attempt) -> httpx.Response:
    back = await attempt.back()
    form = {"grant_type": "authorization_code", "code": httpx.URL(back).params["code"]}
    form["redirect_uri"] = "https://connector.example/connect/callback"
    async with httpx.AsyncClient(transport=attempt.scene.fortnox, base_url="http://fortnox.example") as somebody:
        await somebody.post("/oauth-v1/token", data=form, auth=("our-app", "sandbox-secret-of-the-app"))
    page: httpx.Response = await attempt.browser.open(back)
    return page


async def the_wrong_client_in_digital_byra(attempt: Attempt) -> httpx.Response:
    other = await attempt.scene.company(organisation_number="556677-8899")
    return await attempt.arrive(tenant=other)


async def another_company_with_the_same_number(attempt: Attempt) -> httpx.Response:
    before = await attempt.scene.connected(attempt.replica, attempt.tenant)
    await attempt.scene.pool.execute("truncate outbox")
    double = await attempt.scene.company()
    attempt.begun = await attempt.scene.begin(attempt.replica, connection_id=str(before))
    return await attempt.arrive(tenant=double)


async def removed_meanwhile(attempt: Attempt) -> httpx.Response:
    before = await attempt.scene.connected(attempt.replica, attempt.tenant)
    attempt.begun = await attempt.scene.begin(attempt.replica, connection_id=str(before))
    back = await attempt.back()
    await attempt.replica.http.delete(f"/v1/connections/{before}")
    await attempt.scene.pool.execute("truncate outbox")
    page: httpx.Response = await attempt.browser.open(back)
    return page


async def our_secret_is_wrong(attempt: Attempt) -> httpx.Response:
    misconfigured = await attempt.scene.replica(fortnox_client_secret="wrong")
    attempt.begun, attempt.browser = await attempt.scene.begin(misconfigured), attempt.scene.browser(misconfigured)
    return await attempt.arrive()


async def cookies_are_blocked(attempt: Attempt) -> httpx.Response:
    page = await attempt.browser.open(attempt.begun["url"])
    assert page.status_code == 200
    attempt.browser.http.cookies.clear()
    pressed: httpx.Response = await attempt.browser.http.post(attempt.begun["url"])
    return pressed


async def another_browser_comes_back(attempt: Attempt) -> httpx.Response:
    page: httpx.Response = await attempt.scene.browser(attempt.replica).open(await attempt.back())
    return page


async def too_late(attempt: Attempt) -> httpx.Response:
    back = await attempt.back()
    await attempt.scene.advance(DAY)
    page: httpx.Response = await attempt.browser.open(back)
    return page


async def a_link_too_old(attempt: Attempt) -> httpx.Response:
    await attempt.scene.advance(DAY)
    page: httpx.Response = await attempt.browser.open(attempt.begun["url"])
    return page


async def a_state_used_twice(attempt: Attempt) -> httpx.Response:
    back = await attempt.back("deny")
    await attempt.browser.open(back)
    await attempt.scene.pool.execute("truncate outbox")
    page: httpx.Response = await attempt.scene.browser(attempt.replica).open(back)
    return page


async def a_state_that_is_nobodys(attempt: Attempt) -> httpx.Response:
    back = httpx.URL(await attempt.back())
    page: httpx.Response = await attempt.scene.browser(attempt.replica).open(
        str(back.copy_set_param("state", "made-up"))
    )
    return page


async def a_link_used_by_another(attempt: Attempt) -> httpx.Response:
    await attempt.browser.depart(attempt.begun["url"])
    page: httpx.Response = await attempt.scene.browser(attempt.replica).open(attempt.begun["url"])
    return page


async def a_link_that_is_none(attempt: Attempt) -> httpx.Response:
    page: httpx.Response = await attempt.browser.open("https://connector.example/connect/made-up")
    return page


async def the_database_goes(attempt: Attempt) -> httpx.Response:
    back = await attempt.back()
    attempt.replica.runtime.pool.terminate()
    page: httpx.Response = await attempt.browser.open(back)
    return page


ELSEWHERE = {"expected_organisation_number": "556016-0680"}
CASES = [
    Case("declined", "connect.declined", decided("deny")),
    Case("missing licence", "connect.missing-licence", decided("missing-licence")),
    Case("missing licence, told by the token endpoint", "connect.missing-licence", licence_goes("payment")),
    Case("missing app licence", "connect.missing-app-licence", decided("missing-app-licence")),
    Case("missing app licence, told by the token endpoint", "connect.missing-app-licence", licence_goes(None)),
    Case("not administrator", "connect.not-administrator", decided("missing-admin")),
    Case("no right to the company", "connect.missing-right", company_told_as(403, NO_RIGHT)),
    Case("consent without the company", "connect.company-not-granted", decided("without-companyinformation")),
    Case("invalid scope", "connect.invalid-scope", decided("invalid-scope")),
    Case("locked account, bare redirect", "connect.account-locked", decided("bare")),
    Case("a word that nobody knows", "connect.refused", answered_with_an_unknown_word),
    Case("wrong client chosen", "connect.wrong-organisation-number", the_wrong_client_in_digital_byra, ELSEWHERE),
    Case("another company, same number", "connect.wrong-company", another_company_with_the_same_number),
    Case("removed meanwhile", "connection.removed", removed_meanwhile),
    Case("code exchanged twice", "connect.code-refused", code_exchanged_twice),
    Case("Fortnox down", "connection.fortnox-away", fault(TOKEN, "status-500-before")),
    Case("Fortnox down, with a page", "connection.fortnox-away", fault(TOKEN, "html")),
    Case("Fortnox down, answer lost", "connection.fortnox-away", fault(TOKEN, "reset-after")),
    Case("Fortnox down, half an answer", "connection.fortnox-away", fault(TOKEN, "truncate-json")),
    Case("company and token contradict each other", "connect.unreadable-answer", company_told_as(200, ANOTHER)),
    Case("our own wrong secret", "connection.misconfigured", our_secret_is_wrong),
    Case("cookies blocked", "connect.cookies-blocked", cookies_are_blocked),
    Case("another browser", "connect.other-browser", another_browser_comes_back),
    Case("expired on the way", "connect.session-expired", too_late),
    Case("expired before", "connect.session-expired", a_link_too_old, event=False),  # upkeep tells it
    Case("state used twice", "connect.state-reused", a_state_used_twice, event=False),
    Case("foreign state", "connect.unknown-state", a_state_that_is_nobodys, event=False),
    Case("link used by another", "connect.link-used", a_link_used_by_another, event=False),
    Case("no such link", "connect.unknown-link", a_link_that_is_none, event=False),
    Case("database away", "connect.unavailable", the_database_goes, event=False),
]
TESTED_ELSEWHERE = {
    "connect.finishing",  # test_connecting_through_outages.py
    "connect.interrupted",
    "connect.origin-not-allowed",  # of the product's server, as are the next two
    "connect.unknown-session",
    "connect.reused-idempotency-key",
}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_it_has_its_own_code_page_and_event(scene: Any, replica: Any, tenant: int, case: Case) -> None:
    attempt = Attempt(scene, replica, tenant, await scene.begin(replica, **case.wishes), browser=scene.browser(replica))

    page = await case.way(attempt)

    about = CATALOGUE[case.code]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="sv">' in page.text
    assert f"Felkod: {case.code}" in page.text
    assert html.escape(about.swedish.split("{", maxsplit=1)[0]) in page.text
    assert html.escape(about.next_step) in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    if not case.event:
        if case.code != "connect.unavailable":
            assert await scene.said("connect.failed") == []
        return
    state = (await replica.http.get(f"/v1/connect-sessions/{attempt.begun['session_id']}")).json()
    assert (state["state"], state["trouble"]["code"]) == ("failed", case.code)
    _tells_the_opener_and_what_to_press(page.text, case.code)
    [event] = await scene.said()
    assert (event["type"], event["trouble"]["code"]) == ("connect.failed", case.code)
    assert (event["session_id"], event["connection_id"], event["reference"]) == (
        attempt.begun["session_id"],
        attempt.begun["connection_id"],
        "uppdrag 1",
    )


def _tells_the_opener_and_what_to_press(page: str, code: str) -> None:
    if code != "connect.cookies-blocked":  # the answer to a POST that another site may have sent
        found = re.search(r'data-message="([^"]*)" data-origin="([^"]*)"', page)
        assert found
        message = json.loads(html.unescape(found[1]))
        assert (message["state"], message["code"], found[2]) == ("failed", code, ORIGIN)
    mine = code not in {"connect.other-browser", "connect.session-expired", "connect.cookies-blocked"}
    assert ("Försök igen</button>" in page) == (mine and code not in problems.HOPELESS)
    assert ("att skicka vidare</button>" in page) == (code in problems.FOR_SOMEBODY_ELSE)


def test_no_way_to_fail_is_left_out() -> None:
    told = {code for code in CATALOGUE if code.startswith("connect.")}

    assert told == {case.code for case in CASES if case.code.startswith("connect.")} | TESTED_ELSEWHERE


async def test_a_fault_of_ours_is_a_page_with_a_reference_and_ends_the_session(
    scene: Any, replica: Any, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)

    async def breaks(*_: Any) -> None:
        raise LookupError

    monkeypatch.setattr(Consenting, "settle", breaks)
    with structlog.testing.capture_logs() as lines:
        page = await browser.open(back)

    assert page.status_code == 500
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    reference = page.headers["x-request-id"]
    assert f"Felkod: internal.error. Referens: {reference}" in page.text
    assert [line["request"] for line in lines if line["event"] == "connect.crashed"] == [reference]
    [event] = await scene.said()
    assert (event["type"], event["trouble"]["code"]) == ("connect.failed", "internal.error")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "callback"), ("POST", "callback"), ("GET", "a/b/c"), ("DELETE", "abc"), ("GET", "%00"), ("GET", "x/link")],
)
async def test_nothing_that_a_browser_may_ask_for_is_answered_in_json(
    scene: Any, replica: Any, method: str, path: str
) -> None:
    page = await scene.browser(replica).http.request(method, f"/connect/{path}")

    assert page.status_code == 404
    assert "Felkod: connect.unknown-link" in page.text
