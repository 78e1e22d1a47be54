"""The calls that an import will take: what is left of them, and how long that lasts at Fortnox's limit."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from common.events import Dataset

WINDOW_CALLS, WINDOW_SECONDS = 25, 5.0  # Fortnox fact 8

SECOND_LOOK = "second look"
LEDGER_LISTS = {
    Dataset.CUSTOMER_LEDGER: ("invoices", "invoicepayments"),
    Dataset.SUPPLIER_LEDGER: ("supplierinvoices", "supplierinvoicepayments"),
}


@dataclass
class Plan:
    """Calls by what they are for. It grows as the lists tell how long they are."""

    expected: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    @classmethod
    def for_datasets(cls, datasets: Collection[Dataset]) -> "Plan":
        """What is known before the first call: one page of each list, and the books, which the ledgers are held to."""
        lists = [name for dataset, names in LEDGER_LISTS.items() if dataset in datasets for name in names]
        calls = {"companyinformation": 1, "financialyears": 1, "sie": 1, SECOND_LOOK: 1 + len(lists)}
        return cls(Counter(calls | dict.fromkeys(lists, 1) | ({"predefinedaccounts": 1} if lists else {})))

    def expect(self, what: str, calls: int) -> None:
        """It turned out that there are so many calls of this sort in all."""
        self.expected[what] = max(self.expected[what], calls)

    def note(self, what: str) -> None:
        """One of them was answered, now or before a crash."""
        self.answered[what] += 1
        self.expect(what, self.answered[what])

    @property
    def left(self) -> int:
        return (self.expected - self.answered).total()

    @property
    def share(self) -> float:
        """How much of the calls has been answered, 0 to 1."""
        return self.answered.total() / max(1, self.expected.total())

    def seconds_left(self, elapsed: float) -> float:
        """At the speed of Fortnox's limit, counted from an empty window: 5 s per 25 calls (field fact D2)."""
        all_calls = self.expected.total()
        at_the_limit = WINDOW_SECONDS * ((all_calls - 1) // WINDOW_CALLS)
        if not self.left:
            return 0.0
        behind = elapsed * self.left / max(1, self.answered.total()) if self.answered.total() < WINDOW_CALLS else 0.0
        return max(at_the_limit - elapsed, WINDOW_SECONDS * self.left / WINDOW_CALLS if at_the_limit else behind)
