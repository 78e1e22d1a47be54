"""A connect session asked for twice, because the answer was lost: the same session, with the same one-time address.

Nothing is kept for that. Its id is made from the caller's key for the request, its ticket from a master key.
"""

import base64
from uuid import UUID, uuid4, uuid5

from connector import problems
from connector.repository import Session
from connector.tokens.sealed import digest
from connector.tokens.vault import Vault

SESSIONS = UUID("5b3c57e4-6b0e-4c0a-9f5e-0f6f2a1d8c11")
COMPARED = ("reconnects", "reference", "origin", "kind", "wanted_scopes", "asked_by", "company_name")


def session_id(caller: str, idempotency_key: str | None) -> UUID:
    """Callers have keys of their own: what one uses says nothing of another's."""
    return uuid4() if idempotency_key is None else uuid5(SESSIONS, f"{len(caller)}/{caller}/{idempotency_key}")


def new_ticket(vault: Vault, session: UUID) -> str:
    """What the one-time address ends with. Who has no master key can't make it."""
    return _tickets(vault, session)[0]


def ticket_of(vault: Vault, before: Session, asked: Session, expected_company: str | None) -> str:
    """The ticket of the session opened before, for who asks for the same again. Raises ProblemError for anything else.

    "The same" compares the sessions as today's model reads them, not bytes of requests.
    """
    ticket = kept_ticket(vault, before)
    if ticket is None or not _same(before, asked) or not _expects(vault, before, expected_company):
        raise problems.REUSED_IDEMPOTENCY_KEY.error()
    return ticket


def kept_ticket(vault: Vault, session: Session) -> str | None:
    """The session's own ticket, made again; None when its master key has gone since."""
    known = [ticket for ticket in _tickets(vault, session.id) if digest(ticket) == session.ticket_hash]
    return known[0] if known else None


def _same(before: Session, asked: Session) -> bool:
    alike = all(getattr(before, name) == getattr(asked, name) for name in COMPARED)
    return alike and (not asked.reconnects or before.connection_id == asked.connection_id)


def _expects(vault: Vault, before: Session, company: str | None) -> bool:
    kept = before.expected_company
    return company is None if kept is None else company is not None and vault.matches(kept, company)


def _tickets(vault: Vault, session: UUID) -> list[str]:
    """By each master key, the current one's first: it may have been changed between two requests."""
    made = vault.derive(f"connect_sessions/{session}/ticket")
    return [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in made]
