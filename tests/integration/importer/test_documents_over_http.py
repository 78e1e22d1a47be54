"""What a person opens of an import, how long it is there, and what operators see of it."""

import asyncio
import base64
import csv
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import openpyxl
import pytest
from prometheus_client import REGISTRY

from common.clock import SYSTEM
from common.events import (
    ConnectionKind,
    ConnectionRemoved,
    ConnectionStatus,
    Dataset,
    ImportRequested,
    ImportResendRequested,
)
from common.pruning import prune
from importer.kept import rules
from importer.operating.measuring import measure

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of documents that fuzzing gets
DOCUMENTS = ["sie", "customer_ledger.xlsx", "supplier_ledger.xlsx", "customer_ledger.csv", "documents.zip", "checks"]


async def imported(stage: Any, **more: Any) -> tuple[ImportRequested, dict[str, Any]]:
    request = stage.request(**more)
    await stage.send(request)
    return request, (await stage.ended(request))["data"]


def removed(stage: Any) -> ConnectionRemoved:
    return ConnectionRemoved(
        connection_id=stage.connection_id,
        status=ConnectionStatus.REMOVED,
        kind=ConnectionKind.SERVICE_ACCOUNT,
        tenant=stage.tenant,
        company_name="AB",
        organisation_number="556677-8899",
        reference="r",
        scopes=(),
        connected_at=SYSTEM.now(),
    )


async def test_each_ledger_opens_as_a_spreadsheet_whose_total_is_the_one_that_was_told(stage: Any) -> None:
    request, completed = await imported(stage)
    told = {one["dataset"]: one for one in completed["datasets"]}

    for ledger in ("customer_ledger", "supplier_ledger"):
        answer = await stage.get(f"/v1/imports/{request.import_id}/{ledger}.xlsx")
        book = openpyxl.load_workbook(BytesIO(answer.content), data_only=True)

        rows = list(book["Avstämning"].iter_rows(values_only=True))
        [total] = [row[2] for row in rows if str(row[0]).endswith("reskontra per balansdagen")]
        [difference] = [row[2] for row in rows if row[0] == "Skillnad"]
        found = told[ledger]["reconciliation"]
        assert (f"{total:.2f}", f"{difference:.2f}") == (found["ledger_total"], found["difference"])
        assert "2010-12-31" in answer.headers["content-disposition"]
        assert len(list(book["Fakturor efter balansdagen"].iter_rows())) > 9


async def test_csv_has_a_row_for_each_open_item(stage: Any) -> None:
    request, completed = await imported(stage, datasets=(Dataset.CUSTOMER_LEDGER,))

    answer = await stage.get(f"/v1/imports/{request.import_id}/customer_ledger.csv")

    text = answer.content.decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text, newline=""), delimiter=";"))
    assert len(rows) == completed["datasets"][0]["rows"] > 0
    total = sum(int(row["Restbelopp SEK"].replace(",", "")) for row in rows)
    assert total == completed["datasets"][0]["control_totals"]["total_sek"]
    missing = await stage.get(f"/v1/imports/{request.import_id}/supplier_ledger.csv")
    assert (missing.status_code, missing.json()["code"]) == (404, "import.no-ledger")


async def test_the_sie_file_is_byte_for_byte_what_came_and_says_so(stage: Any) -> None:
    request, completed = await imported(stage)

    answer = await stage.get(f"/v1/imports/{request.import_id}/sie")
    zipped = await stage.get(f"/v1/imports/{request.import_id}/documents.zip")
    again = await stage.get(f"/v1/imports/{request.import_id}/documents.zip")

    digest = hashlib.sha256(answer.content)
    assert answer.headers["etag"] == f'"{completed["sie_sha256"]}"' == f'"{digest.hexdigest()}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert ZipFile(BytesIO(zipped.content)).read("bokforing-2010-12-31.se") == answer.content
    assert again.headers["etag"] == zipped.headers["etag"]


async def test_state_and_checks_say_what_was_told_and_how_long_it_is_kept(stage: Any) -> None:
    request, completed = await imported(stage)

    state = (await stage.get(f"/v1/imports/{request.import_id}")).json()
    checks = (await stage.get(f"/v1/imports/{request.import_id}/checks")).json()

    assert (state["status"], state["percent"]) == ("completed", 100)
    assert state["completed"]["snapshot_id"] == completed["snapshot_id"]
    assert state["kept_until"] > state["ended_at"]
    assert [one["code"] for one in checks["checks"]] == [one["code"] for one in completed["checks"]]
    assert [one["dataset"] for one in checks["ledgers"]] == ["customer_ledger", "supplier_ledger"]
    for one in checks["ledgers"]:
        assert one["reconciliation"] in [told["reconciliation"] for told in completed["datasets"]]


async def test_what_never_completed_has_a_state_and_no_documents(stage: Any) -> None:
    request, _ = await imported(stage, expected_organisation_number="556677-8899")

    answers = {name: await stage.get(f"/v1/imports/{request.import_id}/{name}") for name in DOCUMENTS}
    unknown = {name: await stage.get(f"/v1/imports/{uuid4()}/{name}") for name in DOCUMENTS}

    state = (await stage.get(f"/v1/imports/{request.import_id}")).json()
    assert (state["status"], state["trouble"]["code"]) == ("refused", "import.wrong-company")
    assert {one.json()["code"] for one in answers.values()} == {"import.result-gone", "import.no-sie-file"}
    assert {one.json()["code"] for one in unknown.values()} == {"import.unknown"}


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_nobody_without_a_key_sees_anything(stage: Any, document: str) -> None:
    assert (await stage.get(f"/v1/imports/{uuid4()}/{document}", key="another")).status_code == 401


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_each_use_of_a_document_keeps_the_import_longer(stage: Any, document: str) -> None:
    request, _ = await imported(stage)
    kept = timedelta(days=30)
    older = "update imports set used_at = used_at - interval '31 days' where import_id = $1"
    await stage.value(older, request.import_id)

    assert (await stage.get(f"/v1/imports/{request.import_id}/{document}")).status_code == 200
    async with stage.house.pool.acquire() as connection:
        await prune(connection, rules(kept))
        assert (await stage.get(f"/v1/imports/{request.import_id}")).status_code == 200
        await stage.value(older, request.import_id)
        await prune(connection, rules(kept))

    assert (await stage.get(f"/v1/imports/{request.import_id}")).status_code == 404


async def test_the_product_can_have_all_of_a_connection_forgotten(stage: Any) -> None:
    request, _ = await imported(stage, datasets=(Dataset.SIE4,))
    stage.lose_connection()
    waiting = stage.request()
    await stage.send(waiting)
    await stage.event(waiting, "import.waiting")

    assert (await stage.get(f"/v1/connections/{stage.connection_id}/imports", method="DELETE")).status_code == 204

    assert (await stage.get(f"/v1/imports/{request.import_id}")).status_code == 404
    assert (await stage.get(f"/v1/imports/{request.import_id}/sie")).status_code == 404
    assert (await stage.get(f"/v1/imports/{waiting.import_id}")).status_code == 200
    before = len(stage.said(request))
    await stage.send(
        ImportResendRequested(connection_id=stage.connection_id, import_id=request.import_id, resend_id=uuid4())
    )
    refused = await stage.event(request, "import.refused")
    assert (len(stage.said(request)), refused["data"]["trouble"]["code"]) == (before + 1, "import.result-gone")
    async with stage.house.pool.acquire() as connection:
        await prune(connection, rules(timedelta(days=30)))
    assert await stage.value("select count(*) from sie_files where import_id = $1", request.import_id) == 0


@pytest.fixture
async def forgetful(stage: Any) -> AsyncIterator[Any]:
    """The importer with the setting that lets documents go with their connection."""
    before = stage.house.settings
    for settings in (before.model_copy(update={"forget_with_connection": True}), before):
        await stage.house.stop()
        stage.house.settings = settings
        await stage.house.start()
        if settings is not before:
            yield stage


async def test_documents_go_with_the_connection_if_the_product_says_so(forgetful: Any) -> None:
    stage = forgetful
    request, _ = await imported(stage, datasets=(Dataset.SIE4,))
    stage.lose_connection()
    waiting = stage.request()
    await stage.send(waiting)
    await stage.event(waiting, "import.waiting")

    await stage.send(removed(stage))
    await stage.true("select forgotten_at is not null from imports where import_id = $1", request.import_id)

    for one in (request, waiting):
        assert (await stage.get(f"/v1/imports/{one.import_id}")).status_code == 404
        assert (await stage.get(f"/v1/imports/{one.import_id}/sie")).status_code == 404


async def test_otherwise_they_stay_for_who_wants_to_file_after_disconnecting(stage: Any) -> None:
    request, _ = await imported(stage, datasets=(Dataset.SIE4,))

    await stage.send(removed(stage))
    await stage.true(
        "select exists (select from inbox where type = 'connection.removed' and data::text like '%' || $1 || '%')",
        str(stage.connection_id),
    )

    assert (await stage.get(f"/v1/imports/{request.import_id}/sie")).status_code == 200


async def test_imports_under_way_are_counted_and_the_oldest_is_known(stage: Any) -> None:
    stage.lose_connection()
    request = stage.request()
    await stage.send(request)
    await stage.event(request, "import.waiting")
    await stage.value(
        "update imports set requested_at = requested_at - interval '1 hour' where import_id = $1", request.import_id
    )

    await measure(stage.house.pool, SYSTEM)

    waiting = REGISTRY.get_sample_value("bokbrygga_imports", {"state": "waiting"})
    oldest = REGISTRY.get_sample_value("bokbrygga_imports_oldest_seconds", {"state": "waiting"})
    assert waiting is not None
    assert waiting >= 1
    assert oldest is not None
    assert oldest >= 3600


async def test_an_operator_is_told_an_imports_story(stage: Any) -> None:
    request, completed = await imported(stage)
    dsn = stage.house.settings.database_url.get_secret_value()

    told = await show(dsn, str(request.import_id))
    nothing = await show(dsn, str(uuid4()))

    assert told[0] == 0
    for part in (
        f"import {request.import_id}  connection {stage.connection_id}",
        "completed at 100 %",
        f"calls used {completed['calls']} of {completed['calls_planned']} planned",
        "import job done, attempts 1",
        "customer_ledger: 1 chunks",
        f"SIE file {completed['sie_sha256']}",
    ):
        assert part in told[1]
    assert completed["company_name"] not in told[1]
    assert nothing[0] == 1
    assert "never asked for" in nothing[1]


async def show(dsn: str, import_id: str) -> tuple[int | None, str]:
    """Runs `python -m importer show …` as an operator does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "importer", "show", import_id),
        env={**os.environ, "DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def check(fuzz: Any, stage: Any, *, known: bool, examples: int) -> int:
    request, _ = await imported(stage)
    about_known = {"include-method": "GET", "parameters": {"path.import_id": str(request.import_id)}}
    headers = {"authorization": "Bearer the-key-of-the-product"}
    made: int = await fuzz(stage.house.app, headers, examples, [about_known] if known else [])
    return made


async def test_every_answer_is_one_that_is_published(fuzz: Any, stage: Any) -> None:
    assert await check(fuzz, stage, known=True, examples=3) > 50


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("known", [True, False], ids=["known", "anything"])
async def test_very_many_requests(fuzz: Any, stage: Any, known: bool) -> None:
    assert await check(fuzz, stage, known=known, examples=100) > 500
