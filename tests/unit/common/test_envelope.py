"""Envelopes: written as CloudEvents 1.0 in binary mode, and whatever comes is read or refused, nothing else."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.events import (
    REGISTRY,
    Event,
    EventData,
    FinancialYear,
    ImportCancelRequested,
    ImportRequested,
    Record,
    Unreadable,
    VouchersApproved,
    from_record,
    new_event,
    to_record,
)
from common.events.voucher_batches import ApprovedVoucher, VoucherRow

CONNECTION = UUID("d9428888-122b-11e1-b85c-61cd3cbb3210")
YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
COMMANDS: list[type[EventData]] = [ImportRequested, ImportCancelRequested]
NOW = datetime(2026, 11, 22, 16, 53, 12, 345678, tzinfo=UTC)


def a_request(**fields: Any) -> ImportRequested:
    return ImportRequested(connection_id=CONNECTION, import_id=uuid4(), financial_year=YEAR, **fields)


def an_event() -> Event[ImportRequested]:
    return new_event(a_request(), source="product", time=NOW)


def test_the_wire_is_binary_cloudevents() -> None:
    event = replace(an_event(), id="1", correlation_id="2", causation_id="3", sequence=4, traceparent="00-a-b-01")

    record = to_record(event)

    assert record.topic == "fortnox.import-requests.v1"
    assert record.key == str(CONNECTION).encode()
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"product",
        "ce_type": b"import.requested",
        "ce_time": b"2026-11-22T16:53:12.345678Z",
        "ce_dataschema": b"urn:bokbrygga:import.requested:v1",
        "ce_correlationid": b"2",
        "ce_causationid": b"3",
        "ce_sequence": b"4",
        "traceparent": b"00-a-b-01",
        "content-type": b"application/json",
    }
    assert json.loads(record.value or b"")["financial_year"] == {"from_date": "2025-01-01", "to_date": "2025-12-31"}


def test_what_is_written_is_read_back_the_same() -> None:
    event = replace(an_event(), sequence=7, traceparent="00-a-b-01")

    assert from_record(to_record(event), [ImportRequested]) == event


def test_a_time_of_day_elsewhere_is_told_in_utc() -> None:
    event = replace(an_event(), time=NOW.astimezone(timezone(timedelta(hours=2))))

    assert dict(to_record(event).headers)["ce_time"] == b"2026-11-22T16:53:12.345678Z"


def test_a_command_written_by_hand_needs_four_headers() -> None:
    value = json.dumps({"connection_id": str(CONNECTION), "import_id": str(CONNECTION)}).encode()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"1"),
        ("ce_source", b"me"),
        ("ce_type", b"import.cancel_requested"),
    ]

    event = from_record(Record("t", None, value, headers), COMMANDS)

    assert event.data == ImportCancelRequested(connection_id=CONNECTION, import_id=CONNECTION)
    assert event.correlation_id == "1"


def test_what_an_event_leads_to_carries_its_story() -> None:
    command = replace(an_event(), traceparent="00-a-b-01")

    first = new_event(a_request(), source="importer", time=NOW, cause=command)
    second = new_event(a_request(), source="importer", time=NOW, cause=first)

    assert first.causation_id == first.correlation_id == command.id
    assert (second.causation_id, second.correlation_id) == (first.id, command.id)
    assert second.traceparent == command.traceparent


SCALARS = st.none() | st.booleans() | st.floats() | st.text() | st.integers()
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ImportRequested.model_fields]), inner)
    ),
)
NAMES = (
    "ce_id ce_type ce_source ce_specversion ce_time ce_dataschema ce_x ce_ CE_ID ce_sequence content-type traceparent x"
)
VALUES = [b"1.0", b"import.requested", b"2026-11-22T16:53:12Z", "\u00b2".encode(), b"9" * 5000]


@given(
    value=st.none() | st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    headers=st.lists(
        st.tuples(
            st.sampled_from(NAMES.split()) | st.text(max_size=8),
            st.none() | st.binary(max_size=12) | st.sampled_from(VALUES),
        ),
        max_size=12,
    ),
    key=st.none() | st.binary(max_size=40),
    good=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_whatever_comes_is_read_or_refused(
    value: bytes | None, headers: list[tuple[str, bytes | None]], key: bytes | None, good: bool
) -> None:
    base = list(to_record(an_event()).headers) if good else []
    with contextlib.suppress(Unreadable):
        from_record(Record("t", key, value, [*base, *headers]), COMMANDS)


def test_a_sequence_that_is_no_number_is_as_none() -> None:
    record = to_record(an_event())
    for odd in VALUES[-2:]:
        assert from_record(replace(record, headers=[*record.headers, ("ce_sequence", odd)]), COMMANDS).sequence is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_amounts_travel_exactly(amount: Decimal) -> None:
    voucher = ApprovedVoucher(
        voucher_id="1", date=date(2025, 12, 31), description="", rows=(VoucherRow(account=1, debit=amount),)
    )
    batch = VouchersApproved(
        connection_id=CONNECTION, batch_id=uuid4(), financial_year=YEAR, series="A", vouchers=(voucher,)
    )
    record = to_record(new_event(batch, source="product", time=NOW))

    assert from_record(record, [VouchersApproved]).data == batch
    assert isinstance(json.loads(record.value or b"")["vouchers"][0]["rows"][0]["debit"], str)
    assert b"E" not in json.dumps(json.loads(record.value or b"")["vouchers"][0]["rows"][0]["debit"]).encode()


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "abc", "", "1,50"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    record = to_record(new_event(a_request(), source="product", time=NOW))
    body = {
        "connection_id": str(CONNECTION),
        "batch_id": str(uuid4()),
        "financial_year": {"from_date": "2025-01-01", "to_date": "2025-12-31"},
        "series": "A",
        "vouchers": [
            {"voucher_id": "1", "date": "2025-12-31", "description": "", "rows": [{"account": 1, "debit": amount}]}
        ],
    }
    headers = [(n, v) for n, v in record.headers if n not in {"ce_type", "ce_dataschema"}]
    record = replace(record, value=json.dumps(body).encode(), headers=[*headers, ("ce_type", b"vouchers.approved")])

    with pytest.raises(Unreadable) as refused:
        from_record(record, [VouchersApproved])

    assert refused.value.reason == "invalid"
    assert "debit" in refused.value.detail


def test_every_type_says_what_it_is_for() -> None:
    types: list[type[EventData]] = [*REGISTRY.values()]

    assert all(model.__doc__ and model.TOPIC for model in types)
