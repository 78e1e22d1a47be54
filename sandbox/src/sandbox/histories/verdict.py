"""What the checker found, in words for a person."""

from dataclasses import MISSING, dataclass, field, fields


@dataclass
class Verdict:
    """Empty lists are what was promised (field facts, C2)."""

    doubled: list[str] = field(default_factory=list)
    """I1: a voucher that is in the books twice."""
    lost: list[str] = field(default_factory=list)
    """I2: a command without its one end, a voucher without its one outcome, or booked and not told."""
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
    def words(self) -> list[str]:
        """All that is wrong."""
        lists = {one.name: getattr(self, one.name) for one in fields(self) if one.default is MISSING}
        return [f"{name}: {text}" for name, texts in lists.items() for text in texts]

    @property
    def good(self) -> bool:
        return not self.words

    def __str__(self) -> str:
        return "\n".join(self.words) or "nothing is wrong"
