"""The time from which a look lets Fortnox show what was changed: early enough, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from fortnox._pages import written
from voucher_sender.resolve import CLOCKS_APART

SWEDEN = ZoneInfo("Europe/Stockholm")
CLOCKS_DIFFER = timedelta(minutes=10)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
AUTUMN, SPRING = datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)


@given(st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: YEAR + timedelta(minutes=minutes)))
@example(AUTUMN)
@example(AUTUMN + CLOCKS_APART)
@example(AUTUMN + CLOCKS_APART - timedelta(minutes=30))
@example(AUTUMN + CLOCKS_APART + timedelta(minutes=30))
@example(SPRING)
@example(SPRING + CLOCKS_APART)
def test_a_narrowed_look_begins_before_the_intent_however_fortnox_reads_its_time(intended_at: datetime) -> None:
    asked = datetime.fromisoformat(written(intended_at - CLOCKS_APART))

    readings = [asked.replace(tzinfo=SWEDEN, fold=fold) for fold in (0, 1)] + [asked.replace(tzinfo=UTC)]

    assert all(reading.astimezone(UTC) <= intended_at - CLOCKS_DIFFER for reading in readings)
