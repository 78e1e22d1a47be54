"""Which case comes next: shuffled cards, so that even a small ledger has one of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from random import Random


class Deck:
    """Cards in a random order; when all are drawn they are shuffled anew."""

    def __init__(self, cards: Mapping[str, int], rng: Random) -> None:
        self._cards = [card for card, count in cards.items() for _ in range(count)]
        self._rng = rng
        self._left: deque[str] = deque()

    def add(self, card: str, count: int) -> None:
        self._cards.extend([card] * count)

    def draw(self) -> str:
        if not self._left:
            self._left.extend(self._rng.sample(self._cards, len(self._cards)))
        return self._left.popleft()

    def put_back(self, card: str) -> None:
        """The card could not be played now."""
        self._left.append(card)


def split(amount: int, parts: int, rng: Random) -> list[int]:
    """So many random parts of an amount, all positive, in sum the amount to the öre."""
    weights = [rng.uniform(0.5, 1.5) for _ in range(parts)]
    whole = sum(weights)
    made = [max(1, int(amount * weight / whole)) for weight in weights[:-1]]
    return [*made, amount - sum(made)]
