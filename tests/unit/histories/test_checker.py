"""The checker finds what is wrong, and nothing else, in histories made by hand."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox.histories import Command, Record, Verdict, judge, replayed

TENANT, YEAR, DAY = 4711, 3, "2025-12-31"
BEGIN = datetime(2026, 1, 15, 9, tzinfo=UTC)
Change = Callable[["Tale"], object]


def approved(number: int, amount: int = 100, **changes: Any) -> dict[str, Any]:
    rows = [
        {"account": 7832, "debit": str(amount), "credit": None, "dimensions": [{"dimension": 1, "object": "NORR"}]},
        {"account": 1229, "debit": None, "credit": f"{amount}.00", "dimensions": []},
    ]
    return {"voucher_id": f"v-{number}", "date": DAY, "description": f"Bokslut {number}", "rows": rows, **changes}


def marker(voucher: int) -> str:
    return f"BKB-2222-2222-2222-222{voucher + 1}"


def in_books(number: int, voucher: int, amount: int = 100, **changes: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"account": 1229, "debit": "0", "credit": str(amount), "objects": []},
        {"account": 7832, "debit": str(amount), "credit": "0", "objects": [["1", "NORR"]]},
    ]
    return {
        "financial_year": YEAR,
        "series": "I",
        "number": number,
        "date": DAY,
        "text": f"Bokslut {voucher}",
        "comments": f"Bokbrygga, referens {marker(voucher)}",
        "through_api": True,
        "created": (BEGIN + timedelta(seconds=number)).isoformat(),
        "rows": [{**row, "removed": False, "added": False} for row in rows],
        **changes,
    }


def hash_of(*lines: str) -> str:
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


HASH = hash_of("1229;-100.00;;", "7832;100.00;NORR;")


class Tale:
    """A batch of two vouchers that are booked as they should be, to be spoilt."""

    def __init__(self) -> None:
        self.batch = str(UUID(int=1))
        self.commands = [self.command(self.batch, 1, 2)]
        self.books = [in_books(1, 1), in_books(2, 2)]
        self.events = [self.receipt(self.batch, 1, 1), self.receipt(self.batch, 2, 2), self.end(self.batch, booked=2)]

    def command(self, batch: str, *vouchers: int, event_id: str = "e-1", **changes: Any) -> Command:
        data = {"batch_id": batch, "connection_id": "c", "series": "I", "mode": "book"}
        return Command(
            event_id, "vouchers.approved", TENANT, {**data, "vouchers": [approved(one) for one in vouchers], **changes}
        )

    def receipt(self, batch: str, voucher: int, number: int, **changes: Any) -> dict[str, Any]:
        return {
            "type": "voucher.booked",
            "batch_id": batch,
            "voucher_id": f"v-{voucher}",
            "series": "I",
            "number": number,
            "financial_year": YEAR,
            "voucher_date": DAY,
            "rows_hash": HASH,
            "booked_date": "2026-01-15T09:00:30Z",
            "marker": marker(voucher),
            **changes,
        }

    def told(self, kind: str, voucher: int, **more: Any) -> dict[str, Any]:
        return {"type": kind, "batch_id": self.batch, "voucher_id": f"v-{voucher}", **more}

    def end(self, batch: str, booked: int = 0, already_booked: int = 0, **counts: int) -> dict[str, Any]:
        numbers = {"booked": booked, "already_booked": already_booked, "rejected": 0, "uncertain": 0, **counts}
        return {"type": "vouchers.completed", "batch_id": batch, "vouchers": sum(numbers.values()), **numbers}

    def refusal(self, code: str) -> dict[str, Any]:
        return {"type": "vouchers.refused", "batch_id": self.batch, "trouble": {"code": code}}

    def again(self, **changes: Any) -> None:
        """The first voucher once more, in a batch of its own."""
        other = str(UUID(int=2))
        self.commands.append(self.command(other, 1, event_id="e-2"))
        self.events += [self.receipt(other, 1, 1, **changes), self.end(other, already_booked=1)]

    @property
    def record(self) -> Record:
        return Record({TENANT: self.books}, self.events, self.commands)


def found(verdict: Verdict) -> list[str]:
    """The names of the lists that hold something."""
    return [name for name, value in vars(verdict).items() if isinstance(value, list) and value]


def both(one: Change, other: Change) -> Change:
    return lambda tale: (one(tale), other(tale))


def judged(change: Change) -> Verdict:
    tale = Tale()
    change(tale)
    return judge(tale.record, one_clock=True)


def test_a_history_as_it_should_be() -> None:
    verdict = judge(Tale().record, one_clock=True)

    assert verdict.good, str(verdict)
    assert (verdict.commands, verdict.vouchers, verdict.receipts) == (1, 2, 2)


def gone_and_sent_again(tale: Tale) -> None:
    """Somebody deleted it before we had looked, so that it was rightly sent again."""
    later = (BEGIN + timedelta(seconds=20)).isoformat()
    tale.books.insert(0, in_books(1, 1, created=BEGIN.isoformat(), gone_at=later))
    tale.books[1]["created"] = later


def struck(tale: Tale) -> None:
    """Somebody struck a row after it was booked."""
    tale.books[0]["rows"][0]["removed"] = True
    tale.books[0]["rows"].append({**tale.books[0]["rows"][1], "added": True})


def reused(tale: Tale) -> None:
    """Somebody sent other content under the same batch_id, and was refused."""
    tale.commands += [tale.command(tale.batch, 1, 2, event_id="e-2"), tale.command(tale.batch, 1, event_id="e-3")]
    tale.events.append(tale.refusal("command.reused-key"))


@pytest.mark.parametrize(
    "change",
    [
        lambda tale: tale.commands.append(tale.commands[0]),
        lambda tale: tale.again(),
        lambda tale: tale.books.append(in_books(3, 9, through_api=False)),
        lambda tale: tale.books.append(in_books(3, 9, gone_at=BEGIN.isoformat())),
        lambda tale: tale.events.insert(0, tale.told("voucher.uncertain", 1)),
        gone_and_sent_again,
        struck,
        reused,
    ],
)
def test_what_is_not_wrong(change: Change) -> None:
    assert judged(change).words == []


def settle(tale: Tale, *events: dict[str, Any], **counts: int) -> None:
    """The second voucher is not booked, and this is told instead."""
    tale.books.pop()
    tale.events[1:] = [*events, tale.end(tale.batch, booked=1, **counts)]


def test_outcomes_other_than_booked() -> None:
    unbalanced = [{"code": "voucher.unbalanced", "severity": "error"}]

    def rejected(tale: Tale) -> None:
        settle(tale, tale.told("voucher.rejected", 2, findings=unbalanced), rejected=1)
        tale.commands[0].data["vouchers"][1]["rows"].pop()

    assert judged(rejected).words == []

    uncertain = judged(lambda tale: settle(tale, tale.told("voucher.uncertain", 2), uncertain=1))
    assert found(uncertain) == ["still_uncertain"]


def other_content(tale: Tale) -> None:
    """The first voucher with another amount in a second batch, which is told what the first booked."""
    tale.again()
    tale.commands[-1].data["vouchers"][0]["rows"] = approved(1, 200)["rows"]


def rejected_for(tale: Tale, *codes: str) -> dict[str, Any]:
    return tale.told("voucher.rejected", 2, findings=[{"code": code, "severity": "error"} for code in codes])


WRONG: list[tuple[str, Change]] = [
    ("doubled", lambda tale: tale.books.append(in_books(3, 1, text="Annan text"))),
    ("doubled", lambda tale: tale.books.append(in_books(3, 1, comments=""))),
    (
        "doubled",
        lambda tale: tale.books.append(in_books(3, 1, text="", comments=f"{marker(1)}. Begärd av någon annan")),
    ),
    ("lost", lambda tale: tale.events.pop()),
    ("lost", lambda tale: tale.events.append(tale.end(tale.batch, booked=2))),
    ("lost", lambda tale: tale.events.append(tale.refusal("vouchers.not-allowed"))),
    ("lost", lambda tale: tale.events.append(tale.refusal("command.reused-key"))),
    ("lost", lambda tale: tale.events.append(tale.end(str(UUID(int=9)), booked=0))),
    ("lost", lambda tale: tale.events.append(tale.told("voucher.rejected", 1, findings=[]))),
    ("lost", lambda tale: tale.books.append(in_books(3, 9))),
    ("lost", lambda tale: tale.commands.append(tale.command(str(UUID(int=2)), 3))),
    ("lost", lambda tale: tale.commands.append(tale.command(tale.batch, 1, event_id="e-2"))),
    ("lost", lambda tale: settle(tale, already_booked=1)),
    ("lost", settle),
    ("false_receipts", lambda tale: tale.books.pop()),
    ("false_receipts", lambda tale: tale.books[0].update(comments="", text="Bokslut 1")),
    ("false_receipts", lambda tale: tale.books[0].update(in_books(1, 1, amount=101))),
    ("false_receipts", lambda tale: tale.events[0].update(rows_hash=hash_of("7832;100.00;;"))),
    ("false_receipts", lambda tale: tale.events[0].update(voucher_date="2025-12-30")),
    ("false_receipts", lambda tale: tale.books[0].update(date="2025-12-30")),
    ("false_receipts", lambda tale: tale.events[0].update(booked_date=BEGIN.isoformat())),
    ("false_receipts", lambda tale: tale.again(booked_date="2026-01-15T09:00:31Z")),
    ("false_receipts", lambda tale: tale.books[0]["rows"][0].update(account=1930)),
    ("false_receipts", other_content),
    ("unexplained", lambda tale: settle(tale, rejected_for(tale), rejected=1)),
    ("unexplained", lambda tale: settle(tale, rejected_for(tale, "vouchers.gave-up-waiting"), rejected=1)),
    ("unexplained", lambda tale: settle(tale, rejected_for(tale, "vouchers.others-failed"), rejected=1)),
    ("unexplained", lambda tale: settle(tale, rejected_for(tale, "voucher.account-inactive"), rejected=1)),
    ("unexplained", lambda tale: settle(tale, rejected_for(tale, "voucher.in-progress"), rejected=1)),
    ("unexplained", lambda tale: tale.events.append(tale.refusal("vouchers.not-allowed"))),
]


@pytest.mark.parametrize(("what", "change"), WRONG)
def test_what_is_wrong(what: str, change: Change) -> None:
    verdict = judged(change)

    assert what in found(verdict), str(verdict)


def test_a_receipt_of_rows_that_somebody_changed_before_we_saw_them_is_told_to_differ() -> None:
    def differs(tale: Tale) -> None:
        struck(tale)
        tale.events[0]["rows_hash"] = hash_of("7832;100.00;NORR;", "7832;100.00;NORR;")

    assert found(judged(differs)) == ["false_receipts"]
    assert judged(both(differs, lambda tale: tale.events.append(tale.told("voucher.differs", 1)))).good


def test_other_content_than_the_batch_approved_is_told_to_differ() -> None:
    def differs(tale: Tale) -> None:
        other_content(tale)
        tale.events.append({**tale.told("voucher.differs", 1), "batch_id": tale.commands[-1].key})

    assert judged(differs).words == []


def test_what_somebody_did_explains_a_rejection() -> None:
    tale = Tale()
    settle(tale, rejected_for(tale, "voucher.period-locked"), rejected=1)

    assert found(judge(tale.record)) == ["unexplained"]
    assert judge(replace(tale.record, happened=frozenset({"lock"}))).words == []


def test_who_failed_itself_explains_that_the_others_were_not_sent() -> None:
    def both_rejected(tale: Tale) -> None:
        tale.books.clear()
        tale.commands[0].data["vouchers"][1]["rows"].pop()
        first = {**rejected_for(tale, "vouchers.others-failed"), "voucher_id": "v-1"}
        tale.events[:] = [first, rejected_for(tale, "voucher.unbalanced"), tale.end(tale.batch, rejected=2)]

    assert judged(both_rejected).words == []


def test_numbers_follow_the_batch_unless_somebody_deleted() -> None:
    def swap(tale: Tale) -> None:
        tale.books[:] = [in_books(1, 2), in_books(2, 1)]
        tale.events[:2] = [tale.receipt(tale.batch, 1, 2), tale.receipt(tale.batch, 2, 1)]

    assert found(judged(swap)) == ["out_of_order"]
    assert judged(both(swap, lambda tale: tale.books.append(in_books(3, 9, gone_at=BEGIN.isoformat())))).good


def test_numbers_follow_the_batches_of_a_connection() -> None:
    def another(tale: Tale, **changes: Any) -> None:
        other = str(UUID(int=2))
        tale.commands.insert(0, tale.command(other, 3, event_id="e-2", **changes))
        tale.books.append(in_books(3, 3))
        tale.events += [tale.receipt(other, 3, 3), tale.end(other, booked=1)]

    assert found(judged(another)) == ["out_of_order"]
    assert judged(lambda tale: another(tale, connection_id="another")).good


def test_a_correction_undoes_what_was_approved() -> None:
    def corrected(tale: Tale, **changes: Any) -> None:
        key, back = str(UUID(int=3)), hash_of("1229;100.00;;", "7832;-100.00;NORR;")
        data = {"correction_id": key, "series": "I", "date": DAY, "voucher_ids": ["v-1"]}
        tale.commands.append(Command("e-3", "vouchers.correction_requested", TENANT, data))
        undone = in_books(3, 3, amount=-100, text="Ändringsverifikation avseende I 1")
        tale.books.append(undone)
        receipt = {"voucher_id": "u-1", "corrects": {"voucher_id": "v-1"}, "rows_hash": back, **changes}
        tale.events += [{**tale.receipt(key, 3, 3), **receipt}, tale.end(key, booked=1)]

    assert judged(corrected).words == []
    assert found(judged(lambda tale: corrected(tale, corrects={"voucher_id": "v-7"}))) == ["false_receipts"]


def test_sending_everything_again_changes_nothing() -> None:
    before, after = Tale(), Tale()
    assert replayed(before.record, after.record) == []

    after.books.append(in_books(3, 1))
    after.events.append(after.told("voucher.booked", 1))

    assert len(replayed(before.record, after.record)) == 2


@pytest.mark.parametrize(("blows", "explained"), [(7, False), (8, True)])
def test_a_command_whose_senders_died_too_often_may_be_given_up(blows: int, explained: bool) -> None:
    tale = Tale()
    tale.events[:] = [tale.refusal("internal.gave-up")]
    tale.books.clear()

    assert ("unexplained" not in found(judge(replace(tale.record, blows=blows)))) is explained
