"""Originals that a correction has reversed before: what became of that is read in Fortnox before it is told."""

from typing import Any

from common.events import FinancialYear
from voucher_sender import batch_job


def only(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The one finding of the one voucher that stood in the way."""
    assert events[-1]["trouble"]["code"] == "vouchers.correction-refused"
    [told] = events[-1]["not_corrected"]
    [finding] = told["findings"]
    return dict(finding)


async def test_a_correction_that_was_removed_is_not_told_as_standing(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.correct("v-1")
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.correction-changed"
    assert told["swedish"] == (
        "Verifikation I 1 har ändrats genom I 2. Senaste ändringen står inte kvar som den bokfördes: "
        "Enligt kvittot bokfördes verifikationen som I 2, 2025-12-31, 101,00 kr. I Fortnox finns den inte längre."
    )
    assert "I 1 kan inte ändras härifrån igen" in told["next_step"]
    assert len(office.books()) == 1


async def test_a_correction_that_was_struck_is_told_with_both_sides(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.correct("v-1")
    await office.simulator.strike_voucher(office.tenant, "I", 2, office.financial_year)

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.correction-changed"
    assert "Verifikation I 2 har ändrats i Fortnox" in told["swedish"]
    assert "rad: 7832 -101.00 → saknas" in told["swedish"]


async def test_of_corrections_that_were_corrected_the_last_is_named(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    first = (await office.correct("v-1"))[1]
    second = (await office.correct(first["voucher_id"]))[1]
    await office.correct(second["voucher_id"])

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.corrected-in-turn"
    assert told["swedish"] == (
        "Verifikation I 1 är ändrad genom I 2, som i sin tur är ändrad. Den senaste ändringen är I 4."
    )
    assert only(await office.correct(second["voucher_id"]))["code"] == "voucher.already-corrected"


async def test_a_correction_of_another_year_is_named_with_its_year(office: Any, a_batch: Any) -> None:
    years = office.company.profile.years.values()
    last = next(year for year in years if year.start > office.last_day)
    following = FinancialYear(from_date=last.start, to_date=last.end)
    await office.book(a_batch(1))
    await office.correct("v-1", financial_year=following, date=following.from_date)

    told = only(await office.correct("v-1"))

    assert told["swedish"] == "Verifikation I 1 är redan ändrad genom I 1 (2026)."


async def test_a_doubled_voucher_must_be_decided_first(office: Any, a_batch: Any) -> None:
    async def double(moment: str) -> None:
        if moment == "after POST":
            made = office.books()[0]
            rows = [(7832, 101), (1229, -101)]
            await office.simulator.book_voucher(
                office.tenant, series="I", date=office.last_day, rows=rows, comments=made.comments, text=made.text
            )

    await office.book(a_batch(1), meanwhile=double)

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.needs-decision"
    assert len(office.books()) == 2


async def test_for_one_that_is_under_way_or_uncertain_the_accountant_waits(office: Any, a_batch: Any) -> None:
    """It is neither "not ours" nor to be booked by hand."""
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    await office.simulator.fault("GET /3/vouchers", "status-503", times=99)
    await office.approve(a_batch(1))
    await office.attempt()
    correction = await office.request("v-1", series="A")
    await office.simulator.clear_faults()

    async with office.pool.acquire() as connection:
        await connection.execute("update jobs set run_at = clock() + interval '1 hour' where status = 'waiting'")
    sender = office.sender()
    await batch_job.run(await office.claim(sender), sender)

    told = only(await office.told_of(correction.correction_id))
    assert told["code"] == "voucher.not-yet-known"
    assert "Bokför inget för hand" in told["next_step"]
