"""What is not booked, and why."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.events.voucher_batches import DimensionObject, VoucherRow

LAST_DAY = date(2025, 12, 31)


def codes(events: list[dict[str, Any]], kind: str = "voucher.rejected") -> list[tuple[str, list[str]]]:
    """By voucher: the codes of the errors that it was told with."""
    return [
        (one["voucher_id"], [found["code"] for found in one["findings"] if found["severity"] == "error"])
        for one in events
        if one["type"] == kind
    ]


def rows_on(account: int) -> tuple[VoucherRow, ...]:
    return VoucherRow(account=account, debit=Decimal(5)), VoucherRow(account=1930, credit=Decimal(5))


async def test_nothing_is_booked_when_one_does_not_pass(office: Any, a_batch: Any, voucher: Any) -> None:
    events = await office.book(a_batch([voucher(1), voucher(2, rows=rows_on(4999))]))

    assert codes(events) == [("v-1", ["vouchers.others-failed"]), ("v-2", ["voucher.account-missing"])]
    assert events[-1]["rejected"] == 2
    assert office.books() == []


async def test_what_passes_is_booked_when_the_policy_says_so(office: Any, a_batch: Any, voucher: Any) -> None:
    vouchers = [voucher(1, rows=rows_on(4999)), voucher(2)]

    events = await office.book(a_batch(vouchers, policy="book_what_passes"))

    assert codes(events) == [("v-1", ["voucher.account-missing"])]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 1)
    assert [one.text for one in office.books()] == ["Bokslut 2"]


async def test_a_year_that_is_another_in_fortnox_is_told_for_each_voucher(office: Any, a_batch: Any) -> None:
    year = {"from_date": date(2025, 2, 1), "to_date": date(2026, 1, 31)}

    events = await office.book(a_batch(2, financial_year=year, mode="check"))

    assert codes(events, "voucher.checked") == [(one, ["vouchers.different-financial-year"]) for one in ("v-1", "v-2")]
    assert (events[-1]["passed"], events[-1]["rejected"]) == (0, 2)


async def test_a_series_that_takes_no_manual_vouchers_is_told_with_those_that_do(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(1, series="B"))

    rejected = next(one for one in events if one["type"] == "voucher.rejected")
    assert codes(events) == [("v-1", ["vouchers.series-not-manual"])]
    assert "A, I, J" in rejected["findings"][0]["swedish"]


async def test_an_account_closed_since_the_check_becomes_the_checks_own_finding(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    closed: list[None] = []

    async def close(moment: str) -> None:
        if moment == "before POST" and not closed:
            closed.append(await office.simulator.deactivate_account(office.tenant, 7832))

    batch = a_batch([voucher(1), voucher(2, rows=rows_on(6570))], policy="book_what_passes")
    events = await office.book(batch, meanwhile=close)

    assert codes(events) == [("v-1", ["voucher.account-inactive"])]
    assert [one.text for one in office.books()] == ["Bokslut 2"]


ON_NORR = DimensionObject(dimension=1, object="NORR")
IN_1005 = DimensionObject(dimension=6, object="1005")


@pytest.mark.parametrize(
    ("edit", "change", "code", "says"),
    [
        ("lock_period", {"date": LAST_DAY}, "voucher.period-locked", "2025-12-31"),
        ("change_series", {"series": "A", "manual": False}, "vouchers.series-not-manual", "I, J"),
        ("change_series", {"series": "A", "remove": True}, "vouchers.no-series", "I, J"),
        ("change_account", {"account": 7832, "active": False}, "voucher.account-inactive", "7832"),
        ("change_account", {"account": 7832, "project": "NOTALLOWED"}, "voucher.project-forbidden", "7832"),
        ("change_account", {"account": 7832, "cost_centre": "NOTALLOWED"}, "voucher.cost-centre-forbidden", "7832"),
        ("change_account", {"account": 1229, "project": "MANDATORY"}, "voucher.project-required", "1229"),
        ("change_account", {"account": 1229, "cost_centre": "MANDATORY"}, "voucher.cost-centre-required", "1229"),
        ("change_object", {"dimension": "1", "code": "NORR", "active": False}, "voucher.cost-centre-missing", "NORR"),
        ("change_object", {"dimension": "1", "code": "NORR", "remove": True}, "voucher.cost-centre-missing", "NORR"),
        ("change_object", {"dimension": "6", "code": "1005", "remove": True}, "voucher.project-missing", "1005"),
        (
            "change_object",
            {"dimension": "6", "code": "1005", "end": LAST_DAY - timedelta(days=1)},
            "voucher.project-not-open",
            "1005",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
@pytest.mark.parametrize("policy", ["all_or_nothing_before_sending", "book_what_passes"])
async def test_what_changed_since_the_check_becomes_the_checks_own_finding(
    office: Any, a_batch: Any, voucher: Any, edit: str, change: dict[str, Any], code: str, says: str, policy: str
) -> None:
    """Although the check has read it a moment ago, which is remembered."""
    for dimension, known in (("1", "NORR"), ("6", "1005")):
        await office.simulator.edit("change_object", office.tenant, dimension=dimension, code=known)
    rows = (
        VoucherRow(account=7832, debit=Decimal(5), dimensions=(ON_NORR, IN_1005)),
        VoucherRow(account=1229, credit=Decimal(5)),
    )
    changed: list[Any] = []

    async def meanwhile(moment: str) -> None:
        if moment == "before POST" and not changed:
            changed.append(await office.simulator.edit(edit, office.tenant, **change))

    vouchers = [voucher(1, rows=rows), voucher(2, date=date(2025, 11, 30), rows=rows_on(6570))]
    events = await office.book(a_batch(vouchers, series="A", policy=policy), meanwhile=meanwhile)

    first = next(one for one in events if one["type"] == "voucher.rejected")
    assert codes(events)[0] == ("v-1", [code])
    assert says in first["findings"][0]["swedish"]
    whole_series = edit in {"lock_period", "change_series"}
    if policy == "book_what_passes":
        assert [one.text for one in office.books("A")[1:]] == ([] if whole_series else ["Bokslut 2"])
    else:
        assert codes(events)[1:] == [("v-2", ["vouchers.stopped"])]


async def test_why_fortnox_refuses_is_read_once_for_a_whole_batch(office: Any, a_batch: Any) -> None:
    """After the first refusal each further one costs its POST and the lock date."""

    async def close(moment: str) -> None:
        await office.simulator.edit("change_account", office.tenant, account=7832, active=False)

    events = await office.book(a_batch(10, policy="book_what_passes"), meanwhile=close)

    paths = Counter(one["path"] for one in await office.simulator.calls() if one["method"] == "GET")
    assert codes(events) == [(f"v-{number}", ["voucher.account-inactive"]) for number in range(1, 11)]
    assert (paths["/3/accounts"], paths["/3/voucherseries"], paths["/3/financialyears"]) == (2, 2, 2)
    assert paths["/3/settings/lockedperiod"] == 11


async def test_after_a_refusal_the_rest_stops_when_it_is_all_or_nothing(office: Any, a_batch: Any) -> None:
    async def lock(moment: str) -> None:
        if moment == "before POST" and len(office.books("A")) == 2:
            await office.simulator.lock_period(office.tenant, office.last_day)

    events = await office.book(a_batch(3, series="A"), meanwhile=lock)

    assert codes(events) == [("v-2", ["voucher.period-locked"]), ("v-3", ["vouchers.stopped"])]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 2)


async def test_the_rest_stays_stopped_when_the_refusal_was_in_an_attempt_that_crashed(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    """As if the process had died between the two: the second voucher has no outcome yet."""

    async def close(moment: str) -> None:
        if moment == "before POST":
            await office.simulator.deactivate_account(office.tenant, 7832)

    batch = a_batch([voucher(1), voucher(2, rows=rows_on(6570))])
    await office.book(batch, meanwhile=close)
    async with office.pool.acquire() as connection:
        await connection.execute(
            """
            update batch_vouchers set outcome = null where position = 2;
            update vouchers set state = 'approved' where voucher_id = 'v-2';
            update batches set ended_at = null;
            update jobs set status = 'queued', run_at = clock()
            """
        )

    await office.work()

    assert codes(await office.events(batch))[-1] == ("v-2", ["vouchers.stopped"])
    assert office.books() == []


async def test_a_locked_period_is_asked_about_once_and_remembered(office: Any, a_batch: Any) -> None:
    await office.simulator.lock_period(office.tenant, office.last_day)

    first = await office.book(a_batch(3, series="A", policy="book_what_passes"))
    calls = await office.simulator.calls()
    again = await office.book(a_batch(1, series="A", mode="check"))

    assert [code for _, code in codes(first)] == [["voucher.period-locked"]] * 3
    assert len([one for one in calls if one["method"] == "POST" and one["path"] == "/3/vouchers"]) == 1
    assert codes(again, "voucher.checked") == [("v-1", ["voucher.period-locked"])]


async def test_a_series_that_was_made_exempt_after_a_refusal_takes_vouchers_again_soon(
    office: Any, a_batch: Any, patient: Any
) -> None:
    """Its refusal is believed for minutes only: Fortnox doesn't tell that a series was made exempt."""
    await office.simulator.lock_period(office.tenant, office.last_day)
    await office.book(a_batch(1, series="A"))
    await office.simulator.set_switch("closing_series", "A")
    async with office.pool.acquire() as connection:
        await connection.execute("update series_locks set seen_at = seen_at - interval '9 min'")
    at_once = await office.book(a_batch(1, series="A"))
    async with office.pool.acquire() as connection:
        await connection.execute("update series_locks set seen_at = seen_at - interval '1 min'")

    later = await office.book(a_batch(1, series="A"))

    assert [code for _, code in codes(at_once)] == [["voucher.period-locked"]]
    assert later[-1]["booked"] == 1


async def test_what_is_known_of_a_series_lock_holds_for_that_lock_date_only(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.simulator.lock_period(office.tenant, office.last_day)
    await office.book(a_batch(1))
    await office.simulator.lock_period(office.tenant, office.last_day + timedelta(days=31))

    again = await office.book(a_batch([voucher(2)], mode="check"))

    assert [one["code"] for one in again[0]["findings"]] == ["voucher.date-locked"]


async def test_a_closing_series_exempt_from_the_lock_takes_vouchers_and_is_not_warned_of_again(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.simulator.lock_period(office.tenant, office.last_day)

    first = await office.book(a_batch(1))
    again = await office.book(a_batch([voucher(2)], mode="check"))

    warned = [one["code"] for one in first[0]["findings"]]
    assert warned == ["voucher.date-locked"]
    assert first[-1]["booked"] == 1
    assert again[0]["findings"] == []


async def test_texts_are_cleaned_and_that_is_said(office: Any, a_batch: Any, voucher: Any) -> None:
    events = await office.book(a_batch([voucher(1, description="Avskrivning [2025] – “maskiner”")]))

    (finding,) = events[0]["findings"]
    assert finding["code"] == "voucher.text-cleaned"
    assert finding["proposal"] == office.books()[0].text == "Avskrivning (2025) – maskiner"


async def test_without_the_licence_the_batch_is_refused(office: Any, a_batch: Any) -> None:
    await office.simulator.remove_licence(office.tenant, "bookkeeping")

    events = await office.book(a_batch(1))

    assert [one["type"] for one in events] == ["vouchers.refused"]
    assert events[0]["trouble"]["code"] == "vouchers.not-allowed"


async def test_a_licence_lost_while_booking_rejects_what_is_left(office: Any, a_batch: Any) -> None:
    async def lose(moment: str) -> None:
        if moment == "after POST":
            await office.simulator.remove_licence(office.tenant, "bookkeeping")

    events = await office.book(a_batch(2), meanwhile=lose)

    assert codes(events) == [("v-2", ["vouchers.not-allowed"])]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 1)


async def test_too_many_requests_and_a_dead_token_mean_that_nothing_happened(office: Any, a_batch: Any) -> None:
    await office.simulator.fault("POST /3/vouchers", "status-429")
    await office.simulator.fault("POST /3/vouchers", "status-401")
    batch = a_batch(1)

    events = await office.book(batch)

    assert "voucher.uncertain" not in [one["type"] for one in events]
    assert events[-1]["booked"] == 1
    office.judge(batch, told=events)


async def test_a_day_in_the_unlocked_part_is_not_warned_of(office: Any, a_batch: Any) -> None:
    await office.simulator.lock_period(office.tenant, office.last_day - timedelta(days=1))

    events = await office.book(a_batch(1, mode="check"))

    assert events[0]["findings"] == []
