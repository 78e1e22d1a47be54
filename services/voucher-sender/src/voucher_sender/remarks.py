"""A voucher's state and what is to be noted of it, in the words of the document Överföringskvitto."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from common.events.vouchers import BookedAs, Finding, Severity, Standing
from voucher_sender.findings import ALREADY_BOOKED
from voucher_sender.problems import DUPLICATED
from voucher_sender.repository import Outcome
from voucher_sender.views import Entry, Refused


class Word(StrEnum):
    """The state of a voucher, told by one word."""

    BOOKED = "Bokförd"
    ALREADY_BOOKED = "Redan bokförd"
    GONE = "Finns inte längre"
    CHANGED = "Ändrad i Fortnox"
    UNMARKED = "Utan märkning"
    DUPLICATED = "Finns flera gånger"
    REJECTED = "Avvisad"
    UNCERTAIN = "Osäker"
    OPEN = "Pågår"


OF_OUTCOME = {
    Outcome.BOOKED: Word.BOOKED,
    Outcome.ALREADY_BOOKED: Word.ALREADY_BOOKED,
    Outcome.REJECTED: Word.REJECTED,
    Outcome.UNCERTAIN: Word.UNCERTAIN,
    None: Word.OPEN,
}
OF_STANDING = {Standing.GONE: Word.GONE, Standing.CHANGED: Word.CHANGED, Standing.UNMARKED: Word.UNMARKED}
WARNING = "Varning"


class Remark(NamedTuple):
    """A line of the second sheet."""

    voucher: str
    kind: str
    row: int | None
    why: str
    what_to_do: str
    code: str


def word_of(entry: Entry) -> Word:
    """What is known counts for more than what the receipt said once."""
    if entry.found_at:
        return Word.DUPLICATED
    return OF_STANDING.get(entry.standing or Standing.AS_BOOKED, OF_OUTCOME[entry.outcome])


def name_of(entry: Entry) -> str:
    """The product's own id; of a reversing voucher the original's, since its own tells nobody anything."""
    return f"Ändring av {entry.corrects.voucher_id}" if entry.corrects else entry.voucher_id


def places(found: tuple[BookedAs, ...]) -> str:
    return ", ".join(f"{one.series} {one.number}" for one in found)


def of_entry(entry: Entry) -> Iterator[Remark]:
    """Why it was not booked or is uncertain, where it was found more than once, and the check's warnings."""
    name = name_of(entry)
    if entry.found_at:
        error = DUPLICATED.error(places=places(entry.found_at), marker=entry.marker)
        yield Remark(name, Word.DUPLICATED.value, None, error.swedish, error.next_step, error.problem.code)
    if entry.uncertain is not None and not entry.found_at:
        why, what = entry.uncertain.swedish or "", entry.uncertain.next_step or ""
        yield Remark(name, Word.UNCERTAIN.value, None, why, what, entry.uncertain.code or "")
    for finding in entry.findings:
        if finding.code != ALREADY_BOOKED.code:  # its state says so
            yield _remark(name, finding)


def of_refusal(refused: Refused) -> Iterator[Remark]:
    """The vouchers that stand in a correction's way."""
    for one in refused.not_corrected:
        for finding in one.findings:
            yield _remark(one.voucher_id, finding)


def _remark(name: str, finding: Finding) -> Remark:
    kind = Word.REJECTED.value if finding.severity is Severity.ERROR else WARNING
    return Remark(name, kind, finding.row, finding.swedish, finding.next_step, finding.code)
