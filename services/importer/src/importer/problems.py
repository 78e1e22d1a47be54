"""What can stop an import, in words for the accountant and for operators."""

from common.problems import Problem

RECONNECT = "Öppna Fortnox-anslutningen i uppdraget och anslut företaget på nytt. Hämta sedan igen."

WRONG_COMPANY = Problem(
    code="import.wrong-company",
    swedish="Anslutningen går till {fortnox_company} ({fortnox_number}), men uppdraget gäller {product_number}.",
    next_step="Välj rätt uppdrag, eller anslut uppdraget till rätt företag i Fortnox, och hämta igen.",
    english="The connection is to {fortnox_company} ({fortnox_number}), the request is for {product_number}.",
)
OTHER_TENANT = Problem(
    code="import.other-tenant",
    swedish="Fortnox svarade med uppgifter om ett annat företag än det som är anslutet.",
    next_step=RECONNECT,
    english="Fortnox answered {call} with another DatabaseNumber than the connection's.",
)
NO_FINANCIAL_YEAR = Problem(
    code="import.no-financial-year",
    swedish="Räkenskapsåret {product_year} finns inte i Fortnox.",
    next_step="Lägg upp räkenskapsåret i Fortnox, eller välj ett annat år i uppdraget, och hämta igen.",
    english="No financial year in Fortnox contains {product_from}; the request is for {product_year}.",
)
WRONG_FINANCIAL_YEAR = Problem(
    code="import.wrong-financial-year",
    swedish="Räkenskapsåret i Fortnox ({fortnox_year}) stämmer inte med året i uppdraget ({product_year}).",
    next_step="Rätta räkenskapsåret i uppdraget eller i Fortnox, och hämta igen.",
    english="Fortnox has financial year {fortnox_year}, the request says {product_year}.",
)
NOT_ALLOWED = Problem(
    code="import.not-allowed",
    swedish="Fortnox nekade åtkomst till {what}. Behörighet saknas.",
    next_step="Be den som anslöt företaget att kontrollera sina behörigheter i Fortnox, och hämta igen.",
    english="Fortnox refused {call}: a right is missing (code {code}).",
)
MISSING_LICENCE = Problem(
    code="import.missing-licence",
    swedish="Fortnox nekade åtkomst till {what}. Företaget saknar den Fortnox-licens som krävs.",
    next_step="Beställ licensen i Fortnox eller hämta utan den delen.",
    english="Fortnox refused {call}: the company lacks a licence (code {code}).",
)
MISSING_SCOPE = Problem(
    code="import.missing-scope",
    swedish="Anslutningen till Fortnox omfattar inte {what}.",
    next_step=RECONNECT,
    english="Fortnox refused {call}: the consent lacks a scope (code {code}).",
)
REFUSED_BY_FORTNOX = Problem(
    code="import.refused-by-fortnox",
    swedish="Fortnox godtog inte frågan om {what}.",
    next_step="Försök igen. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="Fortnox refused {call} (status {status}, code {code}).",
)
UNREADABLE_ANSWER = Problem(
    code="import.unreadable-answer",
    swedish="Fortnox svar om {what} gick inte att tolka.",
    next_step="Försök igen. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="The answer to {call} is not what Fortnox sends: {field}.",
)
UNREADABLE_SIE = Problem(
    code="import.unreadable-sie",
    swedish="SIE-filen från Fortnox gick inte att läsa: {why}",
    next_step="Försök igen. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="The SIE file from Fortnox can't be read ({sie_code}).",
)
SIE_OF_ANOTHER_YEAR = Problem(
    code="import.sie-of-another-year",
    swedish="SIE-filen från Fortnox gäller {file_year}, men räkenskapsåret är {product_year}.",
    next_step="Försök igen. Kontakta supporten och uppge referensen om felet kvarstår.",
    english="The SIE file covers {file_year}, asked for was {product_year}.",
)
SIE_OF_ANOTHER_COMPANY = Problem(
    code="import.sie-of-another-company",
    swedish=(
        "SIE-filen från Fortnox gäller {file_company} ({file_number}), men det anslutna företaget är"
        " {fortnox_company} ({fortnox_number})."
    ),
    next_step="Kontrollera företagsuppgifterna under Inställningar i Fortnox och hämta igen.",
    english="The SIE file is of {file_company} ({file_number}), connected is {fortnox_company} ({fortnox_number}).",
)
NO_CURRENCY_RATE = Problem(
    code="import.no-currency-rate",
    swedish="Faktura {invoice} är i {currency} men saknar valutakurs i Fortnox.",
    next_step="Kontrollera fakturan i Fortnox och hämta igen.",
    english="Invoice {invoice} in {currency} has no usable currency rate.",
)
TOO_LARGE = Problem(
    code="import.too-large",
    swedish="En enskild post i underlaget är för stor för att kunna överföras.",
    next_step="Kontakta supporten och uppge referensen.",
    english="A single row of {place} is larger than a chunk can be.",
)
FORTNOX_AWAY = Problem(
    code="import.fortnox-away",
    swedish="Fortnox svarar inte just nu.",
    next_step="Hämtningen fortsätter av sig själv när Fortnox svarar igen.",
    english="Fortnox is not answering ({reason}); it is tried again.",
)
CONNECTOR_AWAY = Problem(
    code="import.connector-away",
    swedish="Anslutningstjänsten svarar inte just nu.",
    next_step="Hämtningen fortsätter av sig själv när tjänsten svarar igen.",
    english="The connector is not answering; it is asked again.",
)
KAFKA_AWAY = Problem(
    code="import.kafka-away",
    swedish="Resultatet kunde inte lämnas över just nu.",
    next_step="Hämtningen fortsätter av sig själv.",
    english="The data could not be sent to Kafka ({error}); it is tried again.",
)
RESULT_GONE = Problem(
    code="import.result-gone",
    swedish="Importens resultat finns inte kvar.",
    next_step="Hämta på nytt från Fortnox.",
    english="There is no stored result of this import: it never completed, or its retention is over.",
    status=404,
)
UNKNOWN_IMPORT = Problem(
    code="import.unknown",
    swedish="Importen finns inte.",
    next_step="Kontrollera referensen.",
    english="There is no import with this id.",
    status=404,
)
NO_SIE_FILE = Problem(
    code="import.no-sie-file",
    swedish="Importen har ingen SIE-fil sparad.",
    next_step="Hämta på nytt från Fortnox.",
    english="No SIE file is stored for this import.",
    status=404,
)
NO_LEDGER = Problem(
    code="import.no-ledger",
    swedish="Importen omfattar inte den reskontran.",
    next_step="Hämta på nytt från Fortnox med reskontran förbockad.",
    english="This ledger was not asked for in the import.",
    status=404,
)

WHAT = {
    "companyinformation": "företagsuppgifter",
    "financialyears": "räkenskapsår",
    "sie": "bokföringen",
    "predefinedaccounts": "förvalda konton",
    "invoices": "kundfakturor",
    "invoicepayments": "kundinbetalningar",
    "supplierinvoices": "leverantörsfakturor",
    "supplierinvoicepayments": "leverantörsbetalningar",
}
"""Fortnox's resources as an accountant calls them."""


def what(call: str) -> str:
    """What a call such as `GET /3/invoices/17` was about."""
    parts = call.split("/3/", maxsplit=1)[-1].split("/")
    return WHAT.get(parts[0], "uppgifter")
