"""The type of a catalogued failure: everything that a person can meet has a code, two languages and a next step.

Each service's `problems.py` holds its own; `docs/errors.md` is generated from the catalogue.
"""

from dataclasses import dataclass, field
from typing import Any

CATALOGUE: dict[str, "Problem"] = {}


@dataclass(frozen=True)
class Problem:
    """One thing that can go wrong, in words for whom it concerns.

    `swedish` and `next_step` are what the accountant reads; `english` is for operators. All three are templates
    over the data that the error carries, which must hold no token, personal number or invoice text.
    """

    code: str
    swedish: str
    next_step: str
    english: str
    status: int = field(default=422, kw_only=True)
    """HTTP status where the problem is answered over HTTP."""
    retry_after: int | None = field(default=None, kw_only=True)
    """Seconds until asking again may help; None where it doesn't."""

    def __post_init__(self) -> None:
        if CATALOGUE.setdefault(self.code, self) is not self:
            msg = f"problem {self.code} is defined twice"
            raise ValueError(msg)

    def error(self, **data: Any) -> "ProblemError":
        return ProblemError(self, data)


class ProblemError(Exception):
    """A catalogued failure on its way to the edge, where it becomes an event or an HTTP answer."""

    def __init__(self, problem: Problem, data: dict[str, Any] | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.data = data or {}

    @property
    def english(self) -> str:
        return self.problem.english.format(**self.data)

    @property
    def swedish(self) -> str:
        return self.problem.swedish.format(**self.data)

    @property
    def next_step(self) -> str:
        return self.problem.next_step.format(**self.data)


INTERNAL = Problem(
    code="internal.error",
    swedish="Ett oväntat fel inträffade hos oss.",
    next_step="Försök igen om en stund. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="An unexpected error; see the log with this reference.",
    status=500,
)
GAVE_UP = Problem(
    code="internal.gave-up",
    swedish="Arbetet avbröts flera gånger av fel hos oss och har stoppats.",
    next_step="Försök igen. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="The job was attempted {attempts} times without coming to an end and was stopped.",
)
UNREADABLE_COMMAND = Problem(
    code="internal.unreadable-command",
    swedish="Begäran kunde inte läsas av oss och har stoppats.",
    next_step="Skicka begäran på nytt från programmet. Kontakta supporten om felet kvarstår.",
    english="The command was accepted earlier, but this version can't read it; the job was buried.",
)
REUSED_KEY = Problem(
    code="command.reused-key",
    swedish="Samma referens har redan använts för en annan begäran.",
    next_step="Skicka begäran på nytt från programmet, så att den får en egen referens.",
    english="The business key {key} was already used by a command with other content.",
    status=409,
)
UNAUTHENTICATED = Problem(
    code="http.unauthenticated",
    swedish="Anropet saknar giltig nyckel.",
    next_step="Kontakta supporten.",
    english="No valid key was sent with the request.",
    status=401,
)
FORBIDDEN = Problem(
    code="http.forbidden",
    swedish="Nyckeln ger inte rätt till det här anropet.",
    next_step="Kontakta supporten.",
    english="The key does not open this call.",
    status=403,
)
INVALID_REQUEST = Problem(
    code="http.invalid-request",
    swedish="Anropet är inte rätt utformat: {fields}.",
    next_step="Kontakta supporten.",
    english="The request is not valid: {fields}.",
)
NOT_FOUND = Problem(
    code="http.not-found",
    swedish="Det som efterfrågades finns inte.",
    next_step="Kontrollera länken eller referensen.",
    english="There is no such thing here.",
    status=404,
)
METHOD_NOT_ALLOWED = Problem(
    code="http.method-not-allowed",
    swedish="Anropet stöds inte.",
    next_step="Kontakta supporten.",
    english="That address does not take this method; the header Allow names those that it takes.",
    status=405,
)
BODY_TOO_LARGE = Problem(
    code="http.body-too-large",
    swedish="Anropet är för stort.",
    next_step="Kontakta supporten.",
    english="The body is larger than any call here needs.",
    status=413,
)
NOT_JSON = Problem(
    code="http.not-json",
    swedish="Anropet är inte rätt utformat: innehållet är inte JSON.",
    next_step="Kontakta supporten.",
    english="The body's Content-Type is not application/json.",
    status=415,
)
AWAY = Problem(
    code="http.away",
    swedish="Tjänsten når inte sin databas just nu.",
    next_step="Försök igen om en stund.",
    english="The database is away or overloaded; asking again is safe.",
    status=503,
    retry_after=5,
)
NOT_READY = Problem(
    code="http.not-ready",
    swedish="Tjänsten startar eller saknar något den behöver.",
    next_step="Försök igen om en stund.",
    english="The service is not ready: {missing}.",
    status=503,
    retry_after=5,
)
