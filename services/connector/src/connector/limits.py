"""What can't be done, or is less sure, where Fortnox granted less than was asked for (Fortnox facts 0.1, 2)."""

from common.events import ConnectionKind, Trouble
from common.problems import Problem

GRANT_ALL = (
    "Anslut företaget igen från det här uppdraget och godkänn alla behörigheter. "
    "Om en licens saknas behöver den först aktiveras i Fortnox."
)


def _without(scope: str, swedish: str, english: str) -> Problem:
    return Problem(code=f"connection.without-{scope}", swedish=swedish, next_step=GRANT_ALL, english=english)


WITHOUT: dict[str, Problem] = {
    "companyinformation": _without(
        "companyinformation",
        "Företagets uppgifter får inte läsas. Företaget kan därför inte kontrolleras mot uppdraget.",
        "Without companyinformation nobody can tell whether it is the right company.",
    ),
    "bookkeeping": _without(
        "bookkeeping",
        "Bokföringen är inte tillgänglig. Räkenskaperna kan därför inte hämtas och inga verifikationer bokföras.",
        "Without bookkeeping there is no SIE file, and no vouchers can be booked.",
    ),
    "invoice": _without(
        "invoice",
        "Kundfakturorna får inte läsas. Kundreskontran kan därför inte hämtas.",
        "Without invoice there is no customer ledger.",
    ),
    "customer": _without(
        "customer",
        "Kundregistret får inte läsas. Kundreskontran visar därför bara de kunduppgifter som står på fakturorna.",
        "Without customer the customer ledger tells of customers only what their invoices do.",
    ),
    "supplierinvoice": _without(
        "supplierinvoice",
        "Leverantörsfakturorna får inte läsas. Leverantörsreskontran kan därför inte hämtas.",
        "Without supplierinvoice there is no supplier ledger.",
    ),
    "supplier": _without(
        "supplier",
        "Leverantörsregistret får inte läsas. "
        "Leverantörsreskontran visar därför bara de leverantörsuppgifter som står på fakturorna.",
        "Without supplier the supplier ledger tells of suppliers only what their invoices do.",
    ),
    "payment": _without(
        "payment",
        "Betalningarna får inte läsas. Reskontrorna kan därför inte säkert räknas fram per balansdagen.",
        "Without payment ledgers as of a date can't be relied upon.",
    ),
    "settings": _without(
        "settings",
        "Inställningarna får inte läsas. Reskontrorna stäms därför av mot konto 1510 och 2440, "
        "och en låst period märks först när Fortnox nekar en verifikation.",
        "Without settings ledgers are held against 1510 and 2440, and a locked period shows only by a refusal.",
    ),
}

PERSONAL = Problem(
    code="connection.personal",
    swedish="Anslutningen är personlig: den är knuten till den som godkände den, inte till ett servicekonto.",
    next_step="Låt en systemadministratör för företaget ansluta igen, så får den ett servicekonto och håller längre.",
    english="The grant is a rotating refresh token; connecting again as a service account upgrades it.",
)

NARROWED = Problem(
    code="connection.narrowed",
    swedish=(
        "Företaget har godkänts på nytt från ett annat uppdrag. Den här anslutningen har därför färre behörigheter."
    ),
    next_step="Anslut företaget igen från det här uppdraget och godkänn alla behörigheter.",
    english="A later consent, for another connection to the company, covers less; it replaced this one's at Fortnox.",
)
DOWNGRADED = Problem(
    code="connection.downgraded",
    swedish=(
        "Företaget har godkänts på nytt från ett annat uppdrag. "
        "Den här anslutningen är därför inte längre knuten till ett servicekonto."
    ),
    next_step="Låt en systemadministratör för företaget ansluta igen från det här uppdraget.",
    english="A later consent, for another connection to the company, took the service account from this one.",
)
OTHERS_HARMED = (
    "Det företag som valdes i Fortnox har en anslutning från ett annat uppdrag också. Den har nu färre behörigheter "
    "eller inget servicekonto längre, och behöver göras om därifrån."
)


def upgrade(kind: ConnectionKind) -> Trouble | None:
    """How a connection of this kind becomes a better one; None where it is the best there is."""
    return Trouble.of(PERSONAL.error()) if kind is ConnectionKind.REFRESH_TOKEN else None
