"""Reads answers: the JSON that was asked for, or the error that Fortnox means.

Content decides, never the content type: errors come as text/html, and an error can hide in a 2xx
(Fortnox facts 0.3, 3 and 7).
"""

import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fortnox import _codes
from fortnox._errors import (
    FortnoxError,
    Invalid,
    MissingLicence,
    MissingScope,
    NotAllowed,
    NotFound,
    PeriodLocked,
    TokenRefused,
    TooManyRequests,
    Unavailable,
    UnreadableAnswer,
    WrongCompany,
)
from fortnox._wire import parse_json

LICENCE_TEXT = re.compile(r"licen[scz]", re.IGNORECASE)
SCOPE_TEXT = re.compile(r"\bscope", re.IGNORECASE)
RIGHT_TEXT = re.compile(r"behörighet|permission", re.IGNORECASE)
QUOTED = re.compile(r"\(.*\)|\".*\"", re.DOTALL)  # messages quote the refused value, which may speak of licences too
SIE_HEAD = 4096  # bytes in which a SIE file tells whose it is
FNR = re.compile(rb'^#FNR[ \t]+"?([0-9]{1,15})"?[ \t]*\r?$', re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What came back for one request. The body stays out of `repr`."""

    call: str
    status: int
    body: bytes = field(repr=False)
    request_id: str | None = None
    retry_after: float | None = None
    tenant: int | None = None  # the company that the permit was for

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @cached_property
    def content(self) -> Any:
        """The parsed JSON, None for what isn't JSON."""
        try:
            return parse_json(self.body)
        except ValueError:
            return None

    def known(self) -> dict[str, Any]:
        """What an error about this answer says."""
        return {"status": self.status, "request_id": self.request_id}


@dataclass(frozen=True)
class ErrorBody:
    """One of Fortnox's three ways to say what is wrong, in the order in which they are looked for (facts 7)."""

    code: int | None = None
    envelope: bool = False  # ErrorInformation, which means an error whatever the status
    message: str | None = field(default=None, repr=False)
    oauth: str | None = None  # OAuth's error word

    @property
    def own_words(self) -> str:
        """The message without the values that it quotes."""
        return QUOTED.sub("", self.message or "")


def check(answer: Answer) -> None:
    """Raises what the answer means if it means an error."""
    if error := error_of(answer):
        raise error


def error_of(answer: Answer) -> FortnoxError | None:
    """The error that the answer means, if it means one; a 2xx can hold one too."""
    found = error_body(answer.content)
    if answer.good and (found is None or not found.envelope):
        return None
    said = found or ErrorBody()
    kind = _kind(answer.status, found)
    error = kind(answer.call, **answer.known(), code=said.code, message=said.message, reason=said.oauth)
    if isinstance(error, TooManyRequests):
        error.retry_after = answer.retry_after
    return error


def content_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of a good answer."""
    if not isinstance(answer.content, dict):
        raise UnreadableAnswer(answer.call, **answer.known())
    return answer.content


def sie_of(answer: Answer) -> bytes:
    """The bytes of a SIE file; raises `UnreadableAnswer` for what isn't one, `WrongCompany` by its #FNR."""
    start = answer.body.removeprefix(BOM_UTF8).lstrip()[:SIE_HEAD]
    if not start.startswith(b"#FLAGGA"):
        raise UnreadableAnswer(answer.call, **answer.known())
    number = FNR.search(start)
    if number and answer.tenant is not None and int(number[1]) != answer.tenant:
        raise WrongCompany(answer.call, field="#FNR", **answer.known())
    return answer.body


def error_body(content: Any) -> ErrorBody | None:
    """The error that parsed JSON holds, if it has one of the three shapes."""
    if not isinstance(content, dict):
        return None
    envelope = content.get("ErrorInformation")
    if isinstance(envelope, dict):
        lower = {str(name).lower(): value for name, value in envelope.items()}  # both casings occur
        return ErrorBody(envelope=True, code=_code(lower.get("code")), message=_message(lower.get("message")))
    if isinstance(word := content.get("error"), str):
        return ErrorBody(oauth=word_of(word), message=_message(content.get("error_description")))
    if set(content) == {"message"}:
        return ErrorBody(message=_message(content["message"]))
    return None


def _kind(status: int, found: ErrorBody | None) -> type[FortnoxError]:
    """What an error answer means. The status decides first, since one code has two meanings (2003275)."""
    code = found.code if found else None
    if status == 429:
        return TooManyRequests
    if status >= 500 or status == 408 or code in _codes.BROKEN:
        return Unavailable
    if status == 401 or code in _codes.LOGIN:
        return _right(found) if code in _codes.LICENCE or code in _codes.SCOPE else TokenRefused
    if found is None:
        return UnreadableAnswer  # some gateway's page, no word of Fortnox's: its 404 proves no absence
    if status == 403 or code in _codes.RIGHTS or (status == 400 and _speaks_of_rights(found)):
        return _right(found)
    return _refusal(status, code)


def _refusal(status: int, code: int | None) -> type[FortnoxError]:
    if code in _codes.LOCKED:
        return PeriodLocked
    if status == 404 and code not in _codes.NO_ROUTE:
        return NotFound
    return Invalid


def _right(found: ErrorBody | None) -> type[NotAllowed]:
    """Which right is missing: by code, else by the text (Fortnox facts 7, last paragraphs)."""
    code, text = (found.code, found.own_words) if found else (None, "")
    if code in _codes.LICENCE:
        return MissingLicence
    if code in _codes.SCOPE:
        return MissingScope
    if code in _codes.RIGHTS:
        return NotAllowed
    if LICENCE_TEXT.search(text):
        return MissingLicence
    return MissingScope if SCOPE_TEXT.search(text) else NotAllowed


def _speaks_of_rights(found: ErrorBody) -> bool:
    """Whether a 400 is about rights: by its code, or by its text where the code isn't known (facts 7)."""
    if found.code in _codes.LICENCE or found.code in _codes.SCOPE:
        return True
    known = found.code is not None and found.code in set(_codes.Code)
    return not known and any(pattern.search(found.own_words) for pattern in (LICENCE_TEXT, SCOPE_TEXT, RIGHT_TEXT))


def _code(value: Any) -> int | None:
    """A number or a numeric string."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,10}", str(value)):
        return None
    return int(value)


def _message(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def word_of(value: str) -> str:
    """OAuth's error word; anything else isn't repeated, since words end up in logs."""
    return value if re.fullmatch(r"[A-Za-z_]{1,60}", value) else "unknown"
