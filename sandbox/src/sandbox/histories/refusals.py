"""I2, the other half: what was approved and could be booked is booked. A rejection has a reason
that lies in the history.

Without this, a sender that rejects everything would lose nothing.
"""

from collections.abc import Iterator

from sandbox.histories.record import CORRECTION, Command, Plain, Record, approved_lines

REJECTED, REFUSED, BOOKED = "voucher.rejected", "vouchers.refused", "voucher.booked"
GAVE_UP, MOST_ATTEMPTS = "internal.gave-up", 8
SIBLINGS = frozenset({"vouchers.others-failed", "vouchers.stopped"})
"""Codes of vouchers that were not sent since another of their batch was rejected for itself."""
OTHER_CONTENT = frozenset({"voucher.changed-since-booked", "voucher.changed-while-uncertain"})
ASKED_TWICE = frozenset({
    "voucher.already-corrected", "voucher.corrected-in-turn", "voucher.correction-changed",
    "voucher.correction-in-progress", "voucher.reversed-in-fortnox", "voucher.perhaps-reversed",
})  # fmt: skip
DEEDS = {
    "voucher.account-inactive": {"close account"},
    "voucher.account-refused": {"close account"},
    "voucher.period-locked": {"lock"},
    "voucher.date-locked": {"lock"},
    "voucher.too-few-rows": {"strike"},  # of a reversing voucher: nothing is left of the original to undo
    "voucher.original-changed": {"strike"},
    "voucher.original-removed": {"strike", "delete"},
    "voucher.original-replaced": {"delete"},
    "voucher.shared-place": {"delete"},
}
"""What somebody must have done in Fortnox."""


def unexplained(record: Record) -> Iterator[str]:
    """Vouchers and commands turned down, for all that the history shows, without a reason."""
    for place, event in enumerate(record.events):
        command = record.first.get(str(event.get("batch_id")))
        if command is None:
            continue
        if event["type"] == REJECTED:
            codes = _errors(event["findings"])
            if not codes or not any(_explained(record, command, event, code) for code in codes):
                yield f"{event['voucher_id']} of {command.key} was rejected for {sorted(codes) or 'nothing'}"
        elif event["type"] == REFUSED and event["trouble"]["code"] != "command.reused-key":
            yield from _refused(record, command, event, place)


def _explained(record: Record, command: Command, event: Plain, code: str) -> bool:
    voucher_id = event["voucher_id"]
    if code in DEEDS:
        return bool(DEEDS[code] & record.happened)
    if code in SIBLINGS:
        return any(_failed_itself(other) for other in record.told[command.key])
    versions = record.wanted.get((command.tenant, voucher_id), [])
    if code == "voucher.unbalanced":
        return any(sum(line[1] for line in approved_lines(one)) for one in versions)
    if code in OTHER_CONTENT:
        return any(one != versions[0] for one in versions)
    if code == "voucher.in-progress":
        return _named(record, command, voucher_id) > 1
    return code == "voucher.repeated-id" and command.voucher_ids.count(voucher_id) > 1


def _refused(record: Record, command: Command, event: Plain, place: int) -> Iterator[str]:
    """A correction is refused as a whole, for each original that has a reason; and what was attempted too often."""
    turned_down = event.get("not_corrected") or ()
    if event["trouble"]["code"] == GAVE_UP and record.blows >= MOST_ATTEMPTS:
        return
    if not turned_down:
        yield f"{command.key} was refused: {event['trouble']['code']}"
    for one in turned_down:
        codes = _errors(one["findings"])
        if not any(_not_correctable(record, command, one["voucher_id"], code, place) for code in codes):
            yield f"{command.key} was refused: {one['voucher_id']} can't be corrected for {sorted(codes)}"


def _not_correctable(record: Record, command: Command, voucher_id: str, code: str, place: int) -> bool:
    if code in DEEDS:
        return bool(DEEDS[code] & record.happened)
    if code in ASKED_TWICE:
        return _named(record, command, voucher_id) > 1
    if code == "voucher.not-yet-known":  # it may have been told while the correction was being refused
        return True
    booked = (one for one in record.events[:place] if one["type"] == BOOKED and one["voucher_id"] == voucher_id)
    return code == "voucher.not-ours" and not any(_tenant(record, one) == command.tenant for one in booked)


def _failed_itself(event: Plain) -> bool:
    return event["type"] == REJECTED and bool(_errors(event["findings"]) - SIBLINGS)


def _named(record: Record, command: Command, voucher_id: str) -> int:
    """How many commands like this one name the voucher."""
    return sum(
        voucher_id in one.voucher_ids and one.tenant == command.tenant
        for one in record.first.values()
        if (one.type == CORRECTION) == (command.type == CORRECTION)
    )


def _errors(findings: list[Plain]) -> set[str]:
    return {str(one["code"]) for one in findings if one.get("severity", "error") == "error"}


def _tenant(record: Record, event: Plain) -> int | None:
    command = record.first.get(str(event["batch_id"]))
    return None if command is None else command.tenant
