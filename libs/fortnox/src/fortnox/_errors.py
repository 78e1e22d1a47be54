"""
What can go wrong with a call, by what the caller can do about it.

FortnoxError
├── Refused                    the request is wrong and will stay wrong
│   ├── NotAllowed             a right or a licence is missing: a person must act
│   │   ├── MissingLicence     the company must order a licence in Fortnox
│   │   ├── MissingAppLicence  the integration must be bought in Fortnox's marketplace first
│   │   ├── MissingScope       our consent lacks a scope: a new consent that asks for it
│   │   └── NotAdministrator   a service account can only be approved by a system administrator
│   ├── NotFound               Fortnox says that there is no such record
│   ├── Invalid                Fortnox refuses the values; `code` says which rule
│   │   └── PeriodLocked       a person must unlock the period
│   ├── InvalidGrant           the refresh token or code is spent or expired: connect again
│   ├── InvalidClient          our client id or secret is wrong: our own configuration
│   ├── InvalidScope           the app itself may not ask for that scope: our own configuration
│   └── Declined               the person on the consent page said no
├── TokenRefused               the access token is dead (401), a new one didn't help; nothing happened
├── TryLater                   nothing happened: it may be sent again
│   ├── TooManyRequests        429
│   ├── NotSent                the request never left us
│   ├── Unavailable            a read that got no usable answer (5xx, timeout, broken connection)
│   └── ChangedMeanwhile       a list changed every time it was read to its end
├── OutcomeUnknown             a write that may have happened: look before sending again
├── WrongCompany               the answer is about another company than the one that was asked for
└── UnreadableAnswer           the answer isn't what Fortnox sends; `field` names what is missing or wrong

Leaves carry data, never composed text. `message` is Fortnox's own (Swedish) and can quote what was sent,
so it is not part of `str()` or `repr()`.
"""

from typing import Any


class FortnoxError(Exception):
    """A call that didn't give what was asked for."""

    def __init__(
        self,
        call: str,
        *,
        status: int | None = None,
        code: int | None = None,
        message: str | None = None,
        reason: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(call)
        self.call = call  # method and path, such as "GET /3/invoices/17", without the query
        self.status = status  # HTTP status, None when no answer came
        self.code = code  # Fortnox's own number, such as 2000401
        self.message = message  # Fortnox's own words: may quote what was sent, not for logs
        self.reason = reason  # OAuth's error word, or the kind of network failure
        self.field = field  # the place in the answer, such as "Invoices.3.Balance"
        self.request_id = request_id  # X-Uid, what Fortnox's support asks for

    def facts(self) -> dict[str, Any]:
        """All that is known, as the constructor takes it."""
        return {"call": self.call, "message": self.message} | self.details()

    def details(self) -> dict[str, Any]:
        """What is known and fit for a log."""
        known = ("status", "code", "reason", "field", "request_id")
        return {name: value for name in known if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        return " ".join([self.call, *(f"{name}={value}" for name, value in self.details().items())])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Refused(FortnoxError):
    """The request is wrong and will stay wrong."""


class NotAllowed(Refused):
    """A right or a licence is missing in Fortnox: a person must act."""


class MissingLicence(NotAllowed):
    """The company lacks a licence that the call needs."""


class MissingAppLicence(NotAllowed):
    """The company hasn't bought the integration in Fortnox's marketplace."""


class MissingScope(NotAllowed):
    """The consent doesn't include the scope that the call needs."""


class NotAdministrator(NotAllowed):
    """A service account was asked for by somebody who isn't a system administrator."""


class NotFound(Refused):
    """Fortnox itself says that there is no such record (not: some page was missing)."""


class Invalid(Refused):
    """Fortnox refuses the values of the request."""


class PeriodLocked(Invalid):
    """The date lies in a locked period (2000401, 2002141)."""


class InvalidGrant(Refused):
    """The refresh token or code has been used, has expired or was never valid."""


class InvalidClient(Refused):
    """Fortnox doesn't know our client id and secret."""


class InvalidScope(Refused):
    """A scope was asked for that isn't switched on for the app."""


class Declined(Refused):
    """The person on the consent page declined."""


class TokenRefused(FortnoxError):
    """The access token is dead. Nothing happened."""


class TryLater(FortnoxError):
    """Nothing happened: it may be sent again."""


class TooManyRequests(TryLater):
    """429: more than 25 calls in 5 s for this client and company, whoever made them."""

    retry_after: float | None = None  # seconds, where the answer says so; Fortnox documents none


class NotSent(TryLater):
    """The request certainly never left us."""


class Unavailable(TryLater):
    """A read got no usable answer: 5xx, timeout or a broken connection."""


class ChangedMeanwhile(TryLater):
    """A list's total changed while its pages were read, each time that it was tried."""


class OutcomeUnknown(FortnoxError):
    """The call may have been carried out.

    Raised for writes after a timeout, a broken connection, a 5xx or an answer that can't be read.
    """


class WrongCompany(FortnoxError):
    """The answer carries another DatabaseNumber than the permit's."""


class UnreadableAnswer(FortnoxError):
    """The answer isn't what Fortnox sends: a page of HTML, cut off, or a field missing or wrong."""
