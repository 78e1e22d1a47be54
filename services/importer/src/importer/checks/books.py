"""Whether the books hold together: what `sie.check` finds, by the question that an accountant asks (field fact B2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sie
from common.events import Check, Verdict
from importer.checks.results import Rule, Texts

IN_FORTNOX = "Kontrollera i Fortnox och hämta igen."


@dataclass(frozen=True)
class Question:
    """A rule, and the codes of the findings of `sie.check` that speak against it."""

    rule: Rule
    findings: frozenset[str]


def _question(code: str, holds: tuple[str, str], fails: tuple[str, str], next_step: str, *findings: str) -> Question:
    return Question(Rule(code, Texts(*holds), Texts(*fails), next_step), frozenset(findings))


QUESTIONS = (
    _question(
        "sie.vouchers-balance",
        ("Alla {vouchers} verifikationer balanserar.", "All {vouchers} vouchers balance."),
        (
            "Verifikationer som inte balanserar: {count} st ({places}).",
            "Vouchers that do not balance: {count} ({places}).",
        ),
        IN_FORTNOX,
        "voucher-unbalanced",
    ),
    _question(
        "sie.balances-add-up",
        (
            "Ingående balans plus årets verifikationer ger utgående balans och resultat på varje konto.",
            "Opening balance plus vouchers gives the closing balance or result of every account.",
        ),
        (
            "Konton där verifikationerna inte ger utgående balans eller resultat: {count} st ({places}).",
            "Accounts whose vouchers do not give the closing balance or result: {count} ({places}).",
        ),
        IN_FORTNOX,
        "closing-balance",
        "result",
        "closing-balance-periods",
        "result-periods",
        "period",
        "period-object",
        "object-balance",
        "closing-missing",
        "account-type",
        "result-of-balance-account",
        "balance-of-result-account",
        "balance-repeated",
    ),
    _question(
        "sie.opening-total",
        ("De ingående balanserna summerar till noll.", "The opening balances sum to zero."),
        (
            "De ingående balanserna summerar till {amount} kr, inte till noll.",
            "The opening balances sum to {amount}, not to zero.",
        ),
        "Kontrollera i Fortnox att föregående års resultat är bokfört och att balanserna är överförda.",
        "opening-total",
    ),
    _question(
        "sie.result-in-balance-sheet",
        (
            "Resultatet i resultaträkningen är lika stort som i balansräkningen.",
            "The result of the income statement equals that of the balance sheet.",
        ),
        (
            "Resultatet i resultaträkningen och i balansräkningen skiljer sig med {amount} kr.",
            "The results of the income statement and the balance sheet differ by {amount}.",
        ),
        IN_FORTNOX,
        "closing-total",
    ),
    _question(
        "sie.opening-balances",
        (
            "De ingående balanserna är föregående års utgående.",
            "The opening balances are the previous year's closing ones.",
        ),
        (
            "Konton där ingående balans inte är föregående års utgående: {count} st ({places}).",
            "Accounts whose opening balance is not the previous year's closing one: {count} ({places}).",
        ),
        "Kör Överför balanser från föregående år i Fortnox, eller rätta det som har bokförts i efterhand.",
        "opening-against-closing",
        "opening-missing",
        "years-apart",
    ),
    _question(
        "sie.series",
        ("Verifikationsserierna är obrutna.", "The voucher series have no gaps."),
        (
            "Luckor eller dubbletter i verifikationsserierna: {count} st ({places}).",
            "Gaps or repeated numbers in the voucher series: {count} ({places}).",
        ),
        "Utred vad som har hänt med de saknade verifikationerna.",
        "voucher-gap",
        "voucher-repeated",
        "voucher-unnumbered",
        "voucher-order",
    ),
    _question(
        "sie.dates",
        ("Alla datum ligger inom räkenskapsåret.", "All dates lie within the financial year."),
        (
            "Verifikationer daterade utanför räkenskapsåret: {count} st ({places}).",
            "Vouchers dated outside the financial year: {count} ({places}).",
        ),
        IN_FORTNOX,
        "voucher-date",
        "row-date",
        "period-outside-year",
    ),
    _question(
        "sie.accounts",
        ("Alla konton som används finns i kontoplanen.", "All accounts in use are declared."),
        (
            "Konton som används men saknas i kontoplanen: {count} st ({places}).",
            "Accounts in use that are not declared: {count} ({places}).",
        ),
        "Kontrollera kontoplanen i Fortnox.",
        "account-undeclared",
    ),
    _question(
        "sie.sru",
        ("Alla konton som används har SRU-kod.", "All accounts in use have an SRU code."),
        (
            "Konton utan SRU-kod, som därför inte kommer med i deklarationen: {count} st ({places}).",
            "Accounts without SRU code, which fall out of the tax return: {count} ({places}).",
        ),
        "Lägg in SRU-koder på kontona i Fortnox.",
        "account-without-sru",
        "no-sru",
    ),
)
TYPE = Rule(
    "sie.type",
    Texts("Filen är av typ 4, med verifikationer.", "The file is of type 4, with vouchers."),
    Texts("Filen är av typ {found}, inte 4.", "The file is of type {found}, not 4."),
    IN_FORTNOX,
)
CHARSET = Rule(
    "sie.charset",
    Texts("Filens teckentabell är säkert avgjord ({encoding}).", "The file's encoding is certain ({encoding})."),
    Texts(
        "Filens teckentabell kunde inte avgöras säkert. Den lästes som {encoding}.",
        "The file's encoding could not be told for certain. It was read as {encoding}.",
    ),
    "Kontrollera att å, ä och ö ser rätt ut i kontonamn och texter.",
)
READING = Rule(
    "sie.reading",
    Texts("Hela filen gick att läsa.", "All of the file could be read."),
    Texts(
        "Uppgifter i filen som inte gick att läsa: {count} st ({places}).",
        "Records that could not be read: {count} ({places}).",
    ),
    IN_FORTNOX,
)
FORM = Rule(
    "sie.form",
    Texts("Filen följer SIE-standarden.", "The file conforms to the SIE standard."),
    Texts(
        "Avvikelser från SIE-standarden, utan att något gått förlorat: {count} st ({places}).",
        "Deviations from the SIE standard, without loss: {count} ({places}).",
    ),
)
NO_SRU = Rule(
    "sie.sru",
    Texts("Alla konton som används har SRU-kod.", "All accounts in use have an SRU code."),
    Texts(
        "Filen har inga SRU-koder, så inget konto kommer med i deklarationen av sig självt.",
        "The file has no SRU codes, so that no account reaches the tax return by itself.",
    ),
    "Lägg in SRU-koder på kontona i Fortnox.",
)
ANSWERED = frozenset(code for question in QUESTIONS for code in question.findings)
UNSURE = "encoding-unsure"


def of_books(document: sie.Document) -> Iterator[Check]:
    """The verdict on one year's books, each question answered."""
    findings = sie.check(document)
    yield TYPE.passed() if document.kind == 4 else TYPE.found(Verdict.FAILED, found=document.kind)
    yield _charset(document)
    yield _reading(document)
    for question in QUESTIONS:
        against = [finding for finding in findings if finding.code in question.findings]
        if any(finding.code == "no-sru" for finding in against):
            yield NO_SRU.found(Verdict.WARNING)
        else:
            yield _answer(question.rule, against, findings.counts, vouchers=len(document.vouchers))
    yield _answer(FORM, [finding for finding in findings if finding.code not in ANSWERED], findings.counts)


def _answer(rule: Rule, findings: Sequence[sie.Finding], counts: Mapping[str, int], **numbers: object) -> Check:
    """Notes speak against nothing; an error fails the check. Of many findings only the first are there to be shown."""
    severe = [one for one in findings if one.severity is not sie.Severity.NOTE]
    if not severe:
        return rule.passed(**numbers)
    failed = any(finding.severity is sie.Severity.ERROR for finding in severe)
    amounts = [finding.difference for finding in severe if finding.difference is not None]
    return rule.found(
        Verdict.FAILED if failed else Verdict.WARNING,
        dict.fromkeys(_place(finding) for finding in severe),
        count=sum(counts[code] for code in {finding.code for finding in severe}),
        amount=amounts[0] if amounts else None,
        **numbers,
    )


def _place(finding: sie.Finding) -> str:
    """Voucher or account; for gaps the missing numbers, for a record its label stands in the sentence."""
    return finding.voucher or finding.account or finding.swedish.rstrip(".")


def _charset(document: sie.Document) -> Check:
    if UNSURE in document.problem_counts:
        return CHARSET.found(Verdict.WARNING, encoding=document.encoding)
    return CHARSET.passed(encoding=document.encoding)


def _reading(document: sie.Document) -> Check:
    errors = document.errors
    if not errors:
        return READING.passed()
    count = sum(document.problem_counts[code] for code in {error.code for error in errors})
    return READING.found(Verdict.FAILED, (f"rad {error.line}" for error in errors), count=count)
