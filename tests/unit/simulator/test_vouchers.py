"""Facts 5.8, 6.1, 6.4: what Fortnox checks before it books, what it answers, and what it doesn't check."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sandbox.fortnox.control import Simulator

TENANT = 4711


def voucher(**changed: Any) -> dict[str, Any]:
    rows = [{"Account": 6071, "Debit": 100, "TransactionInformation": "Kaffe"}, {"Account": 1930, "Credit": 100}]
    plain = {"VoucherSeries": "A", "TransactionDate": "2025-04-30", "Description": "Bokslut", "VoucherRows": rows}
    return {"Voucher": {**plain, **changed}}


def row(account: int = 6071, **more: Any) -> list[dict[str, Any]]:
    return [{"Account": account, "Debit": 100, **more}, {"Account": 1930, "Credit": 100}]


async def refusal(fortnox: Any, year: int, body: Any) -> tuple[int, int, str]:
    answer = await fortnox.post("vouchers", body, financialyear=year)
    error = answer.json()["ErrorInformation"]
    values = {name.lower(): value for name, value in error.items()}
    return answer.status_code, values["code"], values["message"]


async def test_a_voucher_gets_the_next_number_of_its_series_and_year(fortnox: Any, year: int) -> None:
    answer = await fortnox.post("vouchers", voucher(Comments="BB-1"), financialyear=year)
    booked = answer.json()["Voucher"]

    assert (answer.status_code, answer.headers["location"]) == (201, "vouchers")
    assert (booked["VoucherSeries"], booked["VoucherNumber"], booked["Year"]) == ("A", 3, year)
    assert booked["@url"] == f"http://fortnox/3/vouchers/A/3?financialyear={year}"
    assert (booked["ReferenceType"], booked["ReferenceNumber"], booked["ApprovalState"]) == ("MANUAL", None, 0)
    listed = (await fortnox.json("vouchers/sublist/A", financialyear=year))["Vouchers"][-1]
    assert (listed["VoucherNumber"], listed["Comments"]) == (3, "BB-1")


async def test_a_rows_description_comes_back_as_the_accounts_name(sim: Simulator, fortnox: Any, year: int) -> None:
    sent = voucher(VoucherRows=row(Description="Mitt namn", TransactionInformation="Min text"))

    first = (await fortnox.post("vouchers", sent, financialyear=year)).json()["Voucher"]["VoucherRows"][0]
    await sim.set_switch("description_overwritten", False)
    second = (await fortnox.post("vouchers", sent, financialyear=year)).json()["Voucher"]["VoucherRows"][0]

    assert (first["Description"], first["TransactionInformation"]) == ("Representation", "Min text")
    assert second["Description"] == "Mitt namn"


async def test_without_a_year_the_voucher_follows_its_date(sim: Simulator, fortnox: Any, year: int) -> None:
    old = await fortnox.post("vouchers", voucher())
    new = await fortnox.post("vouchers", voucher(TransactionDate="2025-06-01"))
    await sim.set_switch("voucher_year_default", "current")
    strict = await fortnox.post("vouchers", voucher())

    assert [old.json()["Voucher"]["Year"], new.json()["Voucher"]["Year"]] == [year, year + 1]
    assert strict.status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "code", "text"),
    [
        (voucher(VoucherRows=row(9998)), 400, 2000423, "Kan inte hitta kontot."),
        (voucher(VoucherSeries="B"), 400, None, "Verifikationsserien är inte manuell (B)"),
        (voucher(VoucherSeries="Q"), 400, None, "Ogiltig verifikationsserie angiven"),
        (voucher(TransactionDate="2025-05-01"), 400, None, "Datumet ligger utanför valt räkenskapsår"),
        (voucher(Description="Lön [april]"), 400, 2000359, "Värdet innehåller ej tillåtna tecken. (Description)"),
        (voucher(Comments="a|b"), 400, 2000359, "Värdet innehåller ej tillåtna tecken. (Comments)"),
        (voucher(Description="x" * 201), 400, None, "Värdet får vara högst 200 tecken långt (Description)"),
        (voucher(Comments="x" * 1001), 400, None, "Värdet får vara högst 1000 tecken långt (Comments)"),
        (voucher(VoucherRows=row(TransactionInformation="x" * 101)), 400, None, "högst 100 tecken"),
        (voucher(VoucherRows=row(Debit="många")), 400, 2000108, "numeriskt (Debit)"),
        (voucher(VoucherRows=[]), 400, 2001392, "Ingen eller felaktig typ av data."),
        (voucher(Description=""), 400, 2001392, "Ingen eller felaktig typ av data."),
        ({"Wrong": {}}, 400, 2001392, "Ingen eller felaktig typ av data."),
        (voucher(Text="x"), 400, 2001399, "Felaktigt fältnamn (Text)"),
        (voucher(VoucherRows=row(Project="P9")), 404, 2001161, "Kan inte hitta projektet."),
        (voucher(VoucherRows=row(Debit=100.01)), 400, None, "balanserar inte"),
    ],
)
async def test_what_fortnox_refuses(
    sim: Simulator, fortnox: Any, year: int, body: Any, status: int, code: int | None, text: str
) -> None:
    before = await sim.vouchers(TENANT)

    found = await refusal(fortnox, year, body)

    assert found[0] == status
    assert code in {None, found[1]}
    assert text in found[2]
    assert await sim.vouchers(TENANT) == before


@pytest.mark.parametrize("text", ["{VV} & Co: 25 % (åäö É) 100 € – klart!", "a\nb"])
async def test_texts_that_are_accepted(fortnox: Any, year: int, text: str) -> None:
    answer = await fortnox.post("vouchers", voucher(Description=text), financialyear=year)

    assert answer.json()["Voucher"]["Description"] == text


@pytest.mark.parametrize("mark", list('[]<>~|—…“”"'))
async def test_characters_that_are_refused(fortnox: Any, year: int, mark: str) -> None:
    assert (await refusal(fortnox, year, voucher(Description=f"a{mark}b")))[1] == 2000359


async def test_broken_json_and_a_wrong_content_type_are_told_apart(fortnox: Any, http: Any) -> None:
    as_json = {**fortnox.headers, "Content-Type": "application/json"}
    broken = await http.post("/3/vouchers", headers=as_json, content=b"{")
    form = await http.post("/3/vouchers", headers=fortnox.headers, data={"a": "b"})

    assert broken.json()["ErrorInformation"]["code"] == 2002115
    assert form.json()["ErrorInformation"]["code"] == 1000031


async def test_an_inactive_account_is_named(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.deactivate_account(TENANT, 6071, year)

    assert await refusal(fortnox, year, voucher()) == (400, 2000550, 'Konto "6071" är inte aktivt')


async def test_a_mandatory_project_must_be_there(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.edit("change_account", TENANT, account=6071, project="MANDATORY", cost_centre="NOTALLOWED")

    assert "Projekt är obligatoriskt på konto 6071" in (await refusal(fortnox, year, voucher()))[2]
    both = voucher(VoucherRows=row(Project="P1", CostCenter="K1"))
    assert "får inte anges på konto 6071" in (await refusal(fortnox, year, both))[2]
    right = await fortnox.post("vouchers", voucher(VoucherRows=row(Project="P1")), financialyear=year)
    assert right.status_code == 201


async def test_a_cost_centre_that_was_closed_and_a_project_outside_its_period(
    sim: Simulator, fortnox: Any, year: int
) -> None:
    await sim.edit("change_object", TENANT, dimension="1", code="NORR", active=False)
    await sim.edit("change_object", TENANT, dimension="6", code="P9", end="2024-12-31", status="COMPLETED")

    closed = await refusal(fortnox, year, voucher(VoucherRows=row(CostCenter="NORR")))
    outside = await refusal(fortnox, year, voucher(VoucherRows=row(Project="P9")))
    (centre,) = [one for one in (await fortnox.get("costcenters")).json()["CostCenters"] if one["Code"] == "NORR"]
    project = (await fortnox.get("projects/P9")).json()["Project"]

    assert (closed[2], outside[2]) == (
        "Kostnadsstället är inte aktivt.",
        "Projektredovisningsperioden är inte aktiv för projekt P9",
    )
    assert centre["Active"] is False
    assert (project["EndDate"], project["Status"]) == ("2024-12-31", "COMPLETED")


async def test_a_locked_period_is_refused_but_not_in_the_closing_series(
    sim: Simulator, fortnox: Any, year: int
) -> None:
    await sim.lock_period(TENANT, dt.date(2025, 4, 30))

    status, code, text = await refusal(fortnox, year, voucher())
    closing = await fortnox.post("vouchers", voucher(VoucherSeries="I"), financialyear=year)

    assert (status, code) == (400, 2000401)
    assert "har låst perioden t.o.m. 2025-04-30. Lås upp perioden för att fortsätta." in text
    assert closing.status_code == 201
    await sim.set_switch("closing_series", "")
    assert (await refusal(fortnox, year, voucher(VoucherSeries="I")))[1] == 2000401


async def test_a_personal_lock_is_not_told_beforehand(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.set_switch("lock_is_shown", False)
    await sim.lock_period(TENANT, dt.date(2025, 4, 30))

    assert (await fortnox.json("settings/lockedperiod"))["LockedPeriod"]["EndDate"] is None
    assert (await refusal(fortnox, year, voucher()))[1] == 2000401


async def test_oddities_are_silently_accepted_unless_switched(sim: Simulator, fortnox: Any, year: int) -> None:
    odd = voucher(VoucherRows=[{"Account": 6071, "Debit": -100, "Credit": 0}, {"Account": 1930, "Debit": 100}])
    uneven = voucher(VoucherRows=row(Debit=100.01))

    accepted = await fortnox.post("vouchers", odd, financialyear=year)
    await sim.set_switch("odd_rows", "refuse")
    refused = await fortnox.post("vouchers", odd, financialyear=year)
    await sim.set_switch("unbalanced_vouchers", "accept")
    unbalanced = await fortnox.post("vouchers", uneven, financialyear=year)

    assert accepted.json()["Voucher"]["VoucherRows"][0]["Debit"] == -100
    assert (refused.status_code, unbalanced.status_code) == (400, 201)


async def test_there_is_no_update_and_deleting_needs_a_scope_of_its_own(
    sim: Simulator, fortnox: Any, http: Any, connect: Any, year: int
) -> None:
    async def status(method: str, path: str) -> int:
        answer = await http.request(method, f"/3/{path}?financialyear={year}", headers=fortnox.headers)
        return int(answer.status_code)

    assert await status("PUT", "vouchers/A/2") in {404, 405}
    assert await status("DELETE", "vouchers/A/2") == 403
    fortnox.headers["Authorization"] = f"Bearer {(await connect('bookkeeping deletevoucher'))['access_token']}"
    assert [await status("DELETE", f"vouchers/A/{number}") for number in (1, 2)] == [404, 204]
    assert [voucher["number"] for voucher in await sim.vouchers(TENANT, year, "A")] == [1]


async def test_the_list_may_lag_and_the_single_read_does_not(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.set_switch("list_lag_seconds", 60)
    await fortnox.post("vouchers", voucher(), financialyear=year)

    async def numbers() -> list[int]:
        listed = (await fortnox.json("vouchers/sublist/A", financialyear=year))["Vouchers"]
        return [one["VoucherNumber"] for one in listed]

    assert await numbers() == [1, 2]
    assert (await fortnox.get("vouchers/A/3", financialyear=year)).status_code == 200
    await sim.advance(61)
    assert await numbers() == [1, 2, 3]


async def test_the_list_may_hide_comments(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.set_switch("list_shows_comments", False)
    await fortnox.post("vouchers", voucher(Comments="BB-1"), financialyear=year)

    listed = (await fortnox.json("vouchers/sublist/A", financialyear=year))["Vouchers"]
    single = (await fortnox.json("vouchers/A/3", financialyear=year))["Voucher"]

    assert (listed[-1]["Comments"], single["Comments"]) == ("", "BB-1")


async def test_the_last_voucher_can_be_deleted_and_its_number_comes_again(
    sim: Simulator, fortnox: Any, year: int
) -> None:
    await fortnox.post("vouchers", voucher(Description="Den första"), financialyear=year)

    gone = await sim.delete_last_voucher(TENANT, "A", year)
    again = await fortnox.post("vouchers", voucher(Description="Den andra"), financialyear=year)

    assert (gone["number"], gone["text"]) == (3, "Den första")
    assert again.json()["Voucher"]["VoucherNumber"] == 3


async def test_a_struck_voucher_keeps_its_number_and_has_only_btrans(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.strike_voucher(TENANT, "A", 1, year)

    lines = (await fortnox.get("sie/4", financialyear=year)).content.decode("cp437").split("\r\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("#VER A 1 "))
    assert [line.split(" ")[0] for line in lines[start + 1 : start + 5]] == ["{", "#BTRANS", "#BTRANS", "}"]


async def test_a_corrected_voucher_shows_rtrans_with_its_twin(sim: Simulator, fortnox: Any, year: int) -> None:
    rows = [{"account": 4010, "amount": "312.5"}]
    await sim.edit("correct_voucher", TENANT, series="A", number=1, rows=rows, strike=[0], financial_year=year)

    lines = (await fortnox.get("sie/4", financialyear=year)).content.decode("cp437").split("\r\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("#VER A 1 "))
    assert [line.split(" ")[0] for line in lines[start + 2 : start + 6]] == ["#BTRANS", "#TRANS", "#RTRANS", "#TRANS"]
    assert lines[start + 4].removesuffix(' "Anna Andersson"') == lines[start + 5].replace("#TRANS", "#RTRANS")


async def test_anonymising_erases_texts_and_comments(sim: Simulator, fortnox: Any, year: int) -> None:
    await fortnox.post("vouchers", voucher(Comments="BB-1"), financialyear=year)

    await sim.anonymise(TENANT, year)

    left = await sim.vouchers(TENANT, year, "A")
    assert {one["comments"] for one in left} == {""}
    assert "Bokslut" not in {one["text"] for one in left}
    assert {r["text"] for one in left for r in one["rows"]} == {""}


async def test_the_truth_tells_who_booked(sim: Simulator, fortnox: Any, year: int) -> None:
    await fortnox.post("vouchers", voucher(), financialyear=year)
    await sim.book_voucher(TENANT, series="A", date=dt.date(2025, 4, 30), rows=[(6071, 5), (1930, -5)])

    ours, theirs = (await sim.vouchers(TENANT, year, "A"))[-2:]

    assert (ours["through_api"], theirs["through_api"]) == (True, False)
    assert [(r["account"], r["debit"], r["credit"]) for r in theirs["rows"]] == [(6071, "5", "0"), (1930, "0", "5")]
