"""How a check's result is put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.events import Check, Verdict

SHOWN_PLACES = 10


@dataclass(frozen=True)
class Texts:
    """A sentence in both languages; templates over the check's numbers."""

    swedish: str
    english: str


@dataclass(frozen=True)
class Rule:
    """One thing that is verified, with what is said when it holds and when it doesn't."""

    code: str
    holds: Texts
    fails: Texts
    next_step: str = ""

    def passed(self, **numbers: object) -> Check:
        return self._check(Verdict.PASSED, self.holds, numbers)

    def found(
        self,
        verdict: Verdict,
        places: Iterable[str] = (),
        *,
        count: int | None = None,
        amount: Decimal | None = None,
        **numbers: object,
    ) -> Check:
        """It doesn't hold, in these places."""
        where = [place for place in places if place]
        words = {"count": len(where) if count is None else count, "places": few(where), **numbers}
        check = self._check(verdict, self.fails, {"amount": kronor(amount), **words})
        return check.model_copy(
            update={
                "count": words["count"],
                "amount": amount,
                "places": tuple(where[:SHOWN_PLACES]),
                "next_step": self.next_step,
            }
        )

    def _check(self, verdict: Verdict, texts: Texts, numbers: dict[str, object]) -> Check:
        return Check(
            code=self.code,
            verdict=verdict,
            swedish=texts.swedish.format(**numbers),
            english=texts.english.format(**numbers),
        )


def few(places: list[str]) -> str:
    """The first of them, for a sentence."""
    return ", ".join(places[:3]) + (" …" if len(places) > 3 else "")


def kronor(amount: Decimal | None) -> str:
    """As it is written in Swedish text: 1 234 567,50 with non-breaking spaces."""
    return "" if amount is None else f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",").replace("-", "−")
