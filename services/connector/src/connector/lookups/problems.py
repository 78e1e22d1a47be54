"""What can be wrong with what the dialogs ask for, in words for the accountant."""

import fortnox
from common.problems import Problem, ProblemError
from connector import problems

RECONNECT = "Anslut företaget till Fortnox igen och godkänn alla behörigheter."

RIGHT_MISSING = Problem(
    code="lookup.right-missing",
    swedish="Den som gjorde anslutningen saknar behörighet i Fortnox att läsa {what}.",
    next_step="Ge användaren behörigheten i Fortnox, eller låt en administratör göra anslutningen på nytt.",
    english="Fortnox refused {lookup}: a right is missing.",
    status=409,
)
SCOPE_MISSING = Problem(
    code="lookup.scope-missing",
    swedish="Anslutningen till Fortnox omfattar inte {what}.",
    next_step=RECONNECT,
    english="The consent lacks the scope {scope}, which {lookup} needs.",
    status=409,
)
LICENCE_MISSING = Problem(
    code="lookup.licence-missing",
    swedish="Företaget saknar den licens i Fortnox som behövs för att läsa {what}.",
    next_step=(
        "Be företagets administratör att aktivera licensen i Fortnox och försök sedan igen. "
        "Anslutningen behöver inte göras om."
    ),
    english="Fortnox refused {lookup}: the company lacks a licence for the scope {scope}.",
    status=409,
)
NOT_FOUND = Problem(
    code="lookup.not-found",
    swedish="Fortnox hittar inte {what}.",
    next_step="Kontrollera i Fortnox att uppgiften finns och försök igen.",
    english="Fortnox has no such record ({lookup}).",
    status=404,
)
REFUSED = Problem(
    code="lookup.refused",
    swedish="Fortnox godtog inte frågan om {what}.",
    next_step="Försök igen. Kontakta supporten om felet kvarstår.",
    english="Fortnox refused {lookup} (status {status}, code {code}).",
    status=502,
)
SLOW = Problem(
    code="lookup.slow",
    swedish="Det tar för lång tid att få svar från Fortnox just nu.",
    next_step="Försök igen om en stund.",
    english="No answer within {seconds} s: Fortnox is slow, or the company's call budget is in use.",
    status=503,
    retry_after=5,
)
YEAR_MISSING = Problem(
    code="lookup.year-missing",
    swedish="Räkenskapsåret {product_year} finns inte i Fortnox.",
    next_step="Lägg upp räkenskapsåret i Fortnox, eller välj ett annat räkenskapsår i uppdraget.",
    english="No financial year in Fortnox overlaps {product_year}.",
)
YEAR_STARTS_OTHERWISE = Problem(
    code="lookup.year-starts-otherwise",
    swedish="Räkenskapsåret börjar {fortnox_from} i Fortnox men {product_from} i uppdraget.",
    next_step=(
        "Kontrollera vilket som är rätt (för ett aktiebolag framgår det av registreringsbeviset), särskilt om det är "
        "det första räkenskapsåret eller om det har lagts om. Rätta sedan datumet i uppdraget eller i Fortnox."
    ),
    english="The year that ends on the same day is {fortnox_year} in Fortnox and {product_year} in the product.",
)
YEAR_ENDS_OTHERWISE = Problem(
    code="lookup.year-ends-otherwise",
    swedish="Räkenskapsåret slutar {fortnox_to} i Fortnox men {product_to} i uppdraget.",
    next_step=(
        "Kontrollera vilket som är rätt (för ett aktiebolag framgår det av registreringsbeviset), särskilt om "
        "räkenskapsåret är förkortat eller förlängt. Rätta sedan datumet i uppdraget eller i Fortnox."
    ),
    english="The year that begins on the same day is {fortnox_year} in Fortnox and {product_year} in the product.",
)
YEAR_DIFFERS = Problem(
    code="lookup.year-differs",
    swedish="Räkenskapsåret {product_year} i uppdraget stämmer inte med Fortnox, som har {fortnox_years}.",
    next_step="Välj ett av Fortnox räkenskapsår i uppdraget, eller rätta räkenskapsåret i Fortnox.",
    english="The product's year {product_year} overlaps {fortnox_years} in Fortnox.",
)
NOT_MANUAL = Problem(
    code="lookup.series-not-manual",
    swedish="Serie {series} är inte öppen för manuell kontering i det här räkenskapsåret.",
    next_step="Aktivera Manuell kontering för serien i detta räkenskapsår i Fortnox, eller välj en annan serie.",
    english="Series {series} is not manual in financial year {financial_year}: the API can't book in it.",
)
NO_MANUAL_SERIES = Problem(
    code="lookup.no-manual-series",
    swedish="Ingen verifikationsserie är öppen för manuell kontering i det här räkenskapsåret.",
    next_step="Aktivera Manuell kontering för en serie i detta räkenskapsår i Fortnox.",
    english="No series of financial year {financial_year} is manual: nothing can be booked through the API.",
)

REFUSALS: dict[type[fortnox.FortnoxError], Problem] = {
    fortnox.MissingLicence: LICENCE_MISSING,
    fortnox.MissingAppLicence: LICENCE_MISSING,
    fortnox.MissingScope: SCOPE_MISSING,
    fortnox.NotAllowed: RIGHT_MISSING,
    fortnox.NotFound: NOT_FOUND,
    fortnox.Refused: REFUSED,
}


def of(error: fortnox.FortnoxError, **about: str) -> ProblemError:
    """What a failure means to somebody in a dialog; `about` is the look-up in words."""
    known = problems.IN_USE | REFUSALS
    problem = next(known[kind] for kind in type(error).__mro__ if kind in known)
    return problem.error(**about, status=error.status, code=error.code)
