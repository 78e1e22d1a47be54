"""The voucher-sender's HTTP interface under generated requests, about a batch that there is and about anything."""

from typing import Any

import pytest


async def check(fuzz: Any, office: Any, interface: Any, batch: Any, *, known: bool, examples: int) -> int:
    await office.book(batch)
    about_known = {
        "include-method": "GET",
        "parameters": {"path.connection_id": str(batch.connection_id), "path.batch_id": str(batch.batch_id)},
    }
    made: int = await fuzz(interface.app, interface.headers, examples, [about_known] if known else [])
    return made


async def test_every_answer_is_one_that_is_published(fuzz: Any, office: Any, interface: Any, a_batch: Any) -> None:
    assert await check(fuzz, office, interface, a_batch(1), known=True, examples=3) > 50


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("known", "at_least"), [(True, 300), (False, 500)], ids=["known", "anything"])
async def test_very_many_requests(
    fuzz: Any, office: Any, interface: Any, a_batch: Any, known: bool, at_least: int
) -> None:
    """Where ids are known there is less to vary."""
    assert await check(fuzz, office, interface, a_batch(1), known=known, examples=100) > at_least
