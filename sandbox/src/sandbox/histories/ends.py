"""I2: each command has exactly one end, and each of its vouchers exactly one outcome that the end counts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sandbox.histories.record import CORRECTION, Command, Plain, Record

COMPLETED, REFUSED, REUSED_KEY = "vouchers.completed", "vouchers.refused", "command.reused-key"
OUTCOMES = {"voucher.booked": "booked", "voucher.rejected": "rejected"}


def wrong(record: Record) -> Iterator[str]:
    """What is missing, or too much."""
    for key, command in record.first.items():
        told = record.told.get(key, [])
        name = f"{'correction' if command.type == CORRECTION else 'batch'} {key}"
        ends = [one for one in told if _is_end(one)]
        if len(ends) == 1:
            yield from (f"{name}: {text}" for text in _wrong_end(command, told, ends[0]))
        else:
            yield f"{name} has {len(ends)} ends: {[one['type'] for one in ends]}, last told {_last(told)}"
        refused, others = sum(map(_is_reuse, told)), _others(record, command)
        if refused != others:
            yield f"{name} was sent with other content {others} times, which was refused {refused} times"
    for key in record.told.keys() - record.first.keys():
        yield f"events of a batch that nobody sent: {key}"


def uncertain(record: Record) -> Iterator[str]:
    """Vouchers whose batch left them uncertain, or waits for that."""
    for key, command in record.first.items():
        last: dict[str, str] = {}
        for one in record.told.get(key, []):
            if "voucher_id" in one and one["type"] != "voucher.differs":
                last[one["voucher_id"]] = one["type"]
        for voucher_id, told in last.items():
            if told in {"voucher.uncertain", "voucher.duplicated"}:
                yield f"{voucher_id} of {command.key}: {told}"


def _wrong_end(command: Command, told: Sequence[Plain], end: Plain) -> Iterator[str]:
    outcomes = Counter((one["voucher_id"], OUTCOMES[one["type"]]) for one in told if one["type"] in OUTCOMES)
    if end["type"] == REFUSED:
        if outcomes:
            yield f"refused, and yet told of {dict(outcomes)}"
        return
    booked = sum(times for (_, outcome), times in outcomes.items() if outcome == "booked")
    rejected = sum(times for (_, outcome), times in outcomes.items() if outcome == "rejected")
    if not command.books:
        checked = sum(one["type"] == "voucher.checked" for one in told)
        if outcomes or checked != end["vouchers"]:
            yield f"a check that told of {dict(outcomes)} and checked {checked} of {end['vouchers']}"
        return
    named = len(command.voucher_ids)
    if end["vouchers"] != named:
        yield f"{named} vouchers were sent, its end counts {end['vouchers']}"
    if end["booked"] + end["already_booked"] + end["rejected"] + end["uncertain"] != end["vouchers"]:
        yield "its counts don't add up"
    if (booked, rejected) != (end["booked"] + end["already_booked"], end["rejected"]):
        yield f"told of {booked} booked and {rejected} rejected, its end counts {_counts(end)}"
    if command.type != CORRECTION:
        yield from _more_than_one(Counter(command.voucher_ids), outcomes)


def _more_than_one(named: Counter[str], outcomes: Counter[tuple[str, str]]) -> Iterator[str]:
    """Each voucher has one outcome, as often as the batch names it."""
    for voucher_id, times in named.items():
        got = {outcome: count for (one, outcome), count in outcomes.items() if one == voucher_id}
        if sum(got.values()) > times or len(got) > 1:
            yield f"{voucher_id} has outcomes {got}"


def _is_end(event: Plain) -> bool:
    return event["type"] == COMPLETED or (event["type"] == REFUSED and not _is_reuse(event))


def _is_reuse(event: Plain) -> bool:
    return event["type"] == REFUSED and bool(event["trouble"]["code"] == REUSED_KEY)


def _others(record: Record, first: Command) -> int:
    """How many commands used its key for something else."""
    return len({
        one.event_id
        for one in record.commands
        if (one.key, one.type) == (first.key, first.type) and one.data != first.data
    })  # fmt: skip


def _counts(end: Plain) -> dict[str, int]:
    return {name: end[name] for name in ("booked", "already_booked", "rejected", "uncertain")}


def _last(told: Sequence[Plain]) -> str:
    return str(told[-1]["type"]) if told else "nothing"
