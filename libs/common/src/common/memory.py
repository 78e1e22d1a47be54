"""Answers kept for a moment, and asked for once however many want them at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

from common.clock import Clock

Answer = TypeVar("Answer")


class Kept(NamedTuple):
    """An answer and until when it may be given, by the boot-time clock."""

    answer: object
    until: float


@dataclass
class Memory:
    """Of the last `size` answers, for `seconds` each. A failure is told to all who wait for it, and not kept."""

    clock: Clock
    seconds: float
    size: int
    _kept: OrderedDict[Hashable, Kept] = field(default_factory=OrderedDict, init=False, repr=False)
    _asking: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict, init=False, repr=False)

    async def answer(
        self,
        question: Hashable,
        ask: Callable[[], Coroutine[Any, Any, Answer]],
        whole: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        """The answer, asked for only where it isn't known. Who gives up waiting doesn't end it for the others.

        One that is not `whole` is given and not kept.
        """
        known = self.known(question)
        if known is not None:
            return cast("Answer", known)
        asking = self._asking.get(question)
        if asking is None:
            asking = self._asking[question] = asyncio.create_task(self._ask(question, ask, whole))
            asking.add_done_callback(_look_at)
        return cast("Answer", await asyncio.shield(asking))

    def known(self, question: Hashable) -> object | None:
        """The answer that is kept, if it is still fresh."""
        kept = self._kept.get(question)
        return kept.answer if kept is not None and kept.until > self.clock.boottime() else None

    def keep(self, question: Hashable, answer: object) -> None:
        """Keeps an answer that somebody got by himself; those that are old or too many go."""
        now = self.clock.boottime()
        self._kept[question] = Kept(answer, now + self.seconds)
        self._kept.move_to_end(question)
        while self._kept and (len(self._kept) > self.size or next(iter(self._kept.values())).until <= now):
            self._kept.popitem(last=False)

    async def close(self) -> None:
        if tasks := list(self._asking.values()):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _ask(
        self, question: Hashable, ask: Callable[[], Coroutine[Any, Any, Answer]], whole: Callable[[Answer], bool]
    ) -> Answer:
        try:
            answer = await ask()
        finally:
            del self._asking[question]
        if whole(answer):
            self.keep(question, answer)
        return answer


def _look_at(task: asyncio.Task[Any]) -> None:
    """A failure that nobody waits for any more is no news for the event loop."""
    if not task.cancelled():
        task.exception()
