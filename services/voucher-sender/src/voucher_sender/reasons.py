"""What a batch can meet on its way that is no fault of ours: what of it ends the batch, and what passes."""

from dataclasses import dataclass
from datetime import timedelta

from common.events import Trouble
from common.leases import ConnectorAway, LeaseRefused
from common.problems import Problem, ProblemError
from fortnox import FortnoxError, NotAllowed, TokenRefused, TryLater, UnreadableAnswer
from voucher_sender import problems
from voucher_sender.resolve import HeldBack, Uncertain
from voucher_sender.right import RightTaken
from voucher_sender.sender import Timing

REASONS = (
    Uncertain,
    HeldBack,
    RightTaken,
    LeaseRefused,
    ConnectorAway,
    TryLater,
    TokenRefused,
    NotAllowed,
    UnreadableAnswer,
    ProblemError,
)


class DatabaseAway(Exception):
    """Our own database can't do it just now, and that lasts. Tells the kind of error, no more."""


Reason = (
    Uncertain
    | HeldBack
    | RightTaken
    | LeaseRefused
    | ConnectorAway
    | TryLater
    | TokenRefused
    | NotAllowed
    | UnreadableAnswer
    | ProblemError
    | DatabaseAway
)

GONE_FOR_GOOD = frozenset({"connection.unknown", "connection.removed"})
"""The connector's own codes. A bare 404 says nothing: whatever stands before it answers so while it is replaced."""
RIGHT_TAKEN_FOR = timedelta(seconds=2)


@dataclass(frozen=True)
class Pause:
    """What is waited for, and how long until the next try."""

    trouble: Trouble
    """What is said of the batch."""
    uncertain: Problem
    """What is said instead of a voucher that may be in Fortnox."""
    patience: timedelta


def final(reason: Reason) -> ProblemError | None:
    """Why the batch ends, unless it may have left something in Fortnox; None for what passes."""
    if isinstance(reason, NotAllowed):
        return problems.NOT_ALLOWED.error(code=reason.code or "–")
    if isinstance(reason, ProblemError):
        return reason
    if isinstance(reason, LeaseRefused) and _gone(reason):
        return problems.UNKNOWN_CONNECTION.error()
    if isinstance(reason, UnreadableAnswer) and reason.field is not None:
        return problems.UNREADABLE_ANSWER.error(call=reason.call, field=reason.field)
    return None


def pause(reason: Reason, timing: Timing) -> Pause:
    """How it is waited for what passes, or what may be in Fortnox nevertheless."""
    word = word_of(reason)
    if isinstance(reason, LeaseRefused):
        return Pause(reason.trouble, problems.UNCERTAIN_LOST, timing.lost)
    if isinstance(reason, NotAllowed | ProblemError):
        return Pause(_said(problems.FORTNOX_AWAY, word), problems.UNCERTAIN_LOST, timing.lost)
    if isinstance(reason, HeldBack):
        return Pause(_said(problems.SERIES_UNCERTAIN, word), problems.UNCERTAIN_UNSEEN, timing.settling)
    if isinstance(reason, RightTaken):
        return Pause(_said(problems.SERIES_TAKEN, word), problems.UNCERTAIN_AWAY, RIGHT_TAKEN_FOR)
    if isinstance(reason, DatabaseAway):
        return Pause(_said(problems.DATABASE_AWAY, word), problems.UNCERTAIN_DATABASE, timing.away)
    away = problems.CONNECTOR_AWAY if isinstance(reason, ConnectorAway) else problems.FORTNOX_AWAY
    return Pause(_said(away, word), problems.UNCERTAIN_AWAY, timing.away)


def word_of(reason: Reason) -> str:
    """A word for operators, without anything that was sent."""
    if isinstance(reason, LeaseRefused):
        return reason.trouble.code
    return str(reason) if isinstance(reason, FortnoxError | DatabaseAway) else type(reason).__name__


def _said(problem: Problem, word: str) -> Trouble:
    return Trouble.of(problem.error(reason=word))


def _gone(refused: LeaseRefused) -> bool:
    """Whether the connection will not come back by itself: it was removed, or never was."""
    return refused.trouble.code in GONE_FOR_GOOD
