"""What is told over HTTP and in the document of batches that came to nothing, and of what happened after a receipt."""

from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx
import openpyxl
import pytest

from common.events import FinancialYear
from voucher_sender.documents import COLUMNS


@pytest.fixture
async def http(office: Any, interface: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url="http://sender/v1/", transport=httpx.ASGITransport(interface.app), headers=interface.headers
    ) as client:
        yield client


async def get(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sheets(http: httpx.AsyncClient, batch_id: Any) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    answer = await http.get(f"batches/{batch_id}/receipts.xlsx")
    assert answer.status_code == 200, answer.text
    first, second = openpyxl.load_workbook(BytesIO(answer.content)).worksheets
    return list(first.iter_rows(values_only=True)), list(second.iter_rows(min_row=2, values_only=True))


def vouchers(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    start = next(place for place, row in enumerate(rows) if row[: len(COLUMNS)] == tuple(COLUMNS))
    end = next(place for place, row in enumerate(rows) if place > start and row[0] is None)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[start + 1 : end]]


@pytest.mark.parametrize(("what", "word"), [("gone", "Finns inte längre"), ("changed", "Ändrad i Fortnox")])
async def test_what_the_re_check_finds_gone_or_changed_is_not_filed_as_booked(
    http: httpx.AsyncClient, office: Any, a_batch: Any, what: str, word: str
) -> None:
    await office.book(a_batch(2))
    if what == "gone":
        await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    else:
        await office.simulator.strike_voucher(office.tenant, "I", 2, office.financial_year)
    again = a_batch(2)
    await office.book(again)

    told = await get(http, f"batches/{again.batch_id}/receipts")
    rows, noted = await sheets(http, again.batch_id)

    assert (told["totals"]["booked_total"], told["totals"]["not_as_booked_total"]) == ("101.00", "102.00")
    assert [one["standing"] for one in told["vouchers"]] == ["as_booked", what]
    first, second = vouchers(rows)
    assert (first["Läge"], first["Avviker"]) == ("Redan bokförd", "Nej")
    assert second["Läge"] == word
    assert [row[:2] for row in noted] == [("v-2", "Varning")]
    own = await get(http, f"connections/{office.connection_id}/vouchers/v-2")
    assert own["standing"] == what


async def test_a_voucher_found_twice_is_not_filed_as_booked_once(
    http: httpx.AsyncClient, office: Any, a_batch: Any
) -> None:
    async def double(moment: str) -> None:
        if moment == "after POST":
            (made,) = office.books()
            rows = [(7832, 101), (1229, -101)]
            await office.simulator.book_voucher(
                office.tenant, series="I", date=office.last_day, rows=rows, comments=made.comments, text="Bokslut 1"
            )

    batch = a_batch(1)
    await office.book(batch, meanwhile=double)

    state = await get(http, f"batches/{batch.batch_id}")
    rows, noted = await sheets(http, batch.batch_id)

    assert [one["number"] for one in state["vouchers"][0]["found_at"]] == [1, 2]
    (row,) = vouchers(rows)
    assert (row["Läge"], row["Avviker"]) == ("Finns flera gånger", "Finns flera gånger: I 1, I 2")
    assert [one[5] for one in noted] == ["voucher.duplicated"]


async def test_a_correction_in_the_next_year_tells_its_year_and_who_asked(
    http: httpx.AsyncClient, office: Any, a_batch: Any
) -> None:
    batch = a_batch(1)
    await office.book(batch)
    following = next(one for one in office.company.profile.years.values() if one.start > office.last_day)
    year = FinancialYear(from_date=following.start, to_date=following.end)
    asked = await office.request("v-1", financial_year=year, date=following.start)
    await office.work()

    (original,) = vouchers((await sheets(http, batch.batch_id))[0])
    (reversing,) = vouchers((await sheets(http, asked.correction_id))[0])

    assert original["Ändrad genom"] == "I 1 (2026)"
    assert (reversing["Verifikation"], reversing["Ändrar"]) == ("Ändring av v-1", "I 1 (2025)")
    assert original["Ändring begärd"] == reversing["Ändring begärd"]
    assert reversing["Ändring begärd"].endswith(" user-1042")


async def test_a_refused_correction_says_why_in_both(http: httpx.AsyncClient, office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    asked = await office.request("v-99")
    await office.work()

    state = await get(http, f"batches/{asked.correction_id}")
    rows, noted = await sheets(http, asked.correction_id)

    assert (state["stage"], state["refused"]["trouble"]["code"]) == ("refused", "vouchers.correction-refused")
    assert [one["voucher_id"] for one in state["refused"]["not_corrected"]] == ["v-99"]
    assert ("Resultat", "Inget har skickats") in [row[:2] for row in rows]
    assert [row[0] for row in noted] == ["v-99"]


async def test_between_the_command_and_the_work_a_batch_is_accepted(
    http: httpx.AsyncClient, office: Any, a_batch: Any
) -> None:
    batch = await office.approve(a_batch(1))
    asked = await office.request("v-7")

    states = [await get(http, f"batches/{one}") for one in (batch.batch_id, asked.correction_id)]
    own = await get(http, f"connections/{office.connection_id}/vouchers/v-1")
    rows, _ = await sheets(http, batch.batch_id)

    assert [(one["stage"], one["began_at"], one["vouchers"]) for one in states] == [("accepted", None, [])] * 2
    assert (own["state"], own["batch_id"]) == ("accepted", str(batch.batch_id))
    assert ("Resultat", "Omgången är mottagen, men inte påbörjad") in [row[:2] for row in rows]
    await office.work()
    begun = await get(http, f"batches/{batch.batch_id}")
    assert (begun["stage"], begun["asked_at"]) == ("completed", states[0]["asked_at"])


async def test_a_receipt_tells_when_it_was_sent_as_far_as_that_is_known(office: Any, a_batch: Any) -> None:
    first = await office.book(a_batch(1))
    await office.forget()
    found = await office.book(a_batch(1))

    at_once, later = ([one for one in told if one["type"] == "voucher.booked"] for told in (first, found))
    sent, booked = (datetime.fromisoformat(at_once[0][name]) for name in ("sent_date", "booked_date"))
    assert sent < booked
    assert later[0]["sent_date"] is None


async def test_a_check_counts_what_did_not_pass_as_its_event_does(
    http: httpx.AsyncClient, office: Any, a_batch: Any, voucher: Any
) -> None:
    events = await office.book(a_batch([voucher(1), voucher(2), voucher(3, rows=())], mode="check"))

    (listed,) = (await get(http, f"connections/{office.connection_id}/batches"))["batches"]

    assert listed["counts"]["rejected"] == events[-1]["rejected"] == 1
    assert listed["counts"]["open"] == 2


async def test_a_voucher_names_the_batch_that_its_findings_are_of(
    http: httpx.AsyncClient, office: Any, a_batch: Any, voucher: Any
) -> None:
    first, other = a_batch([voucher(1)]), a_batch([voucher(1, 200)])
    await office.book(first)
    await office.book(other)

    own = await get(http, f"connections/{office.connection_id}/vouchers/{quote('v-1')}")

    assert (own["batch_id"], own["outcome"]) == (str(other.batch_id), "rejected")
    assert (own["state"], own["receipt"]["batch_id"]) == ("booked", str(first.batch_id))


async def test_a_vouchers_texts_are_not_kept(office: Any, a_batch: Any, voucher: Any) -> None:
    checked = await office.book(a_batch([voucher(1, description="Lön “Andersson”")]))
    await office.correct("v-1")

    assert "Andersson" in str(checked[0]["findings"])  # the event proposes the cleaned text
    async with office.pool.acquire() as connection:
        kept = [
            await connection.fetch("select findings from batch_vouchers"),
            await connection.fetch("select correction, ending from batches"),
        ]
    assert "Andersson" not in str([[dict(row) for row in rows] for rows in kept])
