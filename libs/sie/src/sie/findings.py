"""What can be wrong with the books in a SIE file: the catalogue of findings, in Swedish and English."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sie.problems import Problems, Severity
from sie.records import Objects

Value = Decimal | str | int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was expected, what was found, by how much it differs, and where."""

    code: str
    expected: Value = None
    found: Value = None
    account: str = ""
    voucher: str = ""
    """Series and number."""
    year: int | None = None
    period: int | None = None
    objects: Objects = ()
    line: int = 0
    words: Mapping[str, object] = field(default_factory=dict)
    """What else its sentences say."""

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code][0]

    @property
    def swedish(self) -> str:
        return CATALOGUE[self.code][1].format(**self._shown("sv", self.voucher or "utan nummer"))

    @property
    def english(self) -> str:
        return CATALOGUE[self.code][2].format(**self._shown("en", self.voucher or "without number"))

    @property
    def difference(self) -> Decimal | None:
        """Found minus expected, for amounts."""
        if isinstance(self.found, Decimal) and isinstance(self.expected, Decimal):
            return self.found - self.expected
        return None

    def _shown(self, language: str, voucher: str) -> dict[str, object]:
        month = f"{self.period // 100:04}-{self.period % 100:02}" if self.period else ""
        return {
            **self.words, "voucher": voucher, "account": self.account, "period": month, "fiscal_year": self.year,
            "object": " ".join(f"{dimension}:{number}" for dimension, number in self.objects),
            "expected": _value(self.expected, language), "found": _value(self.found, language),
        }  # fmt: skip


class Findings(list[Finding]):
    """Of each code the first hundred, as with problems; `counts` has how many there are of each."""

    def __init__(self, found: Iterable[Finding]) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        for each in found:
            self.counts[each.code] += 1
            if self.counts[each.code] <= Problems.KEPT:
                self.append(each)


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CATALOGUE: dict[str, tuple[Severity, str, str]] = {
    # sums (facts 5)
    "voucher-unbalanced": (E, "Verifikation {voucher} balanserar inte: raderna summerar till {found}.",
                           "Voucher {voucher} does not balance: its rows sum to {found}."),
    "closing-balance": (
        E, "Konto {account}: ingående balans och årets verifikationer ger {expected}, men utgående balans är {found}.",
        "Account {account}: opening balance and the year's vouchers give {expected}, but it closes at {found}."),
    "result": (E, "Konto {account}: årets verifikationer ger {expected}, men resultatet är {found}.",
               "Account {account}: the year's vouchers give {expected}, but the result is {found}."),
    "closing-balance-periods": (
        E, "Konto {account}: ingående balans och periodsaldon {fiscal_year} ger {expected}, men utgående är {found}.",
        "Account {account}: opening balance and periods of {fiscal_year} give {expected}, but it closes at {found}."),
    "result-periods": (E, "Konto {account}: periodsaldon {fiscal_year} ger {expected}, men resultatet är {found}.",
                       "Account {account}: the periods of {fiscal_year} give {expected}, but the result is {found}."),
    "period": (E, "Konto {account}, {period}: verifikationerna ger {expected}, men periodens saldo är {found}.",
               "Account {account}, {period}: the vouchers give {expected}, but the period's change is {found}."),
    "period-object": (
        E, "Konto {account}, {period}, objekt {object}: verifikationerna ger {expected}, men saldot är {found}.",
        "Account {account}, {period}, object {object}: the vouchers give {expected}, but the change is {found}."),
    "object-balance": (
        E, "Konto {account}, objekt {object}: ingående saldo och förändring ger {expected}, men utgående är {found}.",
        "Account {account}, object {object}: opening balance and changes give {expected}, but it closes at {found}."),
    "object-closing-missing": (W, "Filen har ingående saldon för objekt (#OIB) men inga utgående (#OUB).",
                               "The file has opening balances of objects (#OIB) but no closing ones (#OUB)."),
    "result-of-balance-account": (
        W, "Konto {account} är ett balanskonto enligt BAS men har ett resultat (#RES): {found}.",
        "Account {account} is a balance account by BAS but has a result (#RES): {found}."),
    "balance-of-result-account": (
        W, "Konto {account} är ett resultatkonto enligt BAS men har en balans (#{label}): {found}.",
        "Account {account} is a result account by BAS but has a balance (#{label}): {found}."),
    "account-type": (E, "Konto {account} är av typ {type} (#KTYP) men har #{label}, som inte hör dit: {found}.",
                     "Account {account} is of type {type} (#KTYP) but has #{label}, which does not fit: {found}."),
    "opening-total": (E, "Ingående balanser för {fiscal_year} summerar till {found}, inte till noll.",
                      "The opening balances of {fiscal_year} sum to {found}, not to zero."),
    "closing-total": (E, "Utgående balanser och resultat för {fiscal_year} summerar till {found}, inte till noll.",
                      "Closing balances and results of {fiscal_year} sum to {found}, not to zero."),
    "opening-against-closing": (
        E, "Konto {account}: utgående balans för föregående år är {expected}, men årets ingående balans är {found}.",
        "Account {account}: the previous year closed at {expected}, but this year opens at {found}."),
    "opening-against-previous-file": (
        E, "Konto {account}: föregående års fil har utgående balans {expected}, men årets ingående balans är {found}.",
        "Account {account}: the previous year's file closes at {expected}, but this year opens at {found}."),
    "result-carried": (
        N, "Konto {account} har föregående års resultat, {found}, som ingående balans; det bokades inte om det året.",
        "Account {account} opens with the previous year's result, {found}, not carried over that year."),
    "previous-year-changed": (
        W, "Konto {account}: föregående års fil har {expected} för föregående år, men den här filen har {found}.",
        "Account {account}: the previous year's file has {expected} for the previous year, but this file has {found}."),
    "previous-year-mismatch": (
        E, "Den andra filens räkenskapsår ({expected}) slutar inte dagen före årets början ({found}).",
        "The other file's financial year ({expected}) does not end on the day before this one begins ({found})."),
    "previous-file-partial": (
        N, "Föregående års fil har balanser bara till och med {found}. De jämfördes inte med årets.",
        "The previous year's file has balances only up to {found}. They were not held against this year's."),
    "company-mismatch": (W, "Filerna gäller olika organisationsnummer: {expected} och {found}.",
                         "The files are of different organisation numbers: {expected} and {found}."),
    "balance-repeated": (W, "Konto {account} har flera poster av samma slag ({label}). Den första räknades.",
                         "Account {account} has several records of the same kind ({label}). The first was counted."),
    # vouchers
    "voucher-gap": (W, "I serie {series} saknas nummer {expected}.", "Series {series} lacks number {expected}."),
    "series-start": (N, "Serie {series} börjar på nummer {found}.", "Series {series} begins with number {found}."),
    "voucher-repeated": (W, "Verifikationsnummer {voucher} förekommer {found} gånger.",
                         "Voucher number {voucher} occurs {found} times."),
    "voucher-order": (W, "Serie {series} är inte i nummerordning: {found} står efter {expected}.",
                      "Series {series} is not in the order of its numbers: {found} stands after {expected}."),
    "voucher-date": (W, "Verifikation {voucher} är daterad {found}, utanför räkenskapsåret.",
                     "Voucher {voucher} is dated {found}, outside the financial year."),
    "row-date": (W, "En rad i verifikation {voucher} är daterad {found}, utanför räkenskapsåret.",
                 "A row of voucher {voucher} is dated {found}, outside the financial year."),
    "voucher-cancelled": (N, "Verifikation {voucher} är makulerad: den har bara strukna rader.",
                          "Voucher {voucher} is cancelled: it has struck rows only."),
    "voucher-empty": (W, "Verifikation {voucher} har inga rader.", "Voucher {voucher} has no rows."),
    "voucher-unnumbered": (W, "I serie {series} saknar {found} verifikationer nummer.",
                           "In series {series}, {found} vouchers have no number."),
    "added-apart": (W, "En tillagd rad (#RTRANS) i verifikation {voucher} står inte direkt före sin #TRANS.",
                    "An added row (#RTRANS) of voucher {voucher} does not stand directly before its #TRANS."),
    "added-without-twin": (W, "En tillagd rad (#RTRANS) i verifikation {voucher} saknar motsvarande #TRANS.",
                           "An added row (#RTRANS) of voucher {voucher} lacks its #TRANS."),
    # declarations
    "account-undeclared": (W, "Konto {account} används men finns inte i kontoplanen.",
                           "Account {account} is used but not declared."),
    "account-without-sru": (W, "Konto {account} används men saknar SRU-kod.",
                            "Account {account} is used but has no SRU code."),
    "no-sru": (N, "Filen har inga SRU-koder.", "The file has no SRU codes."),
    "dimension-undeclared": (W, "Dimension {found} används men är inte deklarerad.",
                             "Dimension {found} is used but not declared."),
    "object-undeclared": (W, "I dimension {dimension} används {found} objekt som inte är deklarerade, t.ex. {example}.",
                          "In dimension {dimension}, {found} objects are used but not declared, as {example}."),
    "account-type-unknown": (W, "Konto {account} har en okänd kontotyp, {found}. Den ska vara T, S, K eller I.",
                             "Account {account} has an unknown type, {found}. It should be T, S, K or I."),
    # the file's form
    "record-missing": (W, "#{label} saknas men är obligatorisk i en fil av typ {kind}.",
                       "#{label} is missing, which is compulsory in a file of type {kind}."),
    "year-missing": (W, "Årets räkenskapsår (#RAR 0) är obligatoriskt i en fil av typ {kind} men saknas.",
                     "The current financial year (#RAR 0) is compulsory in a file of type {kind} but missing."),
    "closing-missing": (E, "Filen har inga utgående balanser för året (#UB 0), fast de är obligatoriska i typ {kind}.",
                        "The file has no closing balances of the year (#UB 0), which are compulsory in type {kind}."),
    "opening-missing": (
        W, "Filen saknar både årets ingående balanser (#IB 0) och föregående års utgående (#UB -1).",
        "The file has neither opening balances (#IB 0) nor the previous year's closing ones (#UB -1)."),
    "record-not-allowed": (W, "#{label} får inte förekomma i en fil av typ {kind}.",
                           "#{label} may not occur in a file of type {kind}."),
    "balances-missing": (W, "Filen har inga balanser (#IB, #UB, #RES), fast de är obligatoriska i typ {kind}.",
                         "The file has no balances (#IB, #UB, #RES), which are compulsory in type {kind}."),
    "order": (W, "#{label} står före #{found}. Ordningen är flagga, identifikation, kontoplan, saldon, verifikationer.",
              "#{label} stands before #{found}. The order is flag, identification, accounts, balances, vouchers."),
    "already-imported": (N, "Flaggan (#FLAGGA 1) säger att filen redan har lästs in.",
                         "The flag (#FLAGGA 1) says that the file has already been imported."),
    "covers-outside-year": (
        W, "Balanserna ska gälla till och med {found} (#OMFATTN), en dag utanför räkenskapsåret. Den användes inte.",
        "The balances are said to cover up to {found} (#OMFATTN), a day outside the financial year. It was not used."),
    "year-impossible": (E, "Räkenskapsåret {expected} slutar innan det börjar.",
                        "The financial year {expected} ends before it begins."),
    "year-long": (W, "Räkenskapsåret {found} är längre än 18 månader.",
                  "The financial year {found} is longer than 18 months."),
    "years-apart": (W, "Föregående räkenskapsår slutar {found}, inte {expected}.",
                    "The previous financial year ends on {found}, not on {expected}."),
    "period-outside-year": (W, "Konto {account} har ett saldo för {period}, utanför räkenskapsåret.",
                            "Account {account} has a change in {period}, outside the financial year."),
}  # fmt: skip


def finding(
    code: str,
    *,
    expected: Value = None,
    found: Value = None,
    account: str = "",
    voucher: str = "",
    year: int | None = None,
    period: int | None = None,
    objects: Objects = (),
    line: int = 0,
    **words: object,
) -> Finding:
    return Finding(code, expected, found, account, voucher, year, period, objects, line, words)


def money(amount: Decimal, language: str) -> str:
    """−1 234,50 in Swedish, -1,234.50 in English."""
    english = f"{amount:,.2f}"
    if language == "en":
        return english
    return english.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",").replace("-", "−")


def _value(value: Value, language: str) -> str:
    return money(value, language) if isinstance(value, Decimal) else str(value)
