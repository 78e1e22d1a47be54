"""The calls that an import will take: what is left of them, and how long that lasts at Fortnox's limit."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from common.events import Dataset

FEW = 45  # calls that an ordinary import of 5,000 and 3,000 invoices stays within
GOOD_TO_KNOW = frozenset({"invoices, one by one", "supplierinvoices, one by one"})
WINDOW_CALLS, WINDOW_SECONDS = 25, 5.0  # Fortnox fact 8

SECOND_LOOK = "second look"
LOOKS_AT_A_LEDGER = 3  # its invoices, its payments and how many there are; the books are looked at once
LEDGER_LISTS = {
    Dataset.CUSTOMER_LEDGER: ("invoices", "invoicepayments"),
    Dataset.SUPPLIER_LEDGER: ("supplierinvoices", "supplierinvoicepayments"),
}


@dataclass
class Plan:
    """The fewest calls that give the answer, by what they are for, and those that were answered.

    Before the first call it knows what the lists came to last time. It gets exact as they tell how long they are now.
    """

    expected: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    made: int = 0
    """Calls that this attempt has made: only these have used up slots."""

    @classmethod
    def for_datasets(cls, datasets: Collection[Dataset]) -> "Plan":
        """One page of each list, and the books, which the ledgers are held to."""
        lists = [name for dataset, names in LEDGER_LISTS.items() if dataset in datasets for name in names]
        calls = {"companyinformation": 1, "financialyears": 1, "sie": 1} | dict.fromkeys(lists, 1)
        if lists:
            calls |= {"predefinedaccounts": 1, SECOND_LOOK: 1 + LOOKS_AT_A_LEDGER * len(lists) // 2}
        if Dataset.CUSTOMER_LEDGER in datasets:
            calls["taxreductions"] = 1
        return cls(Counter(calls))

    def foresee(self, before: Mapping[str, int]) -> None:
        """The lists are taken to be as long as they were last time, until they tell."""
        lists = {name for names in LEDGER_LISTS.values() for name in names}
        for what in lists & self.expected.keys() & before.keys():
            self.expected[what] = max(1, before[what])

    def expect(self, what: str, calls: int) -> None:
        """It turned out that there are so many calls of this sort in all."""
        self.expected[what] = calls

    def note(self, what: str, *, kept: bool = False) -> None:
        """One of them was answered, now or (`kept`) to an earlier attempt."""
        self.answered[what] += 1
        self.made += not kept

    @property
    def room(self) -> int:
        """Calls that may be spent on what is only good to know: they cost no time, and leave an import within `FEW`."""
        needed = sum(calls for what, calls in self.expected.items() if what not in GOOD_TO_KNOW)
        free_of_time = WINDOW_CALLS * math.ceil(needed / WINDOW_CALLS)
        return max(0, min(FEW, free_of_time) - needed)

    @property
    def left(self) -> int:
        return (self.expected - self.answered).total()

    @property
    def share(self) -> float:
        """How much of the calls has been answered, 0 to 1."""
        return (self.expected & self.answered).total() / max(1, self.expected.total())

    def seconds_left(self, elapsed: float) -> float:
        """At the pace so far, but no faster than Fortnox allows: 5 s for each 25 calls after the first (field D2)."""
        if not self.left:
            return 0.0
        at_the_limit = WINDOW_SECONDS * ((self.made + self.left - 1) // WINDOW_CALLS) - elapsed
        at_this_pace = elapsed * self.left / max(1, self.made)
        return max(0.0, at_the_limit, at_this_pace)

    def as_kept(self) -> dict[str, dict[str, int]]:
        """As it is kept with the import."""
        return {"planned": dict(self.expected), "used": dict(self.answered)}
