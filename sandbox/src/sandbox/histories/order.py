"""I9: the numbers of a series follow the order in which vouchers were approved.

Within a batch, and over the batches that one connection books in one series. What several commands name is left out:
it may be in the books from before. So is a series of which somebody deleted something: its numbers come again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from sandbox.histories.record import APPROVED, Command, Record

Lane = tuple[int, str, str]


def broken(record: Record) -> Iterator[str]:
    """Neighbours of which the later has the lower number."""
    lanes: defaultdict[Lane, list[tuple[str, int]]] = defaultdict(list)
    named = Counter((one.tenant, voucher_id) for one in record.first.values() for voucher_id in one.voucher_ids)
    disturbed = {
        (tenant, one["series"]) for tenant, found in record.vouchers.items() for one in found if one.get("gone_at")
    }
    for command in record.first.values():
        series = command.data["series"]
        if command.type == APPROVED and (command.tenant, series) not in disturbed:
            lane = command.tenant, str(command.data["connection_id"]), series
            lanes[lane] += _numbers(record, command, named)
    for (tenant, _, series), numbers in lanes.items():
        for (one, number), (other, next_number) in pairwise(numbers):
            if next_number <= number:
                yield f"company {tenant}: {one} is {series} {number}, {other} after it {series} {next_number}"


def _numbers(record: Record, command: Command, named: Counter[tuple[int, str]]) -> list[tuple[str, int]]:
    """The batch's own vouchers that were booked, in its order."""
    receipts = {
        one["voucher_id"]: one["number"] for one in record.told.get(command.key, []) if one["type"] == "voucher.booked"
    }
    return [
        (voucher_id, receipts[voucher_id])
        for voucher_id in command.voucher_ids
        if voucher_id in receipts and named[command.tenant, voucher_id] == 1
    ]
