"""What the popup's pages say, in Swedish, to an accountant or to the company's administrator."""

from datetime import datetime
from urllib.parse import urlsplit

from common.clock import SWEDEN
from common.events import Trouble
from connector import limits, problems
from connector.connect import Outcome
from connector.pages import Action, Page
from connector.repository import Session

CONSULTANT = "Är du redovisningskonsult loggar du in via Digital byrå och väljer klienten där."
ADMINISTRATOR = "Bara en systemadministratör för företaget kan godkänna."
NOT_MADE = "Anslutningen kunde inte göras"
TITLES = {
    problems.FINISHING.code: "Anslutningen är inte klar än",
    problems.STATE_REUSED.code: "Svaret är redan mottaget",  # loaded twice: it is being made, or has been
}
CAREFUL = "Fortsätt bara om du känner igen den som begär anslutningen."  # a link may come from anybody


def invitation(session: Session, address: str, forward: str) -> Page:
    """Who asks for what, before anything happens. In the product's own popup it goes on by itself."""
    return Page(
        title="Anslut företaget till Fortnox",
        text=f"{_host(session)} vill ansluta till företagets Fortnox. Du godkänner hos Fortnox i nästa steg.",
        details=_details(session),
        next_step=" ".join([*_who_may(session), CONSULTANT, CAREFUL]),
        actions=(
            Action("Fortsätt till Fortnox", address),
            Action("Skapa en länk att skicka vidare", forward, "Är det någon annan som ska godkänna?"),
        ),
        goes_on_from="" if session.forwarded else session.origin,
    )


def link_to_forward(session: Session, address: str) -> Page:
    """The link, and until when it can be used."""
    return Page(
        title="Skicka länken till den som ska godkänna",
        text=f"Länken kan användas en gång, senast {_day(session.expires_at)}. Den gäller bara det här uppdraget.",
        details=_details(session),
        next_step="Du kan stänga fönstret när du har kopierat länken. Programmet får besked när företaget är anslutet.",
        link=address,
    )


def result(outcome: Outcome, again: str | None, forward: str | None) -> Page:
    """How it ended. `again` and `forward` are addresses, where they make sense."""
    session, message = outcome.session, _message(outcome)
    origin = session.origin if session else ""
    if outcome.trouble:
        return failed(outcome.trouble, again, forward, message, origin)
    if outcome.goes_again:
        return once_more(outcome, again)
    granted = outcome.granted
    less = [*granted.limitations, *([granted.upgrade] if granted.upgrade else [])]
    harmed = [limits.OTHERS_HARMED] if granted.others_harmed else []
    return Page(
        title="Företaget är anslutet till Fortnox",
        text="Anslutningen är klar, men inte fullständig." if less else "Anslutningen är klar.",
        notes=(*(one.swedish for one in less), *harmed),
        next_step="\n".join([*dict.fromkeys(one.next_step for one in less), _where_now(session)]),
        message=message,
        origin=origin,
    )


def once_more(outcome: Outcome, address: str | None) -> Page:
    """A second consent, so that the first doesn't cost the company's other connections anything."""
    session = outcome.again.session if outcome.again else outcome.session
    who = [] if session is None or not session.asks_service else [ADMINISTRATOR]
    return Page(
        title="Godkänn en gång till hos Fortnox",
        text=(
            "Företaget är redan anslutet från ett annat uppdrag, som behöver mer än det du nyss godkände. "
            "Hos Fortnox gäller bara det senaste godkännandet.\n"
            "Godkänn därför en gång till, nu för båda uppdragen. Välj samma företag."
        ),
        next_step=" ".join([*who, "Utan det blir det här uppdraget anslutet, men det andra kan förlora behörigheter."]),
        actions=(Action("Fortsätt till Fortnox", address),) if address else (),
    )


def failed(
    trouble: Trouble,
    again: str | None = None,
    forward: str | None = None,
    message: dict[str, str | None] | None = None,
    origin: str = "",
) -> Page:
    """What went wrong, and what the person can do."""
    actions = [Action("Försök igen", again)] if again else []
    if forward and trouble.code in problems.FOR_SOMEBODY_ELSE:
        actions.insert(0, Action("Skapa en länk att skicka vidare", forward))
    return Page(
        title=TITLES.get(trouble.code, NOT_MADE),
        text=trouble.swedish,
        notes=(limits.OTHERS_HARMED,) if problems.OTHERS in trouble.data else (),
        next_step=trouble.next_step,
        code=trouble.code,
        actions=tuple(actions),
        message=message,
        origin=origin,
    )


def crashed(trouble: Trouble, reference: str) -> Page:
    """A fault of ours, with what the support can find it by."""
    return Page(NOT_MADE, trouble.swedish, trouble.next_step, trouble.code, reference)


def _details(session: Session) -> tuple[tuple[str, str], ...]:
    told = (
        ("Företag", session.company_name),
        ("Uppdrag", session.reference),
        ("Begärd av", session.asked_by),
        ("Program", _host(session)),
    )
    return tuple((name, value) for name, value in told if value)


def _who_may(session: Session) -> list[str]:
    if not session.asks_service:
        return []
    return [ADMINISTRATOR]


def _where_now(session: Session | None) -> str:
    if session and session.forwarded:
        return "Du kan stänga sidan. Den som begärde anslutningen får besked i sitt program."
    return "Du kan stänga det här fönstret och fortsätta i programmet."


def _message(outcome: Outcome) -> dict[str, str | None] | None:
    if outcome.session is None or outcome.goes_again:
        return None
    return {
        "type": "bokbrygga.connect",
        "session_id": str(outcome.session.id),
        "connection_id": str(outcome.session.connection_id),
        "state": "failed" if outcome.trouble else "connected",
        "code": outcome.trouble.code if outcome.trouble else None,
    }


def _host(session: Session) -> str:
    return urlsplit(session.origin).netloc


def _day(moment: datetime) -> str:
    local = moment.astimezone(SWEDEN)
    return f"{local:%Y-%m-%d} kl. {local:%H.%M}"
