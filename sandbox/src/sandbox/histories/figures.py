"""What many histories came to."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.histories.history import Told


@dataclass
class Figures:
    """Counts over histories, and what happened in those that failed: they may not fail again on a quieter machine."""

    histories: int = 0
    vouchers: int = 0
    receipts: int = 0
    unknown_outcomes: int = 0
    doubled: int = 0
    lost: int = 0
    unexplained: int = 0
    false_receipts: int = 0
    still_uncertain: int = 0
    out_of_order: int = 0
    changed_by_replay: int = 0
    failing_seeds: list[int] = field(default_factory=list)
    words: dict[int, str] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        verdict = told.verdict
        self.histories += 1
        self.vouchers += verdict.vouchers
        self.receipts += verdict.receipts
        self.unknown_outcomes += told.unknown_outcomes
        for name in verdict.lists:
            setattr(self, name, getattr(self, name) + len(getattr(verdict, name)))
        if not verdict.good:
            self.failing_seeds.append(told.seed)
            self.words[told.seed] = "\n".join([*told.trace, str(verdict)])

    def merge(self, other: "Figures") -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            setattr(self, name, {**mine, **value} if isinstance(mine, dict) else mine + value)

    def plain(self) -> dict[str, Any]:
        """All but the words."""
        return {name: value for name, value in asdict(self).items() if name != "words"}
