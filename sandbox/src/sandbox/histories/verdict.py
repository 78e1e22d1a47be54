"""What the checker found, in words for a person."""

from dataclasses import MISSING, dataclass, field, fields


@dataclass
class Verdict:
    """Empty lists are what was promised (field facts, C2)."""

    doubled: list[str] = field(default_factory=list)
    """I1: a voucher that is in the books twice."""
    lost: list[str] = field(default_factory=list)
    """I2: a command without its one end, a voucher without its one outcome, or booked and not told."""
    unexplained: list[str] = field(default_factory=list)
    """I2: rejected without a reason in what happened."""
    false_receipts: list[str] = field(default_factory=list)
    """I3: a receipt that is not what the books hold, or not what was approved."""
    still_uncertain: list[str] = field(default_factory=list)
    """A voucher of which nobody knows at the end whether it is booked."""
    out_of_order: list[str] = field(default_factory=list)
    """I9: numbers that do not follow the order of the batch, or of the batches."""
    changed_by_replay: list[str] = field(default_factory=list)
    """I10: what sending all commands again has changed."""

    commands: int = 0
    vouchers: int = 0
    """Vouchers named by commands that book."""
    receipts: int = 0

    @property
    def lists(self) -> list[str]:
        """The names of what can be wrong."""
        return [one.name for one in fields(self) if one.default is MISSING]

    @property
    def words(self) -> list[str]:
        """All that is wrong."""
        return [f"{name}: {text}" for name in self.lists for text in getattr(self, name)]

    @property
    def good(self) -> bool:
        return not self.words

    def __str__(self) -> str:
        return "\n".join(self.words) or "nothing is wrong"
