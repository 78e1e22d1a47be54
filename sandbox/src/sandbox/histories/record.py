"""What the checker is given: the books, the event stream, the commands. Nothing that the sender keeps for itself."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

Plain = Mapping[str, Any]
Line = tuple[int, Decimal, str, str]
"""A row as books mean it: account, amount with debit positive, cost centre, project."""

APPROVED, CORRECTION = "vouchers.approved", "vouchers.correction_requested"
COST_CENTRE, PROJECT = "1", "6"  # SIE's reserved dimensions


@dataclass(frozen=True)
class Command:
    """A command as it stood in its topic, once for each time that it was sent."""

    event_id: str
    type: str
    tenant: int
    data: Plain

    @property
    def key(self) -> str:
        """What its events are told under: the batch, or the correction."""
        return str(self.data["correction_id" if self.type == CORRECTION else "batch_id"])

    @property
    def books(self) -> bool:
        """Whether it is to book, and not only to check."""
        return self.type == CORRECTION or self.data.get("mode", "book") == "book"

    @property
    def voucher_ids(self) -> list[str]:
        """What it names, in its order; for a correction the originals."""
        if self.type == CORRECTION:
            return [str(one) for one in self.data["voucher_ids"]]
        return [one["voucher_id"] for one in self.data["vouchers"]]


@dataclass(frozen=True)
class Record:
    """What was seen of a history. Vouchers are those of `/_sim/vouchers?gone=true`, by company."""

    vouchers: Mapping[int, Sequence[Plain]]
    events: Sequence[Plain]
    """`{type, …data}`, in the order of the stream."""
    commands: Sequence[Command]
    """In the order of their topic."""
    happened: frozenset[str] = frozenset()
    """What people did in Fortnox meanwhile, by its name in the plan: it may be why something was rejected."""
    blows: int = 0
    """How often a sender was killed, stopped or cut off: each may have cost a command one of its attempts."""

    @cached_property
    def first(self) -> dict[str, Command]:
        """The command that counts of those with the same key."""
        found: dict[str, Command] = {}
        for one in self.commands:
            found.setdefault(one.key, one)
        return found

    @cached_property
    def told(self) -> Mapping[str, list[Plain]]:
        """The events of each command, by its key."""
        found: defaultdict[str, list[Plain]] = defaultdict(list)
        for event in self.events:
            if "batch_id" in event:
                found[str(event["batch_id"])].append(event)
        return found

    @cached_property
    def wanted(self) -> Mapping[tuple[int, str], list[Plain]]:
        """Each company's vouchers as they were approved, each time that they were, by their id."""
        found: defaultdict[tuple[int, str], list[Plain]] = defaultdict(list)
        for one in self.first.values():
            if one.type == APPROVED:
                for voucher in one.data["vouchers"]:
                    found[one.tenant, voucher["voucher_id"]].append(voucher)
        return found

    def ours(self, tenant: int) -> list[Plain]:
        """What came into a company's books through the API, also what was deleted since."""
        return [one for one in self.vouchers.get(tenant, ()) if one["through_api"]]


def approved_lines(voucher: Plain) -> list[Line]:
    """The rows that an accountant approved."""
    return [
        (int(row["account"]), _amount(row), *_objects((str(o["dimension"]), o["object"]) for o in row["dimensions"]))
        for row in voucher["rows"]
    ]


def swapped(lines: Iterable[Line]) -> list[Line]:
    """The rows that undo these."""
    return [(account, -amount, *objects) for account, amount, *objects in lines]  # type: ignore[misc]  # a Line


def lines_then(voucher: Plain) -> list[Line]:
    """The rows as they were booked: struck since or not, without those put in later."""
    return [_line(row) for row in voucher["rows"] if not row.get("added")]


def lines_now(voucher: Plain) -> list[Line]:
    """The rows that count in the books as they are."""
    return [_line(row) for row in voucher["rows"] if not row["removed"]]


def rows_hash(lines: Iterable[Line]) -> str:
    """As docs/voucher-sender.md describes it: SHA-256 over `account;amount;cost centre;project` of the sorted rows."""
    written = sorted(f"{account};{amount:.2f};{centre};{project}\n" for account, amount, centre, project in lines)
    return hashlib.sha256("".join(written).encode()).hexdigest()


def _line(row: Plain) -> Line:
    return (int(row["account"]), _amount(row), *_objects((str(number), code) for number, code in row["objects"]))


def _amount(row: Plain) -> Decimal:
    return Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)


def _objects(pairs: Iterable[tuple[str, str]]) -> tuple[str, str]:
    codes = dict(pairs)
    return codes.get(COST_CENTRE, ""), codes.get(PROJECT, "")
