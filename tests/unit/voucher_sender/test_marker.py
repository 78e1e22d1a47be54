"""The marker is the same for ever, no two vouchers share one, and Fortnox accepts it."""

from hypothesis import given
from hypothesis import strategies as st

from fortnox.text import allowed
from voucher_sender.marker import PATTERN, comment_of, marker_of, markers_in

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_it_never_changes() -> None:
    assert marker_of("client", 4711, "v-1") == "BKB-WC99-6LU9-PPNQ-M89Z"


@given(TEXTS, st.integers(0, 10**9), TEXTS)
def test_it_is_readable_and_made_of_characters_that_fortnox_accepts(client: str, tenant: int, voucher: str) -> None:
    marker = marker_of(client, tenant, voucher)

    assert PATTERN.fullmatch(marker)
    assert allowed(comment_of(marker))
    assert markers_in(comment_of(marker)) == {marker}


def test_client_tenant_and_voucher_all_tell() -> None:
    markers = {
        marker_of(client, tenant, voucher)
        for client in ("a", "b")
        for tenant in (1, 2, 12)
        for voucher in ("1", "2", "21")
    }

    assert len(markers) == 18


def test_it_survives_what_somebody_writes_around_it() -> None:
    marker = marker_of("client", 1, "v-1")

    assert markers_in(f"Kollad av Anna.({marker.lower()}), klar") == {marker}


def test_what_only_resembles_it_is_none() -> None:
    marker = marker_of("client", 1, "v-1")

    assert markers_in(None) == markers_in("") == markers_in(marker[:-1]) == markers_in(marker + "X") == frozenset()
