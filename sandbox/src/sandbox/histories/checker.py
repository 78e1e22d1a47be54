"""The independent checker: judges a history by the books, the event stream and the commands, and by nothing else.

It shares no code with the voucher-sender and reads nothing of its database, so that a misunderstanding of ours is not
in both.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from sandbox.histories import ends, order, refusals
from sandbox.histories.record import (
    CORRECTION,
    Command,
    Line,
    Plain,
    Record,
    approved_lines,
    lines_now,
    lines_then,
    rows_hash,
    swapped,
)
from sandbox.histories.verdict import Verdict

MARKER = re.compile(r"BKB(?:-[2-9A-HJ-NP-Z]{4}){4}")
Content = tuple[str, list[Line]]
"""A voucher's date and its sorted rows."""
BOOKED, DIFFERS, DUPLICATED = "voucher.booked", "voucher.differs", "voucher.duplicated"


def judge(record: Record, *, one_clock: bool = False) -> Verdict:
    """Everything that is wrong with a history that has come to its end.

    With `one_clock` the simulator's time is the sender's, and a receipt may not be older than its voucher.
    """
    commands = record.first.values()
    return Verdict(
        doubled=list(_doubled(record)),
        lost=[*ends.wrong(record), *_untold(record)],
        unexplained=list(refusals.unexplained(record)),
        false_receipts=list(_false(record, one_clock)),
        still_uncertain=list(ends.uncertain(record)),
        out_of_order=list(order.broken(record)),
        commands=len(record.commands),
        vouchers=sum(len(one.voucher_ids) for one in commands if one.books),
        receipts=sum(one["type"] == BOOKED for one in record.events),
    )


def replayed(before: Record, after: Record) -> list[str]:
    """I10: what has changed between two looks at a history, all of whose commands were sent again in between."""
    wrong = []
    if len(after.events) != len(before.events):
        more = Counter(one["type"] for one in after.events[len(before.events) :])
        wrong.append(f"sending everything again told more: {dict(more)}")
    changed = [tenant for tenant in after.vouchers if after.ours(tenant) != before.ours(tenant)]
    return wrong + [f"sending everything again changed the books of {tenant}" for tenant in changed]


def _doubled(record: Record) -> Iterator[str]:
    """I1. The same marker, whatever is said around it, or the text of one approved voucher, twice at the same time."""
    for tenant in record.vouchers:
        groups: defaultdict[tuple[str, str], list[Plain]] = defaultdict(list)
        texts = _own_texts(record, tenant)
        for one in record.ours(tenant):
            for marker in set(MARKER.findall(one["comments"])):
                groups["marker", marker].append(one)
            if one["text"] in texts:
                groups["text", one["text"]].append(one)
        found = {_places(twice) for group in groups.values() for twice in _at_once(group)}
        yield from (f"company {tenant}: {places} are the same voucher" for places in sorted(found))


def _own_texts(record: Record, tenant: int) -> set[str]:
    """Descriptions that were approved for one voucher only."""
    whose = defaultdict(set)
    for (company, voucher_id), versions in record.wanted.items():
        if company == tenant:
            for version in versions:
                whose[version["description"]].add(voucher_id)
    return {text for text, ids in whose.items() if len(ids) == 1}


def _at_once(group: Sequence[Plain]) -> Iterator[tuple[Plain, Plain]]:
    """Pairs that were in the books together."""
    for one, other in pairwise(sorted(group, key=_created)):
        if not one.get("gone_at") or _moment(one["gone_at"]) > _created(other):
            yield one, other


def _untold(record: Record) -> Iterator[str]:
    """I2: what is in the books through the API and of which no receipt tells."""
    told = {(_tenant(record, one), *_place(one)) for one in record.events if one["type"] == BOOKED}
    for event in record.events:
        if event["type"] == DUPLICATED:
            told |= {(_tenant(record, event), *_place(one)) for one in event["found"]}
    for tenant in record.vouchers:
        for one in record.ours(tenant):
            if not one.get("gone_at") and (tenant, *_place(one)) not in told:
                yield f"company {tenant}: {_places([one])} is in the books and was not told"


def _false(record: Record, one_clock: bool) -> Iterator[str]:
    """I3, and that a receipt never changes."""
    known: dict[tuple[int | None, str], Plain] = {}
    for receipt in record.events:
        if receipt["type"] != BOOKED:
            continue
        tenant = _tenant(record, receipt)
        name = f"the receipt of {receipt['voucher_id']} ({receipt['series']} {receipt['number']})"
        earlier = known.setdefault((tenant, receipt["voucher_id"]), receipt)
        if _fixed(earlier) != _fixed(receipt):
            yield f"{name} was another before ({earlier['series']} {earlier['number']})"
        reasons = [_why_false(record, command, receipt, one_clock) for command in _told_to(record, receipt)]
        yield from (f"{name} {reason}" for reason in reasons if reason)


def _told_to(record: Record, event: Plain) -> Iterable[Command]:
    command = record.first.get(str(event["batch_id"]))
    return [] if command is None else [command]


def _why_false(record: Record, command: Command, receipt: Plain, one_clock: bool) -> str | None:
    """What the books or what was approved say against a receipt."""
    if not command.books:
        return "came out of a check"
    ever = _wanted(record, command, receipt)
    booked = _booked(record, command.tenant, receipt)
    if not ever:
        return "is of a voucher that nobody approved"
    if booked is None:
        return "is of a voucher that is not in the books"
    if one_clock and _created(booked) > _moment(receipt["booked_date"]):
        return "is older than the voucher in the books"
    if receipt["voucher_date"] != booked["date"]:
        return f"has another date than the books ({booked['date']})"
    return _why_other_content(record, command, receipt, booked, ever)


def _why_other_content(
    record: Record, command: Command, receipt: Plain, booked: Plain, ever: Sequence[Content]
) -> str | None:
    """What was booked must have been approved, by this very command or the difference is told."""
    then, now = sorted(lines_then(booked)), sorted(lines_now(booked))
    if receipt["rows_hash"] not in {rows_hash(then), rows_hash(now)}:
        return "has another hash than the rows in the books"
    content = booked["date"], then
    if content not in ever:
        return f"is of a date ({booked['date']}) or rows that nobody approved"
    if _told_to_differ(record, receipt):
        return None
    if content not in _wanted(record, command, receipt, own=True):
        return "is of content that its batch did not approve, and nobody was told"
    if receipt["rows_hash"] != rows_hash(then):
        return "is of rows that somebody changed, and nobody was told"
    return None


def _told_to_differ(record: Record, receipt: Plain) -> bool:
    told = record.told[str(receipt["batch_id"])]
    return any(one["type"] == DIFFERS and one["voucher_id"] == receipt["voucher_id"] for one in told)


def _wanted(record: Record, command: Command, receipt: Plain, *, own: bool = False) -> list[Content]:
    """Dates and rows of which one must be in the books: as approved (by this command, or ever), or undoing it."""
    if command.type == CORRECTION:
        original = receipt.get("corrects") or {}
        found = record.wanted.get((command.tenant, str(original.get("voucher_id"))), [])
        return [(command.data["date"], sorted(swapped(approved_lines(one)))) for one in found]
    if own:
        found = [one for one in command.data["vouchers"] if one["voucher_id"] == receipt["voucher_id"]]
    else:
        found = record.wanted.get((command.tenant, receipt["voucher_id"]), [])
    return [(one["date"], sorted(approved_lines(one))) for one in found]


def _booked(record: Record, tenant: int, receipt: Plain) -> Plain | None:
    """The voucher that a receipt points to. Its number may have come again since, so its marker tells."""
    there = [one for one in record.ours(tenant) if _place(one) == _place(receipt)]
    return next((one for one in there if receipt["marker"] in one["comments"]), None)


def _fixed(receipt: Plain) -> tuple[object, ...]:
    """What of a receipt must be the same whenever it is told."""
    names = ("series", "number", "financial_year", "voucher_date", "booked_date", "rows_hash", "marker")
    return tuple(receipt[name] for name in names)


def _tenant(record: Record, event: Plain) -> int | None:
    command = record.first.get(str(event["batch_id"]))
    return None if command is None else command.tenant


def _created(voucher: Plain) -> datetime:
    return _moment(voucher["created"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(one: Plain) -> tuple[int, str, int]:
    return one["financial_year"], one["series"], one["number"]


def _places(vouchers: Iterable[Plain]) -> str:
    return " and ".join(f"{one['series']} {one['number']}" for one in vouchers)
