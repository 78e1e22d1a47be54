"""Facts 3, 7, 8, 14: envelopes, casings, pages, filters, headers, rights, the rate limit."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from sandbox.fortnox.control import Simulator

TENANT = 4711


async def test_slashes_are_escaped_and_letters_outside_ascii_are_written_as_codes(fortnox: Any) -> None:
    raw = (await fortnox.get("invoices", limit=1)).content
    name = (await fortnox.get("companyinformation")).content

    assert b"http:\\/\\/fortnox\\/3\\/invoices\\/" in raw
    assert b"Sm\\u00f6rg\\u00e5sen & S\\u00f6ner AB" in name


async def test_answers_carry_a_request_id_and_no_rate_limit_headers(fortnox: Any) -> None:
    headers = (await fortnox.get("companyinformation")).headers

    assert headers["server"] == "Fortnox"
    assert {"x-uid", "x-rack-responsetime", "x-build"} <= set(headers)
    assert not [name for name in headers if "ratelimit" in name]


async def test_404_speaks_in_pascal_case_and_400_in_lower_case(fortnox: Any) -> None:
    missing = await fortnox.get("invoices/999999")
    wrong = await fortnox.get("invoices", filter="nonsense")

    assert missing.status_code == 404
    assert missing.json() == {"ErrorInformation": {"Error": 1, "Message": "Kan inte hitta fakturan.", "Code": 2000434}}
    assert wrong.status_code == 400
    assert wrong.json() == {
        "ErrorInformation": {"error": 1, "message": "Ett ogiltigt filter har använts.", "code": 2000587}
    }


@pytest.mark.parametrize(("casing", "key"), [("pascal", "Code"), ("lower", "code")])
async def test_the_casing_can_be_switched(sim: Simulator, fortnox: Any, casing: str, key: str) -> None:
    await sim.set_switch("error_casing", casing)

    assert key in (await fortnox.get("invoices/999999")).json()["ErrorInformation"]
    assert key in (await fortnox.get("invoices", filter="nonsense")).json()["ErrorInformation"]


async def test_an_unknown_route_is_told(fortnox: Any) -> None:
    answer = await fortnox.get("nonsense")

    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (404, 2000762)


async def test_pages_tell_totals_and_default_to_100(fortnox: Any) -> None:
    whole = await fortnox.json("invoices", limit=500)
    total = len(whole["Invoices"])

    first = await fortnox.json("invoices", limit=4)
    third = await fortnox.json("invoices", limit=4, page=3)

    assert whole["MetaInformation"] == {"@TotalResources": total, "@TotalPages": 1, "@CurrentPage": 1}
    assert first["MetaInformation"]["@TotalPages"] == -(-total // 4)
    assert third["MetaInformation"]["@CurrentPage"] == 3
    assert third["Invoices"] == whole["Invoices"][8:12]


async def test_beyond_the_end_the_true_total_is_not_told(fortnox: Any) -> None:
    for query in ({"page": 99}, {"offset": 9999}, {"customername": "finns inte"}):
        answer = await fortnox.json("invoices", **query)

        assert answer == {
            "MetaInformation": {"@TotalResources": 0, "@TotalPages": 0, "@CurrentPage": 1},
            "Invoices": [],
        }


async def test_with_an_offset_the_page_stays_1_and_the_pages_are_those_of_the_whole(fortnox: Any) -> None:
    whole = await fortnox.json("invoices", limit=500)
    total = len(whole["Invoices"])

    answer = await fortnox.json("invoices", limit=5, offset=3)

    assert answer["Invoices"] == whole["Invoices"][3:8]
    assert answer["MetaInformation"] == {
        "@TotalResources": total,
        "@TotalPages": -(-total // 5),
        "@CurrentPage": 1,
    }


async def test_a_limit_above_500_brings_500_at_most(fortnox: Any, sim: Simulator, books: bytes, connect: Any) -> None:
    many = await sim.add_company(books, tenant=5000, invoices={"customer": 900})
    fortnox.headers["Authorization"] = f"Bearer {(await connect(tenant=many))['access_token']}"

    assert len((await fortnox.json("invoices", limit=1000))["Invoices"]) == 500


async def test_a_trailing_slash_is_accepted_without_redirect(fortnox: Any) -> None:
    assert (await fortnox.get("financialyears/")).status_code == 200


async def test_searches_are_by_substring_and_blind_to_case(fortnox: Any) -> None:
    everybody = (await fortnox.json("customers", limit=500))["Customers"]
    part = everybody[0]["Name"][1:5].upper()

    found = (await fortnox.json("customers", name=part))["Customers"]

    assert found
    assert found == [one for one in everybody if part.lower() in one["Name"].lower()]


async def test_two_filters_are_combined_unless_switched(sim: Simulator, fortnox: Any) -> None:
    one = (await fortnox.json("customers"))["Customers"][0]

    assert len((await fortnox.json("customers", name=one["Name"], city="finns inte"))["Customers"]) == 0
    await sim.set_switch("filters_combined", False)
    assert len((await fortnox.json("customers", name=one["Name"], city="finns inte"))["Customers"]) == 1


async def test_angle_brackets_are_refused_even_percent_encoded(fortnox: Any) -> None:
    assert (await fortnox.get("customers", name="<b>")).status_code == 400


async def test_a_limit_that_is_no_number_is_refused(fortnox: Any) -> None:
    answer = await fortnox.get("customers", limit="many")

    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 2000108)


async def test_lastmodified_is_swedish_local_time(sim: Simulator, fortnox: Any) -> None:
    """The clock stands at 10:00 UTC, which is 12:00 in Sweden."""
    made = await sim.create_invoice(TENANT, "customer", 100)

    async def since(moment: str) -> list[str]:
        found = (await fortnox.json("invoices", lastmodified=moment))["Invoices"]
        return [invoice["DocumentNumber"] for invoice in found]

    assert str(made["number"]) in await since("2025-09-01 12:00")
    assert str(made["number"]) in await since("2025-09-01 11:59:59")
    assert await since("2025-09-01 12:30") == []


async def test_a_missing_scope_is_403_and_names_the_scope_problem(
    http: httpx.AsyncClient, connect: Any, fortnox: Any
) -> None:
    fortnox.headers["Authorization"] = f"Bearer {(await connect('bookkeeping'))['access_token']}"

    answer = await fortnox.get("invoices")

    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (403, 2000663)


async def test_a_licence_lost_while_running_is_403_per_resource(sim: Simulator, fortnox: Any) -> None:
    await sim.remove_licence(TENANT, "invoice")
    await sim.remove_licence(TENANT, "supplier")

    assert (await fortnox.get("invoices")).json()["ErrorInformation"]["Code"] == 2001101
    suppliers = (await fortnox.get("suppliers")).json()["ErrorInformation"]
    assert suppliers == {"Error": 1, "Message": "Saknar behörighet för leverantörsregister.", "Code": 2003275}
    assert (await fortnox.get("financialyears")).status_code == 200

    await sim.restore_licence(TENANT, "invoice")
    assert (await fortnox.get("invoices")).status_code == 200


async def test_without_the_integrations_licence_nothing_is_answered(sim: Simulator, fortnox: Any) -> None:
    await sim.remove_licence(TENANT)

    assert (await fortnox.get("companyinformation")).json()["ErrorInformation"]["Code"] == 2001103


async def test_permission_answers_may_come_as_400(sim: Simulator, fortnox: Any) -> None:
    await sim.set_switch("permission_status", 400)
    await sim.remove_licence(TENANT, "invoice")

    assert (await fortnox.get("invoices")).status_code == 400


async def test_a_field_without_right_comes_as_a_word(sim: Simulator, fortnox: Any) -> None:
    await sim.edit("hide_field", TENANT, field="SupplierInvoice.Balance")

    listed = (await fortnox.json("supplierinvoices"))["SupplierInvoices"]

    assert {invoice["Balance"] for invoice in listed} == {"API_NORIGHT"}


async def test_the_26th_call_within_5_seconds_is_refused(sim: Simulator, fortnox: Any, ticker: Any) -> None:
    statuses = [(await fortnox.get("me")).status_code for _ in range(26)]
    ticker.seconds += 4.999
    early = await fortnox.get("me")
    ticker.seconds += 0.001
    later = await fortnox.get("me")

    assert statuses == [200] * 25 + [429]
    assert (early.status_code, early.content, "retry-after" in early.headers) == (429, b"", False)
    assert later.status_code == 200
    assert (await sim.rate())[TENANT] == {
        "calls": 28,
        "largest_window": 27,
        "largest_accepted_window": 25,
        "too_many_requests": 2,
    }


async def test_the_limit_is_per_client_and_company(
    sim: Simulator, fortnox: Any, books: bytes, connect: Any, http: httpx.AsyncClient
) -> None:
    other = await sim.add_company(books, tenant=9000)
    second = {"Authorization": f"Bearer {(await connect(tenant=other))['access_token']}"}

    for _ in range(25):
        assert (await fortnox.get("me")).status_code == 200

    assert (await http.get("/3/me", headers=second)).status_code == 200
    assert (await fortnox.get("me")).status_code == 429


async def test_what_a_429_says_can_be_switched_and_the_limit_be_off(sim: Simulator, fortnox: Any) -> None:
    await sim.set_switch("retry_after", 5)
    await sim.set_switch("too_many_body", "Too Many Requests")
    for _ in range(25):
        await fortnox.get("me")

    refused = await fortnox.get("me")
    await sim.set_switch("rate_limit", False)
    free = await fortnox.get("me")

    assert (refused.headers["retry-after"], refused.text) == ("5", "Too Many Requests")
    assert free.status_code == 200


async def test_the_journal_tells_every_call(sim: Simulator, fortnox: Any) -> None:
    await fortnox.get("accounts", limit=3)

    last = (await sim.calls())[-1]

    assert (last["method"], last["path"], last["query"]) == ("GET", "/3/accounts", "limit=3")
    assert (last["tenant"], last["client_id"], last["status"]) == (TENANT, "the-client", 200)
    assert await sim.calls(since=last["seq"]) == []


@pytest.mark.parametrize(
    "path",
    ["customers", "suppliers", "invoices", "supplierinvoices", "invoicepayments", "supplierinvoicepayments",
     "accounts", "vouchers", "voucherseries", "costcenters", "projects", "financialyears"],
)  # fmt: skip
async def test_each_record_says_where_it_is_and_is_there(fortnox: Any, year: int, path: str) -> None:
    listed = await fortnox.json(path, financialyear=year)
    key = next(name for name in listed if name != "MetaInformation")

    url = listed[key][0]["@url"]
    whole = await fortnox.http.get(url, headers=fortnox.headers)

    assert re.match(r"http://fortnox/3/", url)
    assert whole.status_code == 200
    assert next(iter(whole.json().values()))["@url"] == url
