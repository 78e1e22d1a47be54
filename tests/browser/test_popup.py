"""The popup in a real browser, from a product's page on another origin, through Fortnox and back."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

CONNECTED = "Företaget är anslutet till Fortnox"
FAILED = "Anslutningen kunde inte göras"


async def ends_on(page: Page, title: str, code: str = "") -> None:
    """One of our last pages, which reads well and is well made whatever it says."""
    await expect(page).to_have_title(title)
    await expect(page.get_by_role("heading", name=title)).to_be_focused()
    await expect(page.locator("html")).to_have_attribute("lang", "sv")
    if code:
        await expect(page.get_by_text(f"Felkod: {code}")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def tells_the_product(page: Page, state: str) -> None:
    await expect(page.get_by_role("status")).to_have_text(state)


async def test_a_company_is_connected_and_the_product_told(stage: Any) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product()

    popup = await stage.opens_the_popup(product)
    await stage.decides(popup, tenant)  # our own page has gone on by itself

    await ends_on(popup, CONNECTED)
    await tells_the_product(product, "connected told")
    [cookie] = await product.context.cookies(stage.servers.connector + "/connect/callback")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert await popup.evaluate("document.cookie") == ""
    [message] = await product.evaluate("received")
    assert message["origin"] == stage.servers.connector
    assert message["data"]["state"] == "connected"
    await expect(popup.get_by_role("button", name="Stäng fönstret")).to_be_visible()
    async with popup.expect_event("close"):  # which may come before a click of Playwright's has ended
        await popup.evaluate("setTimeout(() => document.getElementById('close').click())")


async def test_who_declined_may_try_again_in_the_popup(stage: Any) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product()
    popup = await stage.opens_the_popup(product)

    await stage.decides(popup, tenant, "Avböj")
    await ends_on(popup, FAILED, "connect.declined")
    await tells_the_product(product, "failed connect.declined told")
    await popup.get_by_role("button", name="Försök igen").click()
    await stage.decides(popup, tenant)

    await ends_on(popup, CONNECTED)
    await tells_the_product(product, "connected told")


async def test_the_wrong_client_of_digital_byra_is_refused_and_the_right_one_taken(stage: Any) -> None:
    right = await stage.company(organisation_number="556016-0680")
    wrong = await stage.company(organisation_number="556677-8899")
    product = await stage.at_the_product(expected_organisation_number="556016-0680")
    popup = await stage.opens_the_popup(product)

    await stage.decides(popup, wrong)
    await ends_on(popup, FAILED, "connect.wrong-organisation-number")
    await tells_the_product(product, "failed connect.wrong-organisation-number told")
    await popup.get_by_role("button", name="Försök igen").click()
    await stage.decides(popup, right)

    await ends_on(popup, CONNECTED)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("missing-licence", "connect.missing-licence"), ("bare", "connect.account-locked")],
)
async def test_what_the_company_must_mend_is_said(stage: Any, outcome: str, code: str) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product()
    popup = await stage.opens_the_popup(product)

    await stage.decides(popup, tenant, outcome=outcome)

    await ends_on(popup, FAILED, code)
    await tells_the_product(product, f"failed {code} told")


async def test_an_answer_is_good_once_and_in_one_browser(stage: Any) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product()
    popup = await stage.opens_the_popup(product)
    await stage.decides(popup, tenant)
    await ends_on(popup, CONNECTED)
    answer = popup.url

    await popup.reload()
    await ends_on(popup, CONNECTED)
    foreign = await (await stage.person()).new_page()
    await foreign.goto(answer)
    await ends_on(foreign, "Svaret är redan mottaget", "connect.state-reused")
    await foreign.goto(re.sub("state=[^&]+", "state=made-up", answer))

    await ends_on(foreign, FAILED, "connect.unknown-state")
    assert len(await product.evaluate("received")) == 2  # the popup, and the popup loaded again


async def test_a_popup_that_is_blocked_loses_nothing(stage: Any) -> None:
    """The person opens the address in a tab that has no opener, and the product's server asks how far it has come."""
    tenant = await stage.company()
    product = await stage.at_the_product()
    await product.evaluate("window.open = () => null")

    await product.get_by_role("button", name="Anslut till Fortnox").click()
    async with product.context.expect_page() as opening:
        await product.get_by_role("link", name="Öppna anslutningen").click()
    tab = await opening.value
    await tells_the_product(product, "started asked")
    await stage.decides(tab, tenant)

    await ends_on(tab, CONNECTED)
    await expect(tab.get_by_role("button", name="Stäng fönstret")).to_be_hidden()
    await tells_the_product(product, "connected asked")
    assert await product.evaluate("received") == []


async def test_an_administrator_elsewhere_gets_the_link(stage: Any) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product(asked_by="Eva Ek, Byrån AB", company_name="Exempelbolaget AB")
    popup = await stage.opens_the_popup(product)
    await stage.decides(popup, tenant, outcome="missing-admin")
    await ends_on(popup, FAILED, "connect.not-administrator")

    await popup.get_by_role("button", name="Skapa en länk att skicka vidare").click()
    link = await popup.get_by_label("Länk att skicka").input_value()
    await popup.reload()
    assert await popup.get_by_label("Länk att skicka").input_value() == link
    await popup.get_by_role("button", name="Kopiera länken").click()
    await expect(popup.get_by_role("status")).to_have_text(re.compile("^Länken är (kopierad|markerad)"))

    administrator = await (await stage.person()).new_page()
    await administrator.goto(link)
    await expect(administrator.get_by_text("Eva Ek, Byrån AB")).to_be_visible()
    await expect(administrator.get_by_text("Exempelbolaget AB")).to_be_visible()
    await administrator.get_by_role("button", name="Fortsätt till Fortnox").click()
    await stage.decides(administrator, tenant)
    await ends_on(administrator, CONNECTED)

    await product.evaluate("poll()")
    await tells_the_product(product, "connected asked")
    other = await (await stage.person()).new_page()
    await other.goto(link)
    await ends_on(other, FAILED, "connect.link-used")


async def test_a_forwarded_link_waits_for_the_person_and_works_without_script(stage: Any) -> None:
    tenant = await stage.company()
    session = await stage.session(forwardable=True, asked_by="Eva Ek, Byrån AB")
    page = await (await stage.person(java_script_enabled=False)).new_page()

    await page.goto(session["url"], referer=f"{stage.servers.product}/")
    assert (await stage.state(session))["state"] == "open"
    await page.get_by_role("button", name="Fortsätt till Fortnox").click()
    await stage.decides(page, tenant)

    await expect(page).to_have_title(CONNECTED)
    assert (await stage.state(session))["state"] == "connected"


async def test_blocked_cookies_are_told_before_the_way_to_fortnox(stage: Any) -> None:
    session = await stage.session(forwardable=True, asked_by="Eva Ek")
    person = await stage.person()
    page = await person.new_page()
    await page.goto(session["url"])

    await person.clear_cookies()
    await page.get_by_role("button", name="Fortsätt till Fortnox").click()

    await ends_on(page, FAILED, "connect.cookies-blocked")
    await page.goto(session["url"])
    await page.get_by_role("button", name="Fortsätt till Fortnox").click()
    await expect(page.get_by_role("button", name="Godkänn")).to_be_visible()


async def test_back_and_reload_leave_the_decision_to_the_person(stage: Any) -> None:
    tenant = await stage.company()
    product = await stage.at_the_product()
    popup = await stage.opens_the_popup(product)
    await expect(popup.get_by_role("button", name="Godkänn")).to_be_visible()
    session = await product.evaluate("session")

    await popup.goto(session["url"])  # as by the browser's history: not from the product's page
    await popup.reload()
    await expect(popup.get_by_role("button", name="Fortsätt till Fortnox")).to_be_visible()
    await popup.get_by_role("button", name="Fortsätt till Fortnox").click()
    await expect(popup.get_by_role("button", name="Godkänn")).to_be_visible()
    await popup.go_back()
    await expect(popup.get_by_role("button", name="Fortsätt till Fortnox")).to_be_visible()
    await popup.go_forward()
    await stage.decides(popup, tenant)

    await ends_on(popup, CONNECTED)


async def test_another_site_neither_hears_nor_presses(stage: Any) -> None:
    """Its page opened the popup, and posts to our address, but it isn't the page that the session was asked for."""
    session = await stage.session()
    person = await stage.person()
    evil = await person.new_page()
    await evil.goto(stage.servers.simulator.base_url + "/oauth-v1/auth")  # any other site
    await evil.set_content("<title>x</title>")

    async with evil.expect_popup() as opening:
        await evil.evaluate("url => { window.open(url); }", session["url"])
    popup = await opening.value
    await expect(popup.get_by_role("button", name="Fortsätt till Fortnox")).to_be_visible()
    await evil.evaluate(
        "url => { const form = document.createElement('form'); form.method = 'post'; form.action = url;"
        " document.body.append(form); form.submit(); }",
        session["url"],
    )

    await ends_on(evil, FAILED, "connect.cookies-blocked")
    assert (await stage.state(session))["state"] == "failed"
    await popup.get_by_role("button", name="Fortsätt till Fortnox").click()
    await expect(popup.get_by_role("button", name="Godkänn")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read(stage: Any, scheme: str) -> None:
    """WCAG AA asks for 4.5 to 1; measured on what is drawn, in both schemes."""
    session = await stage.session(forwardable=True, asked_by="Eva Ek, Byrån AB", company_name="Exempelbolaget AB")
    page = await (await stage.person(color_scheme=scheme)).new_page()
    ratios = []
    for address in (session["url"], f"{session['url']}/link", f"{stage.servers.connector}/connect/made-up"):
        await page.goto(address)
        ratios += await page.evaluate(CONTRASTS)

    assert len(ratios) > 20
    assert min(ratio for _, ratio in ratios) >= 4.5, ratios


CONTRASTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const found = channels(getComputedStyle(element).backgroundColor);
    return found.length === 4 && found[3] === 0 ? behind(element.parentElement) : found;
  };
  return [...document.querySelectorAll("h1, p, dt, dd, label, textarea, button:not([hidden]), a")].map((element) => {
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    return [element.textContent.slice(0, 20), (a + 0.05) / (b + 0.05)];
  });
}"""
