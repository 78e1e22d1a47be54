"""Whether these are the right books: company, financial year, file."""

from collections.abc import Iterator

import fortnox
import sie
from common.events import Check, ImportRequested, Verdict
from importer.checks.results import Rule, Texts, few
from importer.fetch.books import Company, digits, same_number

ORGANISATION_NUMBER = Rule(
    "company.organisation-number",
    Texts("Organisationsnumret stämmer med uppdraget.", "The organisation number is the one that was expected."),
    Texts(
        "Organisationsnumret kunde inte jämföras: det saknas i Fortnox.",
        "The organisation number could not be compared: Fortnox has none.",
    ),
    "Fyll i organisationsnumret under Inställningar, Företagsuppgifter i Fortnox.",
)
FINANCIAL_YEAR = Rule(
    "company.financial-year",
    Texts("Räkenskapsåret är {year} både i uppdraget och i Fortnox.", "The financial year is {year} on both sides."),
    Texts("Räkenskapsåret stämmer inte.", "The financial year differs."),
)
ACCOUNTING_METHOD = Rule(
    "company.accounting-method",
    Texts("Företaget bokför enligt {method}.", "The company's accounting method is {code}."),
    Texts(
        "Fortnox anger ingen bokföringsmetod för året. Reskontrorna är gjorda enligt faktureringsmetoden.",
        "Fortnox states no accounting method for the year. The ledgers follow the accrual method.",
    ),
    "Kontrollera bokföringsmetoden för räkenskapsåret i Fortnox.",
)
FILE_COMPANY = Rule(
    "sie.company",
    Texts("SIE-filen gäller det anslutna företaget.", "The SIE file is of the connected company."),
    Texts(
        "SIE-filens {label} stämmer inte med det anslutna företaget.",
        "{label} of the SIE file is not the connected company's.",
    ),
    "Kontrollera företagsuppgifterna i Fortnox innan siffrorna används.",
)
FILE_YEAR = Rule(
    "sie.financial-year",
    Texts("SIE-filen gäller räkenskapsåret {year}.", "The SIE file is of the financial year {year}."),
    Texts("SIE-filen gäller ett annat räkenskapsår.", "The SIE file is of another financial year."),
)
ONE_MOMENT = Rule(
    "import.one-moment",
    Texts(
        "Ingen ändring syntes i Fortnox medan hämtningen pågick.",
        "No change was seen in Fortnox while it was read.",
    ),
    Texts(
        "Ändrat i Fortnox medan hämtningen pågick: {count} st ({swedish_places}).",
        "Changed in Fortnox while it was read: {count} ({places}).",
    ),
    "Hämta igen när ingen arbetar i Fortnox.",
)
CHANGED = {
    "vouchers": "verifikation",
    "accounts": "konto",
    "invoices": "kundfaktura",
    "invoicepayments": "kundinbetalning",
    "supplierinvoices": "leverantörsfaktura",
    "supplierinvoicepayments": "leverantörsbetalning",
}
"""What changed, by Fortnox's resource, as an accountant calls one of them."""
METHODS = {
    fortnox.AccountingMethod.ACCRUAL: "faktureringsmetoden",
    fortnox.AccountingMethod.CASH: "kontantmetoden (bokslutsmetoden)",
}


def of_identity(request: ImportRequested, company: Company, document: sie.Document) -> Iterator[Check]:
    """Company and year against the request, and the file against the company.

    Years that differ, and other numbers than expected, were refused before; here it is told that they were compared.
    """
    if request.expected_organisation_number is not None:
        yield _number(company)
    yield FINANCIAL_YEAR.passed(year=company.financial_year)
    yield _method(company)
    yield _file_company(company, document)
    yield FILE_YEAR.passed(year=company.financial_year)


def of_moment(moved: tuple[str, ...]) -> Iterator[Check]:
    """Whether all was read from one state of the books, as far as can be known: deletions leave no trace."""
    if not moved:
        yield ONE_MOMENT.passed()
        return
    swedish = [change.replace(change.split()[0], CHANGED[change.split()[0]], 1) for change in moved]
    yield ONE_MOMENT.found(Verdict.WARNING, moved, swedish_places=few(swedish))


def _number(company: Company) -> Check:
    """A number that differs was refused before anything was read; one that is missing can only be told."""
    if digits(company.organisation_number):
        return ORGANISATION_NUMBER.passed()
    return ORGANISATION_NUMBER.found(Verdict.WARNING)


def _method(company: Company) -> Check:
    for method, swedish in METHODS.items():
        if company.accounting_method == method:
            return ACCOUNTING_METHOD.passed(method=swedish, code=method.value)
    return ACCOUNTING_METHOD.found(Verdict.WARNING)


def _file_company(company: Company, document: sie.Document) -> Check:
    """#FNR is the tenant (Fortnox fact 0.2); #ORGNR can be empty in old files."""
    header = document.header
    if header.company_id and digits(header.company_id) != str(company.tenant):
        return FILE_COMPANY.found(Verdict.FAILED, ["#FNR"], label="#FNR")
    ours, theirs = company.organisation_number, header.organisation_number
    if digits(ours) and digits(theirs) and not same_number(ours, theirs):
        return FILE_COMPANY.found(Verdict.FAILED, ["#ORGNR"], label="#ORGNR")
    return FILE_COMPANY.passed()
