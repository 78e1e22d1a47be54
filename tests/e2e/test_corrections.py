"""A booked voucher is reversed through the real services, and only once."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from sandbox.product import vouchers_correction_requested

pytestmark = pytest.mark.e2e


async def test_booked_corrected_and_not_corrected_again(scene: Any) -> None:
    story = await scene.story(seed=7)
    await story.tell()
    original, correction = story.receipts[-1], story.correction

    second = uuid4()
    await scene.product.send(
        vouchers_correction_requested(
            story.connection_id,
            second,
            story.year,
            original["series"],
            story.year.to_date,
            [original["voucher_id"]],
            requested_by="user-1042",
        )
    )
    refused = await scene.product.wait_for(second, "vouchers.refused", "vouchers.completed")

    assert correction["corrects"] == {
        name: original[name] for name in ("voucher_id", "series", "number", "financial_year")
    }
    assert refused["trouble"]["code"] == "vouchers.correction-refused"
    (told,) = refused["not_corrected"]
    assert [one["code"] for one in told["findings"]] == ["voucher.already-corrected"]
    assert [(one["series"], one["number"]) for one in told["corrected_by"]] == [
        (correction["series"], correction["number"])
    ]
    books = {
        (one["series"], one["number"]): one
        for one in await scene.simulator.vouchers(story.tenant)
        if one["through_api"] and one["financial_year"] == original["financial_year"]
    }
    assert len(books) == len(story.receipts) + 1
    first, reversing = (books[one["series"], one["number"]] for one in (original, correction))
    assert [(row["account"], row["debit"], row["credit"]) for row in reversing["rows"]] == [
        (row["account"], row["credit"], row["debit"]) for row in first["rows"]
    ]
    kept = await scene.product.receipts(story.connection_id)
    assert kept[correction["voucher_id"]]["corrects"] == original["voucher_id"]
    assert UUID(correction["voucher_id"])
