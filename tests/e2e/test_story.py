"""The whole story, through the real services, with three importers and two voucher-senders at once."""

import asyncio
import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from sandbox.product import import_requested, vouchers_approved
from sandbox.product.commands import ClosingRow, ClosingVoucher
from sandbox.product.records import CommandRecord

pytestmark = pytest.mark.e2e

FOUND_NOTHING = [0, 0]


def about(command: CommandRecord) -> str:
    """The import or batch that a command is about."""
    data = json.loads(command.value)
    return str(data.get("import_id") or data["batch_id"])


@pytest.fixture(scope="module")
async def told(scene: Any) -> Any:
    """A story that has been told, for tests that begin where it ends."""
    story = await scene.story()
    await story.tell()
    return story


async def test_a_company_is_connected_imported_and_closed(scene: Any, told: Any) -> None:

    books = await scene.simulator.vouchers(told.tenant)
    markers = [voucher["comments"] for voucher in books if voucher["through_api"]]
    assert len(markers) == len(set(markers)) == len([*told.receipts, told.correction])
    reconciliations = [one["reconciliation"] for one in told.completed["datasets"] if one["reconciliation"]]
    assert [Decimal(one["difference"]) for one in reconciliations] == FOUND_NOTHING
    rates = (await scene.simulator.rate())[told.tenant]
    assert rates["largest_window"] <= 25
    assert rates["too_many_requests"] == 0


async def test_progress_rises_to_a_hundred(scene: Any, told: Any) -> None:

    events = await scene.product.events_about(told.completed["import_id"])
    shares = [event["percent"] for event in events if event["type"] == "import.progressed"]
    assert shares == sorted(shares)
    assert shares[-1] == 100


async def test_a_command_sent_ten_times_has_one_effect(scene: Any, told: Any) -> None:
    command = import_requested(told.connection_id, uuid4(), told.year)

    for _ in range(10):
        await scene.product.send(command)
    last = import_requested(told.connection_id, uuid4(), told.year)
    await scene.product.send(last)

    await scene.product.wait_for(about(last), "import.completed")
    types = [event["type"] for event in await scene.product.events_about(about(command))]
    assert types.count("import.started") == types.count("import.completed") == 1


async def test_the_same_import_id_with_other_content_is_refused(scene: Any, told: Any) -> None:
    again = import_requested(told.connection_id, UUID(told.completed["import_id"]), told.year, datasets=["sie4"])

    await scene.product.send(again)

    refused = await scene.product.wait_for(told.completed["import_id"], "import.refused")
    assert refused["trouble"]["code"] == "command.reused-key"


async def test_a_voucher_sent_in_two_batches_is_booked_once(scene: Any, told: Any) -> None:
    receipt = told.receipts[0]
    before = len(await scene.simulator.vouchers(told.tenant))
    batch = uuid4()

    await scene.product.send(vouchers_approved(told.connection_id, batch, told.year, receipt["series"], told.vouchers))

    completed = await scene.product.wait_for(batch, "vouchers.completed")
    assert (completed["booked"], completed["already_booked"]) == (0, len(told.vouchers))
    assert len(await scene.simulator.vouchers(told.tenant)) == before


async def test_an_unbalanced_voucher_is_rejected_with_reason_and_the_batch_books_nothing(scene: Any, told: Any) -> None:
    good = told.vouchers[0]
    bad = ClosingVoucher(
        "fel-1", good.date, "Obalanserad", (good.rows[0], ClosingRow(account=good.rows[1].account, credit=Decimal(1)))
    )
    before = len(await scene.simulator.vouchers(told.tenant))
    batch = uuid4()

    await scene.product.send(vouchers_approved(told.connection_id, batch, told.year, told.receipts[0]["series"], [bad]))

    rejected = await scene.product.wait_for(batch, "voucher.rejected")
    assert any(finding["severity"] == "error" for finding in rejected["findings"])
    completed = await scene.product.wait_for(batch, "vouchers.completed")
    assert (completed["booked"], completed["rejected"]) == (0, 1)
    assert len(await scene.simulator.vouchers(told.tenant)) == before


async def test_a_failing_company_does_not_hold_up_another(scene: Any) -> None:
    slow, quick = await scene.story(seed=2), await scene.story(seed=3)
    await scene.simulator.fault("GET /3/sie/*", kind="slow", seconds=6, times=1, tenant=slow.tenant)

    under_way = asyncio.create_task(slow.tell())
    await quick.tell()

    assert not under_way.done()
    await under_way
