"""Receipts and states as a product's server and an accountant get them: JSON, and the document Överföringskvitto."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from common.clock import SYSTEM
from common.events import ConnectionEstablished, ConnectionRemoved, new_event
from voucher_sender.companies import remember
from voucher_sender.documents import COLUMNS

POST = "POST /3/vouchers"


@pytest.fixture
async def http(office: Any, interface: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url="http://sender", transport=httpx.ASGITransport(interface.app), headers=interface.headers
    ) as client:
        yield client


async def get(http: httpx.AsyncClient, path: str, expect: int = 200) -> Any:
    answer = await http.get(f"/v1/{path}")
    assert answer.status_code == expect, answer.text
    return answer.json()


async def document(http: httpx.AsyncClient, batch: Any) -> tuple[bytes, Any]:
    answer = await http.get(f"/v1/batches/{batch.batch_id}/receipts.xlsx")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'"overforingskvitto-{batch.batch_id}.xlsx"')
    return answer.content, openpyxl.load_workbook(BytesIO(answer.content))


def table(sheet: Any) -> list[dict[str, Any]]:
    """The rows below the headings, up to the first empty one."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(place for place, row in enumerate(rows) if row[: len(COLUMNS)] == tuple(COLUMNS))
    found = []
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        found.append(dict(zip(COLUMNS, row, strict=True)))
    return found


async def connected(office: Any, organisation_number: str = "556677-8899", kind: Any = ConnectionEstablished) -> None:
    state = kind(
        connection_id=office.connection_id,
        status="active",
        kind="service_account",
        tenant=office.tenant,
        company_name="Provbolaget & Co AB",
        organisation_number=organisation_number,
        reference="1",
        scopes=("bookkeeping",),
        connected_at=SYSTEM.now(),
    )
    async with office.pool.acquire() as connection:
        await remember(connection, new_event(state, source="connector", time=SYSTEM.now()))


@pytest.fixture
async def filed(office: Any, a_batch: Any, voucher: Any) -> Any:
    """A batch in which one was booked before, one is booked, one is refused and one was changed in Fortnox."""
    await connected(office)
    await office.book(a_batch([voucher(1)]))
    good = voucher(3, 300)
    bad = voucher(3, rows=(good.rows[0], good.rows[1].model_copy(update={"account": 9999})))
    batch = a_batch([voucher(1), voucher(2, "1250.50"), bad], policy="book_what_passes")
    await office.book(batch)
    return batch


async def test_a_batchs_receipts_are_told_with_totals(http: httpx.AsyncClient, filed: Any) -> None:
    told = await get(http, f"batches/{filed.batch_id}/receipts")

    assert told["company"] == {"name": "Provbolaget & Co AB", "organisation_number": "556677-8899"}
    assert told["year"] == {"from_date": "2025-01-01", "to_date": "2025-12-31"}
    totals = told["totals"]
    assert (totals["booked"], totals["already_booked"], totals["rejected"]) == (1, 1, 1)
    assert (totals["approved_total"], totals["booked_total"]) == ("1650.50", "1350.50")
    assert [one["receipt"] and one["receipt"]["number"] for one in told["vouchers"]] == [1, 2, None]
    assert [one["code"] for one in told["vouchers"][2]["findings"]] == ["voucher.account-missing"]


async def test_the_document_is_as_an_accountant_files_it(http: httpx.AsyncClient, filed: Any, office: Any) -> None:
    _, book = await document(http, filed)

    sheet, reasons = book.worksheets
    heading = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, max_row=9, values_only=True)}
    assert sheet["A1"].value == "Överföringskvitto"
    assert heading["Företag"] == "Provbolaget & Co AB"
    assert heading["Organisationsnummer"] == "556677-8899"
    assert heading["Räkenskapsår"] == f"2025-01-01–2025-12-31 (id {office.financial_year} i Fortnox)"
    assert (heading["Verifikationsserie"], heading["Omgång"]) == ("I", str(filed.batch_id))
    rows = table(sheet)
    assert [(one["Verifikation"], one["Läge"], one["Serie"], one["Nummer"], one["Belopp"]) for one in rows] == [
        ("v-1", "Redan bokförd", "I", 1, 100),
        ("v-2", "Bokförd", "I", 2, 1250.5),
        ("v-3", "Avvisad", None, None, 300),
    ]
    assert {(one["Attest"], one["Avviker"]) for one in rows[:2]} == {("Behövs inte", "Nej")}
    assert [row[:3] for row in reasons.iter_rows(min_row=2, values_only=True)] == [("v-3", "Avvisad", 2)]
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.print_title_rows == "$11:$11"
    assert sheet.print_area.startswith("'Överföringskvitto'!$A$1:")
    assert "Sida &P av &N" in (sheet.oddFooter.right.text or "")


async def test_times_are_swedish_and_dates_are_dates(http: httpx.AsyncClient, filed: Any) -> None:
    told = await get(http, f"batches/{filed.batch_id}/receipts")
    _, book = await document(http, filed)

    row = table(book.worksheets[0])[1]
    booked_at = datetime.fromisoformat(told["vouchers"][1]["receipt"]["booked_at"])
    ahead = row["Kvitterad"].replace(tzinfo=UTC) - booked_at.replace(microsecond=0)
    assert ahead.total_seconds() in {3600, 7200}  # winter or summer
    assert row["Datum"] == datetime(2025, 12, 31)  # noqa: DTZ001  (a spreadsheet's date)


async def test_the_same_receipts_give_the_same_bytes(http: httpx.AsyncClient, filed: Any) -> None:
    first, _ = await document(http, filed)
    second, _ = await document(http, filed)

    assert first == second


async def test_a_sole_traders_number_is_neither_kept_nor_shown(
    http: httpx.AsyncClient, office: Any, filed: Any
) -> None:
    await connected(office, "900101-2384")

    company = (await get(http, f"batches/{filed.batch_id}/receipts"))["company"]

    assert company == {"name": "Provbolaget & Co AB", "organisation_number": None}
    async with office.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from companies where organisation_number is not null") == 0


async def test_a_company_is_named_after_its_connection_was_removed(
    http: httpx.AsyncClient, office: Any, filed: Any
) -> None:
    await connected(office, kind=ConnectionRemoved)

    assert (await get(http, f"batches/{filed.batch_id}/receipts"))["company"]["name"] == "Provbolaget & Co AB"


async def test_a_batch_under_way_has_a_preliminary_document(http: httpx.AsyncClient, office: Any, a_batch: Any) -> None:
    await office.simulator.fault(POST, "timeout-after")
    batch = await office.approve(a_batch(2))

    async def go_away(moment: str) -> None:
        if moment == "after POST":
            await office.simulator.fault("GET /3/vouchers*", "status-503-before", times=9)

    await office.attempt(office.watched(office.sender(), go_away))

    state = await get(http, f"batches/{batch.batch_id}")
    own = await get(http, f"connections/{batch.connection_id}/vouchers/v-1")
    _, book = await document(http, batch)

    assert [one["Läge"] for one in table(book.worksheets[0])] == ["Pågår", "Pågår"]
    assert book.worksheets[0]["B8"].value == "Pågår: kvittot är preliminärt"
    first = state["vouchers"][0]["uncertain"]
    assert first["code"] == "voucher.uncertain-fortnox-away"
    assert first["since"] < first["next_try"]
    assert "Bokför inte verifikationen för hand" in first["next_step"]
    assert own["uncertain"] == first
    assert [row[:2] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)] == [("v-1", "Osäker")]


async def test_a_voucher_tells_what_became_of_it(http: httpx.AsyncClient, filed: Any) -> None:
    own = f"connections/{filed.connection_id}/vouchers"
    booked, refused = await get(http, f"{own}/v-2"), await get(http, f"{own}/v-3")

    assert (booked["state"], booked["outcome"], booked["receipt"]["number"]) == ("booked", "booked", 2)
    assert (refused["state"], refused["outcome"]) == (None, "rejected")
    assert [one["code"] for one in refused["findings"]] == ["voucher.account-missing"]
    assert (await get(http, f"{own}/v-4", expect=404))["code"] == "http.not-found"


async def test_a_check_has_no_receipts(http: httpx.AsyncClient, office: Any, a_batch: Any) -> None:
    batch = a_batch(1, mode="check")
    await office.book(batch)

    for name in ("receipts", "receipts.xlsx"):
        assert (await get(http, f"batches/{batch.batch_id}/{name}", expect=409))["code"] == "vouchers.only-checked"


async def test_batches_are_listed_page_by_page_the_newest_first(
    http: httpx.AsyncClient, office: Any, a_batch: Any
) -> None:
    made = [a_batch(1, mode="check") for _ in range(3)]
    for batch in made:
        await office.book(batch)

    first = await get(http, f"connections/{office.connection_id}/batches?limit=2")
    second = await get(http, f"connections/{office.connection_id}/batches?limit=2&after={first['next']}")

    listed = [one["batch_id"] for page in (first, second) for one in page["batches"]]
    assert listed == [str(one.batch_id) for one in reversed(made)]
    assert second["next"] is None
    assert first["batches"][0]["counts"] == {
        "vouchers": 1, "booked": 0, "already_booked": 0, "rejected": 0, "uncertain": 0, "open": 1
    }  # fmt: skip
    assert await get(http, f"connections/{uuid4()}/batches") == {"batches": [], "next": None}
