"""The importer as a whole: commands on Kafka, a simulated Fortnox and connector, events and data on Kafka."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from common.events import (
    ConnectionKind,
    ConnectionRenewed,
    ConnectionStatus,
    Dataset,
    FinancialYear,
    ImportCancelRequested,
    ImportRequested,
    ImportResendRequested,
)
from common.jobs import JobStore
from common.pruning import prune
from importer.kept import rules
from importer.repository import Imports
from importer.result import Result
from sandbox.product.assembly import prove

MakeRequest = Callable[..., ImportRequested]
LISTS = ("invoices", "invoicepayments", "supplierinvoices", "supplierinvoicepayments")


async def test_a_request_becomes_data_that_prove_complete(stage: Any) -> None:
    request = stage.request()

    await stage.send(request)
    completed = await stage.ended(request)

    assert completed["type"] == "import.completed"
    proof = prove(completed["data"], await stage.chunks(completed))
    assert proof.totals["sie4"]["debit"] == proof.totals["sie4"]["credit"] > 0
    told = {one["dataset"]: one for one in completed["data"]["datasets"]}
    assert list(told) == ["sie4", "customer_ledger", "supplier_ledger", "checks"]
    assert (told["sie4"]["vouchers"], told["sie4"]["rows"]) == (194, 963)
    assert completed["data"]["calls"] == len(await stage.calls())


async def test_events_come_in_order_and_progress_ends_at_100(stage: Any) -> None:
    request = stage.request()

    await stage.send(request)
    await stage.ended(request)

    events = stage.said(request)
    kinds = [event["type"] for event in events]
    assert kinds[0] == "import.started"
    assert kinds[-2:] == ["import.progressed", "import.completed"]
    percents = [event["data"]["percent"] for event in events if event["type"] == "import.progressed"]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    sequences = [int(event["ce_sequence"]) for event in events]
    assert sequences == sorted(sequences)
    assert {event["ce_correlationid"] for event in events} == {stage.sent[request.import_id].id}


async def test_the_plan_is_kept_and_the_next_import_begins_with_it(stage: Any) -> None:
    first, second = stage.request(), stage.request()

    await stage.send(first)
    completed = await stage.ended(first)
    kept = await stage.value("select plan from imports where import_id = $1", first.import_id)

    assert sum(kept["planned"].values()) == completed["data"]["calls_planned"]
    assert sum(kept["used"].values()) == completed["data"]["calls"] <= completed["data"]["calls_planned"]
    async with stage.house.pool.acquire() as connection:
        await stage.send(second)
        await stage.ended(second)
        assert await Imports(connection).calls_before(second.import_id) == kept["planned"]


async def test_a_command_that_comes_five_times_is_carried_out_once(stage: Any) -> None:
    request = stage.request(datasets=(Dataset.SIE4,))

    await stage.send(request, times=5)
    await stage.ended(request)
    another = stage.request(datasets=(Dataset.SIE4,))
    await stage.send(another)
    await stage.ended(another)

    kinds = [event["type"] for event in stage.said(request)]
    assert kinds.count("import.started") == kinds.count("import.completed") == 1


async def test_an_import_id_that_was_used_for_something_else_is_refused(stage: Any) -> None:
    request = stage.request(datasets=(Dataset.SIE4,))
    await stage.send(request)

    await stage.send(request.model_copy(update={"datasets": (Dataset.CUSTOMER_LEDGER,)}))

    refused = await stage.event(request, "import.refused")
    assert refused["data"]["trouble"]["code"] == "command.reused-key"


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"expected_organisation_number": "556677-8899"}, "import.wrong-company", "556677-8899"),
        (
            {"financial_year": FinancialYear(from_date=date(2010, 1, 1), to_date=date(2010, 6, 30))},
            "import.wrong-financial-year",
            "2010-01-01–2010-06-30",
        ),
        (
            {"financial_year": FinancialYear(from_date=date(1999, 1, 1), to_date=date(1999, 12, 31))},
            "import.no-financial-year",
            "1999-01-01–1999-12-31",
        ),
    ],
    ids=["company", "year", "no-year"],
)
async def test_the_wrong_company_or_year_is_refused_before_anything_is_fetched(
    stage: Any, change: dict[str, Any], code: str, named: str
) -> None:
    request = stage.request(**change)

    await stage.send(request)
    refused = await stage.ended(request)

    assert refused["type"] == "import.refused"
    assert refused["data"]["trouble"]["code"] == code
    assert named in refused["data"]["trouble"]["swedish"]
    assert {call["path"].split("/")[2] for call in await stage.calls()} == {"companyinformation", "financialyears"}


async def test_a_missing_licence_is_a_failure_that_says_what_to_do(stage: Any) -> None:
    await stage.simulator.remove_licence(stage.tenant, "supplierinvoice")
    request = stage.request()

    await stage.send(request)
    failed = await stage.ended(request)

    assert failed["type"] == "import.failed"
    assert failed["data"]["trouble"]["code"] == "import.missing-licence"
    assert "leverantörsfakturor" in failed["data"]["trouble"]["swedish"]
    assert failed["data"]["trouble"]["next_step"]


async def test_without_the_right_to_settings_the_usual_accounts_are_used(stage: Any) -> None:
    await stage.simulator.remove_licence(stage.tenant, "settings")
    request = stage.request(datasets=(Dataset.CUSTOMER_LEDGER,))

    await stage.send(request)
    completed = await stage.ended(request)

    ledger = completed["data"]["datasets"][0]
    assert ledger["dataset"] == "customer_ledger"
    assert ledger["reconciliation"]["accounts"] == [1510]
    assert ledger["reconciliation"]["difference"] == "0.00"


async def test_a_difference_is_told_with_its_cause(stage: Any) -> None:
    rows = [(1510, Decimal("-1234.50")), (1930, Decimal("1234.50"))]
    booked = await stage.simulator.book_voucher(stage.tenant, series="A", date=date(2010, 8, 1), rows=rows)
    request = stage.request()

    await stage.send(request)
    completed = await stage.ended(request)

    prove(completed["data"], await stage.chunks(completed))
    told = completed["data"]["datasets"][1]["reconciliation"]
    cause = told["explanations"][0]
    assert (told["difference"], told["unexplained"], told["first_day"]) == ("1234.50", "0.00", "2010-08-01")
    assert (cause["code"], cause["effect"]) == ("customer-ledger.difference.manual-voucher", "1234.50")
    assert cause["parts"][0]["voucher"] == f"A {booked['number']}"


async def test_a_cancel_before_its_request_is_remembered(stage: Any) -> None:
    request = stage.request()

    await stage.send(ImportCancelRequested(connection_id=stage.connection_id, import_id=request.import_id))
    await stage.send(request)
    cancelled = await stage.ended(request)

    assert cancelled["type"] == "import.cancelled"
    assert await stage.calls() == []


async def test_a_running_import_is_cancelled_within_three_seconds(stage: Any) -> None:
    stage.house.network.held.add("/3/sie/4")
    request = stage.request()
    await stage.send(request)
    await stage.event(request, "import.started")

    async with asyncio.timeout(3):
        await stage.send(ImportCancelRequested(connection_id=stage.connection_id, import_id=request.import_id))
        cancelled = await stage.ended(request)

    assert cancelled["type"] == "import.cancelled"


@pytest.mark.parametrize("when", ["before", "running", "queued"])
async def test_another_connection_cant_cancel_it_and_its_own_still_can(stage: Any, when: str) -> None:
    stage.house.network.held.add("/3/sie/4")
    first, request = stage.request(), stage.request()
    if when == "queued":
        await stage.send(first)
        await stage.event(first, "import.started")
    if when != "before":
        await stage.send(request)
        await stage.true("select count(*) = 1 from imports where import_id = $1", request.import_id)

    await stage.send(ImportCancelRequested(connection_id=uuid4(), import_id=request.import_id))
    await stage.true("select count(*) = 1 from cancellations where import_id = $1", request.import_id)
    if when == "before":
        await stage.send(request)
        await stage.event(request, "import.started")

    job = "select status || cancel_requested from jobs where business_key = $1"
    assert await stage.value(job, str(request.import_id)) in {"runningfalse", "queuedfalse"}
    await stage.send(ImportCancelRequested(connection_id=stage.connection_id, import_id=request.import_id))
    assert (await stage.ended(request))["type"] == "import.cancelled"


async def test_an_import_behind_another_is_cancelled_without_waiting_for_its_turn(stage: Any) -> None:
    stage.house.network.held.add("/3/sie/4")
    first, second = stage.request(), stage.request()
    await stage.send(first)
    await stage.event(first, "import.started")
    await stage.send(second)

    async with asyncio.timeout(3):
        await stage.send(ImportCancelRequested(connection_id=stage.connection_id, import_id=second.import_id))
        cancelled = await stage.ended(second)
    stage.house.network.release()

    assert cancelled["type"] == "import.cancelled"
    assert cancelled["ce_correlationid"] == stage.sent[second.import_id].id
    assert (await stage.ended(first))["type"] == "import.completed"


async def test_a_lost_connection_is_waited_for_and_the_import_goes_on_when_it_lives_again(stage: Any) -> None:
    stage.lose_connection()
    request = stage.request()
    await stage.send(request)
    waiting = await stage.event(request, "import.waiting")
    assert waiting["data"]["trouble"]["code"] == "connection.lost"
    assert waiting["data"]["gives_up_at"] > waiting["data"]["next_try"]

    stage.find_connection()
    await stage.send(renewed(stage))

    assert (await stage.ended(request))["type"] == "import.completed"


async def test_after_an_outage_of_fortnox_no_answer_is_asked_for_again(stage: Any) -> None:
    await stage.simulator.fault("GET /3/supplierinvoicepayments", "html", times=100, tenant=stage.tenant)
    request = stage.request()
    await stage.send(request)
    waiting = await stage.event(request, "import.waiting")
    assert waiting["data"]["trouble"]["code"] == "import.fortnox-away"

    kept = await stage.value(
        "select (checkpoint ->> 'calls')::int from jobs where business_key = $1", str(request.import_id)
    )
    await stage.simulator.clear_faults()
    before = len(await stage.calls())
    await stage.send(renewed(stage))
    completed = await stage.ended(request)

    again = [(call["path"], str(call["query"])) for call in (await stage.calls())[before:]]
    assert kept >= 2
    assert completed["data"]["calls"] == kept + len(again)
    twice = [path for path, query in set(again) if again.count((path, query)) > 1]
    assert set(twice) <= {"/3/sie/4"}  # at the end: whether the books are still the same


async def test_a_sie_file_that_was_cut_off_on_its_way_is_asked_for_again(stage: Any) -> None:
    await stage.simulator.fault("GET /3/sie/4", "truncate-json", tenant=stage.tenant)
    request = stage.request(datasets=(Dataset.SIE4,))
    await stage.send(request)
    await stage.event(request, "import.waiting")

    await stage.send(renewed(stage))
    completed = await stage.ended(request)

    assert completed["data"]["datasets"][0]["vouchers"] == 194


async def test_waiting_has_an_end_and_says_why_it_waited(stage: Any) -> None:
    stage.lose_connection()
    request = stage.request()
    await stage.send(request)
    await stage.event(request, "import.waiting")

    await stage.value(
        "update imports set waiting_since = waiting_since - interval '4 days' where import_id = $1", request.import_id
    )
    await stage.send(renewed(stage))
    failed = await stage.ended(request)

    assert failed["type"] == "import.failed"
    assert failed["data"]["trouble"]["code"] == "connection.lost"


async def test_a_crash_while_it_begins_to_wait_swallows_nothing(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.lose_connection()
    request = stage.request()
    postpone, crashes = JobStore.postpone, iter([True])

    async def crashing(self: JobStore, *arguments: Any) -> None:
        if next(crashes, False):
            raise RuntimeError
        await postpone(self, *arguments)

    monkeypatch.setattr(JobStore, "postpone", crashing)
    await stage.send(request)

    waiting = await stage.event(request, "import.waiting")
    assert waiting["data"]["trouble"]["code"] == "connection.lost"
    assert await stage.value("select waits from imports where import_id = $1", request.import_id) == 1


@pytest.mark.parametrize("what", ["import", "resend"])
async def test_a_command_that_can_no_longer_be_read_is_told_of(stage: Any, what: str) -> None:
    stage.house.network.held.add("/3/sie/4")
    first, second = stage.request(), stage.request()
    await stage.send(first)
    await stage.event(first, "import.started")
    await stage.send(second)
    if what == "resend":
        await stage.true("select count(*) = 1 from jobs where business_key = $1", str(second.import_id))
        await stage.value("update jobs set kind = 'resend' where business_key = $1", str(second.import_id))
    await stage.true(
        'update jobs set command = command || \'{"type": "of-old"}\' where business_key = $1 returning true',
        str(second.import_id),
    )
    stage.house.network.release()

    ended = await stage.ended(second)
    assert ended["type"] == ("import.failed" if what == "import" else "import.refused")
    assert ended["data"]["trouble"]["code"] == "internal.unreadable-command"
    if what == "import":
        state = (await stage.get(f"/v1/imports/{second.import_id}")).json()
        assert state["status"] == "failed"


async def test_what_changes_while_it_is_read_is_read_again(stage: Any) -> None:
    request = stage.request(datasets=(Dataset.SUPPLIER_LEDGER,))
    stage.house.network.held.add("/3/sie/4")
    await stage.send(request)
    await stage.true(
        "select exists (select from answers where import_id = $1 and name like 'supplierinvoices?%')", request.import_id
    )

    made = await stage.simulator.create_invoice(stage.tenant, "supplier", 1000, date=date(2010, 12, 30))
    stage.house.network.release()
    completed = await stage.ended(request)

    chunks = await stage.chunks(completed)
    items = json.loads(chunks["supplier_ledger", 1].value)["rows"]
    assert str(made["number"]) in {item["number"] for item in items}
    assert completed["data"]["books_moved"] == []
    assert completed["data"]["datasets"][0]["reconciliation"]["difference"] == "0.00"
    file = await stage.get(f"/v1/imports/{request.import_id}/sie")
    assert hashlib.sha256(file.content).hexdigest() == completed["data"]["sie_sha256"]


async def test_old_imports_go_with_all_that_belongs_to_them(stage: Any) -> None:
    request = stage.request()
    await stage.send(request)
    await stage.ended(request)
    kept = timedelta(days=30)

    async with stage.house.pool.acquire() as connection:
        await prune(connection, rules(kept))
        assert (await stage.get(f"/v1/imports/{request.import_id}/sie")).status_code == 200
        await connection.execute(
            "update imports set used_at = used_at - $2::interval where import_id = $1", request.import_id, kept
        )
        await prune(connection, rules(kept))

    assert (await stage.get(f"/v1/imports/{request.import_id}")).status_code == 404
    assert await stage.value("select count(*) from sie_files where import_id = $1", request.import_id) == 0


async def test_many_old_imports_go_in_lots_and_those_that_can_still_end_stay(stage: Any) -> None:
    """One without an end and without a job was buried by code that told nobody."""
    stage.lose_connection()
    waiting = stage.request()
    await stage.send(waiting)
    await stage.event(waiting, "import.waiting")
    old = (
        "insert into imports (import_id, connection_id, datasets, year_from, year_to, closing_date, ended_at, used_at)"
    )
    row = "select gen_random_uuid(), $1, '{}', '2010-01-01', '2010-12-31', '2010-12-31',"
    month_ago = "clock() - interval '31 days'"
    for ended, how_many in ((month_ago, 45), ("null", 1)):
        await stage.value(f"{old} {row} {ended}, {month_ago} from generate_series(1, {how_many})", stage.connection_id)
    await stage.value(f"update imports set used_at = {month_ago} where import_id = $1", waiting.import_id)

    async with stage.house.pool.acquire() as connection:
        await prune(connection, rules(timedelta(days=30)))

    left = "select count(*) from imports where connection_id = $1 and datasets = '{}'"
    assert await stage.value(left, stage.connection_id) == 0
    assert (await stage.get(f"/v1/imports/{waiting.import_id}")).status_code == 200


async def test_another_process_goes_on_from_the_answers_that_are_kept(stage: Any) -> None:
    stage.house.network.held.add("/3/invoices")
    request = stage.request()
    await stage.send(request)
    await stage.true(
        """
        select exists (select from answers where import_id = $1 and name like 'supplierinvoices?%')
           and exists (select from sie_files where import_id = $1)
        """,
        request.import_id,
    )

    await stage.house.stop()
    stage.house.network.release()
    await stage.house.start()
    completed = await stage.ended(request)

    paths = [call["path"] for call in await stage.calls() if "lastmodified" not in str(call["query"])]
    assert completed["type"] == "import.completed"
    assert paths.count("/3/companyinformation") == paths.count("/3/supplierinvoices") == 1
    assert paths.count("/3/sie/4") == 2  # and once more at the end, whether the books are still the same
    assert await stage.value("select count(*) from answers where import_id = $1", request.import_id) == 0
    assert [event["type"] for event in stage.said(request)].count("import.started") == 1


async def test_a_stored_result_is_published_again_as_a_new_snapshot(stage: Any) -> None:
    request = stage.request()
    await stage.send(request)
    first = await stage.ended(request)
    calls = len(await stage.calls())

    await stage.send(ImportResendRequested(connection_id=stage.connection_id, import_id=request.import_id))
    second = await stage.ended(request, after=1)

    assert second["data"]["snapshot_id"] != first["data"]["snapshot_id"]
    assert [one["control_totals"] for one in second["data"]["datasets"]] == [
        one["control_totals"] for one in first["data"]["datasets"]
    ]
    prove(second["data"], await stage.chunks(second))
    assert len(await stage.calls()) == calls


async def test_a_result_is_written_and_read_beside_the_event_loop(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a large company takes a second, in which no other import would get on."""
    beside: list[bool] = []
    for name in ("model_dump_json", "model_validate_json"):
        own = getattr(Result, name)

        def watched(*arguments: Any, own: Any = own) -> Any:
            beside.append(threading.current_thread() is not threading.main_thread())
            return own(*arguments)

        monkeypatch.setattr(Result, name, watched)
    request = stage.request()

    await stage.send(request)
    await stage.ended(request)
    await stage.send(ImportResendRequested(connection_id=stage.connection_id, import_id=request.import_id))
    await stage.ended(request, after=1)

    assert beside == [True, True]


async def test_an_import_that_is_not_stored_can_not_be_published_again(stage: Any) -> None:
    unknown = stage.request()

    await stage.send(ImportResendRequested(connection_id=stage.connection_id, import_id=unknown.import_id))

    refused = await stage.ended(unknown)
    assert refused["type"] == "import.refused"
    assert refused["data"]["trouble"]["code"] == "import.result-gone"


async def test_over_http_the_state_and_the_file_just_as_fortnox_sent_it(stage: Any) -> None:
    request = stage.request()
    await stage.send(request)
    completed = await stage.ended(request)

    state = (await stage.get(f"/v1/imports/{request.import_id}")).json()
    file = await stage.get(f"/v1/imports/{request.import_id}/sie")

    assert state["status"] == "completed"
    assert state["checks"] == completed["data"]["checks"]
    assert hashlib.sha256(file.content).hexdigest() == completed["data"]["sie_sha256"]
    assert file.content.startswith(b"#FLAGGA 0")
    assert (await stage.get(f"/v1/imports/{uuid4()}")).status_code == 404
    assert (await stage.get(f"/v1/imports/{request.import_id}", key="another")).status_code == 401


async def test_no_event_holds_the_organisation_number_that_was_expected(stage: Any) -> None:
    request = stage.request(expected_organisation_number="19640823-3234")

    await stage.send(request)
    await stage.ended(request)

    assert "640823" not in json.dumps(stage.said(request), default=str)


def renewed(stage: Any) -> ConnectionRenewed:
    return ConnectionRenewed(
        connection_id=stage.connection_id,
        status=ConnectionStatus.ACTIVE,
        kind=ConnectionKind.SERVICE_ACCOUNT,
        tenant=stage.tenant,
        company_name="Testföretaget AB",
        organisation_number="556600-0000",
        reference="assignment",
        scopes=(),
        connected_at="2026-11-02T08:00:00Z",
    )
