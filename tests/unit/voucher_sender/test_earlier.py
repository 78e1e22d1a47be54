"""What became of a voucher_id before, and what in the books looks like the voucher."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from common.events.vouchers import Severity
from fortnox import VoucherListItem
from voucher_sender import earlier
from voucher_sender.content import approved_lines, content_hash, rows_hash
from voucher_sender.earlier import Known
from voucher_sender.look_alikes import Booked, Books, likeness
from voucher_sender.lookup import Shelf
from voucher_sender.marker import comment_of, marker_of, markers_in
from voucher_sender.marks import Marks
from voucher_sender.repository import KnownVoucher, State

ERROR, WARNING = Severity.ERROR, Severity.WARNING
BATCH, OTHER_BATCH = UUID(int=1), UUID(int=2)
MARKER = marker_of("client", 1, "v-1")


def seen(findings: Any) -> list[tuple[str, int | None, Severity]]:
    return [(one.code, one.row, one.severity) for one in findings]


def before(voucher: Any, **changes: Any) -> dict[str, KnownVoucher]:
    """The voucher, booked as I 12 by an earlier batch unless said otherwise."""
    fields = {
        "voucher_id": "v-1",
        "state": State.BOOKED,
        "content_hash": content_hash(voucher),
        "marker": MARKER,
        "batch_id": OTHER_BATCH,
        "batch_ended": True,
        "series": "I",
        "financial_year": 3,
        "number": 12,
        "voucher_date": voucher.date,
        "rows_hash": rows_hash(approved_lines(voucher)),
    }
    return {"v-1": KnownVoucher(**{**fields, **changes})}


def knowing(vouchers: dict[str, KnownVoucher] | None = None, **more: Any) -> Known:
    """Nothing in the books unless said otherwise."""
    return Known(BATCH, vouchers or {}, {"v-1": MARKER}, **{"books": Books(), **more})


def in_the_books(voucher: Any, *places: tuple[str, int], rows: str = "") -> Books:
    """The voucher's likes at these places."""
    looks = likeness(voucher)
    assert looks is not None
    day = date(2025, 6, 30) if rows == "of another day" else voucher.date
    own = rows_hash(approved_lines(voucher))
    found = [Booked(series, number, day, own if day != voucher.date else rows or own) for series, number in places]
    return Books({looks: tuple(found)}, {one.place: one for one in found})


def listed(*comments: tuple[int, str]) -> Marks:
    """What was seen where series I was read, as its list shows it."""
    items = [
        VoucherListItem(
            voucher_series="I", voucher_number=number, year=3, transaction_date=date(2025, 12, 31), comments=comment
        )
        for number, comment in comments
    ]
    return Marks({"I": Shelf("I", 3, tuple(items))})


def singly(comment: str) -> Marks:
    """What was seen where I 12 was read by itself."""
    return Marks(singly={("I", 12): markers_in(comment)})


def test_already_booked_by_us(found: Any, voucher: Any) -> None:
    known = knowing(before(voucher()), books=in_the_books(voucher(), ("I", 12)))

    (finding,) = found(voucher(), known=known)

    assert seen([finding]) == [("voucher.already-booked", None, WARNING)]
    assert "I 12" in finding.swedish


def test_already_booked_with_other_content(found: Any, voucher: Any) -> None:
    findings = found(voucher(description="En annan text"), known=knowing(before(voucher())))

    assert seen(findings) == [("voucher.changed-since-booked", None, ERROR)]


def test_in_the_hands_of_another_batch(found: Any, voucher: Any) -> None:
    findings = found(voucher(), known=knowing(before(voucher(), state=State.APPROVED, batch_ended=False)))

    assert seen(findings) == [("voucher.in-progress", None, ERROR)]


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.INTENDED])
def test_left_by_a_batch_that_ended_is_free_again(found: Any, voucher: Any, state: State) -> None:
    assert found(voucher(), known=knowing(before(voucher(), state=state))) == []


def test_uncertain_with_other_content(found: Any, voucher: Any) -> None:
    findings = found(voucher(description="En annan text"), known=knowing(before(voucher(), state=State.INTENDED)))

    assert seen(findings) == [("voucher.changed-while-uncertain", None, ERROR)]


def test_doubled_needs_a_person(found: Any, voucher: Any) -> None:
    findings = found(voucher(), known=knowing(before(voucher(), state=State.DUPLICATED)))

    assert seen(findings) == [("voucher.needs-decision", None, ERROR)]


def test_in_fortnox_with_our_marker_though_we_forgot(found: Any, voucher: Any) -> None:
    known = knowing(books=in_the_books(voucher(), ("I", 5)), marks=listed((5, comment_of(MARKER))))
    restored = replace(known, vouchers=before(voucher(), state=State.REJECTED))

    assert seen(found(voucher(), known=known)) == [("voucher.already-booked", None, WARNING)]
    assert seen(found(voucher(), known=restored)) == [("voucher.already-booked", None, WARNING)]


def test_in_another_series_with_our_marker_though_we_forgot(found: Any, voucher: Any) -> None:
    marks = Marks(singly={("A", 7): frozenset({MARKER})})

    (finding,) = found(voucher(), known=knowing(books=in_the_books(voucher(), ("A", 7)), marks=marks))

    assert seen([finding]) == [("voucher.in-another-series", None, ERROR)]
    assert ("A 7" in finding.swedish, "serie A" in finding.next_step) == (True, True)


ANOTHERS = comment_of(marker_of("client", 1, "another"))
GONE, CHANGED = "voucher.gone-from-fortnox", "voucher.changed-in-fortnox"
UNMARKED = "voucher.unmarked-in-fortnox"


@pytest.mark.parametrize(
    ("rows_at_its_place", "comments", "told"),
    [
        ("the same", None, None),
        ("the same", [(12, comment_of(MARKER))], None),
        ("the same", [(12, ANOTHERS)], GONE),  # its number came again, for the same rows
        ("the same", [(12, ""), (11, ANOTHERS)], UNMARKED),  # erased, or somebody's own
        ("of another day", None, GONE),
        ("of another day", [(12, comment_of(MARKER))], CHANGED),
        ("others", [(12, comment_of(MARKER))], CHANGED),  # somebody struck and added rows
        ("none", [(12, comment_of(MARKER))], CHANGED),  # struck altogether, or moved to another day
        ("others", [(12, ANOTHERS)], GONE),  # its number came again
        ("none", [(11, ANOTHERS)], GONE),
        ("others", [(12, "")], GONE),  # the list shows no marker at all: by the rows
        ("none", [], GONE),
        ("unread", [(12, comment_of(MARKER))], None),
        ("unread", [(12, ANOTHERS)], GONE),
        ("unread", [(12, "")], None),  # nobody can tell
    ],
)
def test_booked_by_us_and_then(
    found: Any, voucher: Any, rows_at_its_place: str, comments: list[tuple[int, str]] | None, told: str | None
) -> None:
    books = {
        "the same": in_the_books(voucher(), ("I", 12)),
        "of another day": in_the_books(voucher(), ("I", 12), rows="of another day"),
        "others": in_the_books(voucher(), ("I", 12), rows="others"),
        "none": Books(),
        "unread": None,
    }[rows_at_its_place]
    known = knowing(before(voucher()), books=books, marks=Marks() if comments is None else listed(*comments))

    codes = [one.code for one in found(voucher(), known=known) if one.code != "voucher.not-compared"]

    assert codes == ["voucher.already-booked", *([told] if told else [])]


@pytest.mark.parametrize(
    ("changes", "marks", "told"),
    [
        ({}, singly(comment_of(MARKER)), []),
        ({}, singly(ANOTHERS), [GONE]),
        ({}, singly(""), [UNMARKED]),
        ({"marked": False}, singly(""), []),  # a person decided that it counts without
        ({"marked": False}, singly(ANOTHERS), [GONE]),
        ({"superseded": True}, Marks(), [GONE]),
        ({"superseded": True}, singly(comment_of(MARKER)), []),  # the marker knows better than the times
    ],
)
def test_the_same_rows_at_its_place_are_not_enough(
    found: Any, voucher: Any, changes: dict[str, bool], marks: Marks, told: list[str]
) -> None:
    known = knowing(before(voucher(), **changes), books=in_the_books(voucher(), ("I", 12)), marks=marks)

    assert [one.code for one in found(voucher(), known=known)] == ["voucher.already-booked", *told]


def test_look_alikes_in_any_series_are_named(found: Any, voucher: Any) -> None:
    (finding,) = found(voucher(), known=knowing(books=in_the_books(voucher(), ("A", 7), ("I", 3))))

    assert seen([finding]) == [("voucher.looks-the-same", None, WARNING)]
    assert "A 7, I 3 " in finding.swedish


def test_of_many_look_alikes_some_are_named(found: Any, voucher: Any) -> None:
    books = in_the_books(voucher(), *(("A", number) for number in range(1, 9)))

    (finding,) = found(voucher(), known=knowing(books=books))

    assert "A 5 (och 3 till)" in finding.swedish


def test_what_is_ours_by_receipt_or_marker_is_no_look_alike(found: Any, voucher: Any) -> None:
    books = in_the_books(voucher(), ("I", 3), ("I", 4))
    receipted = {books.at["I", 3]: True}
    marked = listed((3, ANOTHERS), (4, ANOTHERS))

    assert found(voucher(), known=knowing(books=books, marks=marked)) == []
    assert found(voucher(), known=knowing(books=books, receipted=receipted, marks=listed((4, "")))) != []


@pytest.mark.parametrize(
    ("had_marker", "marks", "ours"),
    [(True, Marks(), True), (True, singly(""), False), (False, singly(""), True)],
    ids=["nobody has looked", "its number has come again", "it never had one"],
)
def test_a_receipt_speaks_for_what_looks_the_same_unless_the_marker_is_missed(
    found: Any, voucher: Any, had_marker: bool, marks: Marks, ours: bool
) -> None:
    books = in_the_books(voucher(), ("I", 12))
    known = knowing(books=books, receipted={books.at["I", 12]: had_marker}, marks=marks)

    assert [one.code for one in found(voucher(), known=known)] == ([] if ours else ["voucher.looks-the-same"])


def test_a_voucher_that_may_be_in_the_books_does_not_look_like_itself(found: Any, voucher: Any) -> None:
    books = in_the_books(voucher(), ("I", 12))

    uncertain = found(voucher(), known=knowing(before(voucher(), state=State.INTENDED), books=books))
    rejected = found(voucher(), known=knowing(before(voucher(), state=State.REJECTED), books=books))

    assert (seen(uncertain), [one.code for one in rejected]) == ([], ["voucher.looks-the-same"])


def test_markers_are_read_only_where_they_must_tell(batch: Any, voucher: Any) -> None:
    one = voucher()
    alike = in_the_books(one, ("I", 3), ("A", 7))

    def unsure(known: Known) -> set[tuple[str, int]]:
        return earlier.unsure(batch(one), 3, known)

    assert unsure(knowing()) == set()
    assert unsure(knowing(before(one))) == {("I", 12)}
    assert unsure(knowing(before(one, series="J"))) == {("J", 12)}
    assert unsure(knowing(before(one, financial_year=2))) == set()
    assert unsure(knowing(books=alike)) == {("I", 3), ("A", 7)}
