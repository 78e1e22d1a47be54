"""What can go wrong with a connection, in words for whom it concerns (Fortnox fact 1.7).

Texts hold no organisation numbers: a sole trader's is a personal number.
"""

from typing import Any

import fortnox
from common.problems import CATALOGUE, Problem, ProblemError

# --- On the way to connect: pages for the person in the popup, and `connect.failed` ---

DECLINED = Problem(
    code="connect.declined",
    swedish="Du avböjde att ansluta programmet till Fortnox.",
    next_step="Försök igen och välj Godkänn hos Fortnox.",
    english="The person declined on Fortnox's consent page.",
)
MISSING_LICENCE = Problem(
    code="connect.missing-licence",
    swedish="Företaget saknar en licens i Fortnox som anslutningen behöver.",
    next_step=(
        "Be företagets administratör att i Fortnox aktivera integrationslicensen och licenserna för de delar "
        "som ska läsas. Försök sedan igen."
    ),
    english="Fortnox refused: the company lacks a licence for the integration or for one of the scopes.",
)
MISSING_APP_LICENCE = Problem(
    code="connect.missing-app-licence",
    swedish="Integrationen är inte beställd för företaget i Fortnox.",
    next_step="Be företagets administratör att beställa integrationen på Fortnox marknadsplats. Försök sedan igen.",
    english="Fortnox refused: the integration must be bought in Fortnox's marketplace first.",
)
NOT_ADMINISTRATOR = Problem(
    code="connect.not-administrator",
    swedish="Bara en systemadministratör i Fortnox kan godkänna anslutningen.",
    next_step=(
        "Skicka länken vidare till företagets systemadministratör, eller be att själv få den rollen i "
        "Fortnox och försök igen."
    ),
    english="A service account can only be approved by one of the customer's system administrators.",
)
RIGHT_MISSING_ON_THE_WAY = Problem(
    code="connect.missing-right",
    swedish="Du saknar behörighet i Fortnox att läsa företagets uppgifter.",
    next_step="Skicka länken vidare till företagets administratör, eller be att själv få behörigheten och försök igen.",
    english="Fortnox refused to tell who the company is: the person lacks a right.",
)
COMPANY_NOT_GRANTED = Problem(
    code="connect.company-not-granted",
    swedish="Anslutningen omfattar inte företagets uppgifter, så företaget kan inte kontrolleras mot uppdraget.",
    next_step="Försök igen och godkänn alla behörigheter hos Fortnox.",
    english="The consent lacks the scope companyinformation: who the company is can't be read.",
)
SCOPE_NOT_ENABLED = Problem(
    code="connect.invalid-scope",
    swedish="Anslutningen är felaktigt inställd hos oss: Fortnox känner inte igen en behörighet som vi ber om.",
    next_step="Kontakta supporten. Du behöver inte göra något i Fortnox.",
    english="Fortnox refused a scope that is not enabled for our app in the developer portal.",
    status=503,
)
ACCOUNT_LOCKED = Problem(
    code="connect.account-locked",
    swedish="Fortnox skickade dig tillbaka utan svar. Det brukar betyda att företagets konto i Fortnox är spärrat.",
    next_step=(
        "Logga in i Fortnox och kontrollera om företaget har en obetald faktura från Fortnox. Försök sedan igen."
    ),
    english="Fortnox redirected back with neither code nor state: the customer's account is probably locked.",
)
REFUSED = Problem(
    code="connect.refused",
    swedish="Fortnox godkände inte anslutningen.",
    next_step="Försök igen. Kontakta supporten om felet kvarstår.",
    english="Fortnox refused for a reason that is not known here: {reason}.",
)
LINK_UNKNOWN = Problem(
    code="connect.unknown-link",
    swedish="Länken till anslutningen finns inte.",
    next_step="Starta anslutningen igen från programmet. Om du fick länken av någon annan, be om en ny.",
    english="No connect session has this ticket.",
    status=404,
)
LINK_USED = Problem(
    code="connect.link-used",
    swedish="Länken till anslutningen har redan använts.",
    next_step="Starta anslutningen igen från programmet. Om du fick länken av någon annan, be om en ny.",
    english="The one-time address was opened again, or by another browser.",
    status=409,
)
SESSION_EXPIRED = Problem(
    code="connect.session-expired",
    swedish="Tiden för anslutningen har gått ut.",
    next_step=(
        "Starta anslutningen igen från programmet. Om du fick länken av någon annan, be om en ny. "
        "Om Fortnox visade ett felmeddelande, kontakta supporten och uppge det."
    ),
    english="The connect session ran out before the person came back from Fortnox.",
    status=409,
)
STATE_UNKNOWN = Problem(
    code="connect.unknown-state",
    swedish="Svaret från Fortnox hör inte till någon pågående anslutning.",
    next_step="Starta anslutningen igen från programmet.",
    english="The callback's state belongs to no session.",
    status=409,
)
STATE_REUSED = Problem(
    code="connect.state-reused",
    swedish="Svaret från Fortnox har redan tagits emot.",
    next_step="Se i programmet om företaget är anslutet. Starta annars anslutningen igen därifrån.",
    english="The callback's state was used before.",
    status=409,
)
OTHER_BROWSER = Problem(
    code="connect.other-browser",
    swedish="Anslutningen påbörjades i en annan webbläsare än den som kom tillbaka från Fortnox.",
    next_step=(
        "Gör alla steg i samma webbläsare och tillåt kakor för sidan. Starta anslutningen igen från programmet."
    ),
    english="The callback came without the cookie of the browser that began.",
    status=409,
)
COOKIES_BLOCKED = Problem(
    code="connect.cookies-blocked",
    swedish="Webbläsaren tillåter inte kakor för den här sidan, och utan dem kan anslutningen inte göras säkert.",
    next_step="Tillåt kakor (cookies) för sidan, eller använd en annan webbläsare. Öppna sedan länken igen.",
    english="The browser did not bring the cookie that the page had just given it, or another site sent it here.",
    status=409,
)
WRONG_ORGANISATION_NUMBER = Problem(
    code="connect.wrong-organisation-number",
    swedish="Du valde ett annat företag i Fortnox än det som uppdraget gäller: organisationsnumren är olika.",
    next_step=(
        "Försök igen och välj rätt företag hos Fortnox. Som redovisningskonsult väljer du klienten i Digital "
        "byrå. Om det var rätt företag, kontrollera organisationsnumret i uppdraget."
    ),
    english="The company's organisation number is not the expected one.",
    status=409,
)
WRONG_COMPANY = Problem(
    code="connect.wrong-company",
    swedish="Du valde ett annat företag i Fortnox än det som var anslutet förut.",
    next_step=(
        "Försök igen och välj samma företag som förut. Som redovisningskonsult väljer du klienten i Digital "
        "byrå. Om uppdraget ska gälla det andra företaget, gör en ny anslutning."
    ),
    english="Reconnecting gave tenant {tenant}; the connection belongs to tenant {expected_tenant}.",
    status=409,
)
CODE_REFUSED = Problem(
    code="connect.code-refused",
    swedish="Fortnox godtog inte engångskoden: den hann bli för gammal eller hade redan använts.",
    next_step="Försök igen.",
    english="Fortnox answered invalid_grant to the authorisation code.",
)
UNREADABLE = Problem(
    code="connect.unreadable-answer",
    swedish="Fortnox svarade på ett sätt som vi inte förstår.",
    next_step="Försök igen om en stund. Kontakta supporten om felet kvarstår.",
    english="Fortnox's answer could not be read or contradicts itself.",
    status=502,
    retry_after=60,
)
INTERRUPTED = Problem(
    code="connect.interrupted",
    swedish="Anslutningen kunde inte slutföras på grund av ett tillfälligt fel hos oss.",
    next_step="Vänta en stund och försök igen.",
    english="The process that exchanged the code ended before it could store what it got.",
    status=503,
)
FINISHING = Problem(
    code="connect.finishing",
    swedish="Fortnox har godkänt anslutningen, men ett tillfälligt fel hos oss gör att den inte är klar än.",
    next_step="Den slutförs av sig själv inom några minuter och visas sedan i programmet. Du kan stänga fönstret.",
    english="The consent's tokens are stored; another try finishes the connection.",
    status=503,
)
UNAVAILABLE = Problem(
    code="connect.unavailable",
    swedish="Anslutningen kan inte göras just nu på grund av ett tillfälligt fel hos oss.",
    next_step="Vänta en stund och ladda om sidan. Starta annars anslutningen igen från programmet.",
    english="The database is away.",
    status=503,
)
ORIGIN_NOT_ALLOWED = Problem(
    code="connect.origin-not-allowed",
    swedish="Anslutningen kan inte öppnas från den här sidan.",
    next_step="Kontakta supporten.",
    english="The origin is not among ALLOWED_ORIGINS.",
    status=403,
)
REUSED_IDEMPOTENCY_KEY = Problem(
    code="connect.reused-idempotency-key",
    swedish="Samma referens har redan använts för en annan anslutning.",
    next_step="Starta anslutningen igen från programmet, så att den får en egen referens.",
    english="The Idempotency-Key was already used for a connect session with other content.",
    status=409,
)
SESSION_UNKNOWN = Problem(
    code="connect.unknown-session",
    swedish="Anslutningsförsöket finns inte.",
    next_step="Starta anslutningen igen från programmet.",
    english="There is no such connect session.",
    status=404,
)

# --- Of a connection ---

UNKNOWN = Problem(
    code="connection.unknown",
    swedish="Anslutningen till Fortnox finns inte.",
    next_step="Anslut företaget till Fortnox.",
    english="There is no connection with this id.",
    status=404,
)
REMOVED = Problem(
    code="connection.removed",
    swedish="Anslutningen till Fortnox är borttagen.",
    next_step="Anslut företaget till Fortnox igen.",
    english="The connection was removed.",
    status=409,
)
CONSENT_REMAINS = Problem(
    code="connection.consent-remains",
    swedish="Anslutningen är borttagen hos oss, men företagets godkännande finns kvar i Fortnox.",
    next_step="Ska åtkomsten upphöra helt, be företagets systemadministratör att ta bort integrationen i Fortnox.",
    english="Our tokens are deleted, but Fortnox still gives new ones to the service account.",
)
LOST = Problem(
    code="connection.lost",
    swedish="Anslutningen till Fortnox har slutat gälla.",
    next_step="Anslut företaget till Fortnox igen. Det som väntar fortsätter sedan av sig självt.",
    english="Fortnox no longer accepts the grant: it was withdrawn, or its refresh token was spent or ran out.",
    status=409,
)
EXPIRING = Problem(
    code="connection.expiring",
    swedish="Anslutningen till Fortnox upphör {day} om den inte kan förnyas innan dess.",
    next_step="Anslut företaget till Fortnox igen, så fortsätter den att gälla.",
    english="The refresh token should have been renewed long ago and dies on {day}; last failure: {reason}.",
)
LICENCE_GONE = Problem(
    code="connection.missing-licence",
    swedish="Företaget saknar numera en licens i Fortnox som anslutningen behöver.",
    next_step=(
        "Be företagets administratör att aktivera licensen i Fortnox. Anslutningen kommer sedan igång av sig själv; "
        "den behöver inte göras om."
    ),
    english="Fortnox gives no token because a licence is missing; it is tried again now and then.",
    status=409,
)
MISCONFIGURED = Problem(
    code="connection.misconfigured",
    swedish="Anslutningen till Fortnox är felaktigt inställd hos oss.",
    next_step="Kontakta supporten. Du behöver inte göra något i Fortnox.",
    english="Fortnox does not accept our client id and secret.",
    status=503,
    retry_after=60,
)
KEY_MISSING = Problem(
    code="connection.key-missing",
    swedish="Anslutningens uppgifter kan inte läsas hos oss.",
    next_step="Kontakta supporten. Du behöver inte göra något i Fortnox.",
    english="The stored secrets can't be decrypted: a master key is missing, or a row was changed.",
    status=503,
    retry_after=60,
)
FORTNOX_AWAY = Problem(
    code="connection.fortnox-away",
    swedish="Fortnox svarar inte just nu.",
    next_step="Försök igen om en stund.",
    english="Fortnox did not answer, or answered with a passing failure.",
    status=503,
    retry_after=10,
)

OTHERS = "other_connections"
"""In the data of an attempt that failed: other connections to the company that was chosen have been `harmed`."""
HOPELESS = frozenset(problem.code for problem in (SCOPE_NOT_ENABLED, MISCONFIGURED, KEY_MISSING, REMOVED, FINISHING))
"""Ends of an attempt that trying again in the same popup can't mend."""
FOR_SOMEBODY_ELSE = frozenset(
    problem.code for problem in (NOT_ADMINISTRATOR, RIGHT_MISSING_ON_THE_WAY, MISSING_LICENCE, MISSING_APP_LICENCE)
)
"""Ends that the company's administrator can mend, to whom the address may be forwarded."""


def stored(trouble: dict[str, Any]) -> ProblemError:
    """The failure that was kept as code and data."""
    return ProblemError(CATALOGUE[trouble["code"]], trouble["data"])


def harming(error: ProblemError) -> ProblemError:
    """The same failure of a consent that has cost another connection something."""
    return ProblemError(error.problem, error.data | {OTHERS: "harmed"})


def to_store(error: ProblemError) -> dict[str, Any]:
    return {"code": error.problem.code, "data": error.data}


ON_THE_WAY: dict[type[fortnox.FortnoxError], Problem] = {
    fortnox.Declined: DECLINED,
    fortnox.MissingLicence: MISSING_LICENCE,
    fortnox.MissingAppLicence: MISSING_APP_LICENCE,
    fortnox.NotAdministrator: NOT_ADMINISTRATOR,
    fortnox.InvalidScope: SCOPE_NOT_ENABLED,
    fortnox.MissingScope: COMPANY_NOT_GRANTED,
    fortnox.NotAllowed: RIGHT_MISSING_ON_THE_WAY,
    fortnox.InvalidGrant: CODE_REFUSED,
    fortnox.InvalidClient: MISCONFIGURED,
    fortnox.TryLater: FORTNOX_AWAY,
    fortnox.OutcomeUnknown: FORTNOX_AWAY,
    fortnox.UnreadableAnswer: UNREADABLE,
    fortnox.WrongCompany: UNREADABLE,
    fortnox.TokenRefused: UNREADABLE,
}
IN_USE: dict[type[fortnox.FortnoxError], Problem] = {
    fortnox.MissingLicence: LICENCE_GONE,
    fortnox.MissingAppLicence: LICENCE_GONE,
    fortnox.InvalidClient: MISCONFIGURED,
    fortnox.TryLater: FORTNOX_AWAY,
    fortnox.OutcomeUnknown: FORTNOX_AWAY,
    fortnox.TokenRefused: FORTNOX_AWAY,
    fortnox.UnreadableAnswer: UNREADABLE,
    fortnox.WrongCompany: UNREADABLE,
}


def on_the_way(error: fortnox.FortnoxError) -> ProblemError:
    """What a failure means to somebody who is connecting."""
    return _translate(error, ON_THE_WAY)


def in_use(error: fortnox.FortnoxError) -> ProblemError:
    """What a failure means to somebody who uses a connection."""
    return _translate(error, IN_USE)


def _translate(error: fortnox.FortnoxError, table: dict[type[fortnox.FortnoxError], Problem]) -> ProblemError:
    """By the nearest class in the table."""
    for kind in type(error).__mro__:
        if kind in table:
            return table[kind].error()
    return REFUSED.error(reason=error.reason or error.code or error.status)
