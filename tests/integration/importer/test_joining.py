"""Two requests for the same company and year: one reading, and an end for each."""

from datetime import date
from typing import Any

import pytest

from common.events import Dataset, ImportCancelRequested
from sandbox.product.assembly import prove

SIE = "/3/sie/4"


async def under_way(stage: Any, **more: Any) -> Any:
    """An import that is held up while it reads the books."""
    stage.house.network.held.add(SIE)
    request = stage.request(**more)
    await stage.send(request)
    await stage.event(request, "import.started")
    return request


async def known(stage: Any, request: Any) -> None:
    await stage.true("select count(*) = 1 from imports where import_id = $1", request.import_id)


async def test_a_request_for_the_same_joins_the_one_under_way(stage: Any) -> None:
    first, second = await under_way(stage), stage.request()
    await stage.send(second)
    await known(stage, second)

    stage.house.network.release()
    leader, follower = await stage.ended(first), await stage.ended(second)

    calls = len(await stage.calls())
    assert leader["type"] == follower["type"] == "import.completed"
    assert (leader["data"]["calls"], follower["data"]["calls"]) == (calls, 0)
    assert follower["data"]["joined"] == str(first.import_id)
    assert leader["data"]["joined"] is None
    assert follower["data"]["snapshot_id"] != leader["data"]["snapshot_id"]
    proofs = [prove(ended["data"], await stage.chunks(ended)) for ended in (leader, follower)]
    assert proofs[0].totals == proofs[1].totals
    kinds = [event["type"] for event in stage.said(second)]
    assert kinds == ["import.started", "import.progressed", "import.completed"]
    file = await stage.get(f"/v1/imports/{second.import_id}/sie")
    assert file.headers["etag"].strip('"') == leader["data"]["sie_sha256"]


async def test_who_joins_gets_no_more_than_was_asked_for(stage: Any) -> None:
    await under_way(stage)
    second = stage.request(datasets=(Dataset.CUSTOMER_LEDGER,))
    await stage.send(second)
    await known(stage, second)

    stage.house.network.release()
    follower = await stage.ended(second)

    assert [one["dataset"] for one in follower["data"]["datasets"]] == ["customer_ledger", "checks"]
    prove(follower["data"], await stage.chunks(follower))


async def test_when_the_other_comes_to_nothing_it_runs_by_itself(stage: Any) -> None:
    first, second = await under_way(stage), stage.request()
    await stage.send(second)
    await known(stage, second)

    await stage.send(ImportCancelRequested(connection_id=stage.connection_id, import_id=first.import_id))
    assert (await stage.ended(first))["type"] == "import.cancelled"
    stage.house.network.release()
    completed = await stage.ended(second)

    assert completed["type"] == "import.completed"
    assert completed["data"]["joined"] is None
    assert completed["data"]["calls"] > 0


@pytest.mark.parametrize("waiting", [False, True], ids=["running", "waiting"])
async def test_a_request_for_more_supersedes_the_one_under_way(stage: Any, *, waiting: bool) -> None:
    if waiting:
        stage.lose_connection()
        first = stage.request(datasets=(Dataset.SIE4,))
        await stage.send(first)
        await stage.event(first, "import.waiting")
        stage.find_connection()
    else:
        first = await under_way(stage, datasets=(Dataset.SIE4,))

    second = stage.request(closing_date=date(2010, 11, 30))
    await stage.send(second)
    cancelled = await stage.ended(first)
    stage.house.network.release()

    assert cancelled["type"] == "import.cancelled"
    assert cancelled["data"]["superseded_by"] == str(second.import_id)
    completed = await stage.ended(second)
    assert completed["data"]["closing_date"] == "2010-11-30"
    assert completed["data"]["joined"] is None


async def test_one_that_gives_something_else_waits_for_its_turn(stage: Any) -> None:
    first = await under_way(stage, datasets=(Dataset.SIE4,))
    second = stage.request(datasets=(Dataset.SUPPLIER_LEDGER,))
    await stage.send(second)
    await known(stage, second)

    stage.house.network.release()
    ends = [await stage.ended(first), await stage.ended(second)]

    assert [end["type"] for end in ends] == ["import.completed", "import.completed"]
    assert [end["data"]["joined"] for end in ends] == [None, None]


async def test_who_joins_is_held_to_the_number_that_was_expected(stage: Any) -> None:
    await under_way(stage)
    second = stage.request(expected_organisation_number="556677-8899")
    await stage.send(second)
    await known(stage, second)

    stage.house.network.release()
    refused = await stage.ended(second)

    assert refused["type"] == "import.refused"
    assert refused["data"]["trouble"]["code"] == "import.wrong-company"
