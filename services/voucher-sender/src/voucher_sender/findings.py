"""What the check can find in a voucher, in words for the accountant."""

from collections.abc import Iterable
from typing import Any

from common.events.vouchers import Finding, Severity, Standing
from common.problems import Problem, ProblemError
from voucher_sender.problems import DIFFERENT_YEAR, NO_SERIES, NO_YEAR, SERIES_NOT_MANUAL

TOO_FEW_ROWS = Problem(
    code="voucher.too-few-rows",
    swedish="Verifikationen har för få rader: {rows}. Den måste ha minst två.",
    next_step="Lägg till de rader som saknas.",
    english="A voucher needs at least two rows; this one has {rows}.",
)
BOTH_SIDES = Problem(
    code="voucher.row-both-sides",
    swedish="Raden har belopp i både debet och kredit.",
    next_step="Dela raden i två, eller ta bort det ena beloppet.",
    english="The row has an amount on both sides.",
)
NO_SIDE = Problem(
    code="voucher.row-no-amount",
    swedish="Raden saknar belopp.",
    next_step="Ange ett belopp i debet eller kredit, eller ta bort raden.",
    english="The row has no amount on either side.",
)
NEGATIVE = Problem(
    code="voucher.row-negative",
    swedish="Raden har ett negativt belopp: {amount}.",
    next_step="Flytta beloppet till andra sidan, utan minustecken.",
    english="The row's amount is negative: {amount}.",
)
TOO_MANY_DECIMALS = Problem(
    code="voucher.row-decimals",
    swedish="Radens belopp {amount} har fler än två decimaler.",
    next_step="Avrunda beloppet till hela ören.",
    english="The row's amount {amount} has more than two decimals.",
)
TOO_LARGE = Problem(
    code="voucher.row-too-large",
    swedish="Radens belopp är orimligt stort.",
    next_step="Kontrollera beloppet.",
    english="The row's amount has more than 13 digits before the decimal point.",
)
UNBALANCED = Problem(
    code="voucher.unbalanced",
    swedish="Verifikationen balanserar inte: debet {debit}, kredit {credit}, skillnad {difference}.",
    next_step="Rätta beloppen så att debet och kredit blir lika.",
    english="Debit {debit} and credit {credit} differ by {difference}.",
)
DATE_OUTSIDE_YEAR = Problem(
    code="voucher.date-outside-year",
    swedish="Datumet {date} ligger utanför räkenskapsåret {year}.",
    next_step="Ändra verifikationens datum, eller välj rätt räkenskapsår.",
    english="The date {date} lies outside financial year {year}.",
)
DATE_LOCKED = Problem(
    code="voucher.date-locked",
    swedish="Perioden är låst till och med {locked_until}. Endast en ej låsbar bokslutsserie tar emot den.",
    next_step="Är {series} en ej låsbar serie behövs inget. Annars: lås upp perioden i Fortnox innan du skickar.",
    english="The period is locked up to {locked_until}; only a series exempt from locking takes the voucher.",
)
SERIES_LOCKED = Problem(
    code="voucher.period-locked",
    swedish="Perioden är låst i Fortnox till och med {locked_until}, även för serie {series}.",
    next_step="Lås upp perioden i Fortnox, eller välj en ej låsbar bokslutsserie, och skicka igen.",
    english="The period is locked up to {locked_until}, for series {series} too.",
)
ACCOUNT_NUMBER = Problem(
    code="voucher.account-number",
    swedish="Kontonumret {account} har inte fyra siffror.",
    next_step="Ange ett konto mellan 1000 och 9999.",
    english="Account number {account} has not four digits.",
)
NO_ACCOUNT = Problem(
    code="voucher.account-missing",
    swedish="Konto {account} finns inte i Fortnox för räkenskapsåret.",
    next_step="Lägg upp kontot i Fortnox, eller använd ett annat konto.",
    english="Account {account} does not exist in that financial year.",
)
ACCOUNT_INACTIVE = Problem(
    code="voucher.account-inactive",
    swedish="Konto {account} är inte aktivt i Fortnox.",
    next_step="Aktivera kontot i Fortnox, eller använd ett annat konto.",
    english="Account {account} is not active.",
)
LEDGER_ACCOUNT = Problem(
    code="voucher.ledger-account",
    swedish="Konto {account} hör till en reskontra. En manuell rad gör att reskontran och kontot inte stämmer överens.",
    next_step="Kontrollera att raden är avsiktlig.",
    english="Account {account} belongs to a ledger; a manual row parts ledger and account.",
)
VAT_ACCOUNT = Problem(
    code="voucher.vat-account",
    swedish="Konto {account} har momskod {vat_code}, så raden ändrar momsrapporten för perioden.",
    next_step="Kontrollera om momsdeklarationen för perioden redan är inlämnad.",
    english="Account {account} has VAT code {vat_code}: the period's VAT return may be filed already.",
)
CASH_METHOD = Problem(
    code="voucher.cash-method",
    swedish="Företaget har kontantmetoden. Årsomför i Fortnox bokför obetalda fakturor på konto {account} vid bokslut.",
    next_step="Kontrollera att samma fakturor inte bokförs två gånger.",
    english="Under the cash method 'Årsomför' books open invoices on {account}: this may repeat it.",
)
NO_TEXT = Problem(
    code="voucher.no-text",
    swedish="Verifikationen saknar text.",
    next_step="Skriv en text.",
    english="The voucher has no description.",
)
TEXT_TOO_LONG = Problem(
    code="voucher.text-too-long",
    swedish="Texten har {length} tecken. Fortnox tar emot högst {most}.",
    next_step="Korta texten; ett förslag finns.",
    english="The text has {length} characters; Fortnox takes {most}.",
)
TEXT_CLEANED = Problem(
    code="voucher.text-cleaned",
    swedish="Texten har tecken som Fortnox inte tar emot: {characters}. De byts ut enligt förslaget.",
    next_step="Inget behöver göras. Ändra texten om förslaget inte passar.",
    english="The text has characters that Fortnox refuses ({characters}); they are replaced as proposed.",
)
UNKNOWN_DIMENSION = Problem(
    code="voucher.dimension",
    swedish="Fortnox har bara kostnadsställe (dimension 1) och projekt (dimension 6), inte dimension {dimension}.",
    next_step="Ta bort dimensionen från raden.",
    english="Fortnox has dimensions 1 and 6 only, not {dimension}.",
)
TWO_OBJECTS = Problem(
    code="voucher.two-objects",
    swedish="Raden har flera objekt i dimension {dimension}.",
    next_step="Dela raden så att varje rad har ett.",
    english="The row has several objects of dimension {dimension}.",
)
COST_CENTRE_REQUIRED = Problem(
    code="voucher.cost-centre-required",
    swedish="Konto {account} kräver kostnadsställe.",
    next_step="Ange ett kostnadsställe på raden.",
    english="Account {account} requires a cost centre.",
)
COST_CENTRE_FORBIDDEN = Problem(
    code="voucher.cost-centre-forbidden",
    swedish="Konto {account} tillåter inte kostnadsställe.",
    next_step="Ta bort kostnadsstället från raden.",
    english="Account {account} does not allow a cost centre.",
)
PROJECT_REQUIRED = Problem(
    code="voucher.project-required",
    swedish="Konto {account} kräver projekt.",
    next_step="Ange ett projekt på raden.",
    english="Account {account} requires a project.",
)
PROJECT_FORBIDDEN = Problem(
    code="voucher.project-forbidden",
    swedish="Konto {account} tillåter inte projekt.",
    next_step="Ta bort projektet från raden.",
    english="Account {account} does not allow a project.",
)
NO_COST_CENTRE = Problem(
    code="voucher.cost-centre-missing",
    swedish="Kostnadsställe {object} finns inte, eller är inte aktivt, i Fortnox.",
    next_step="Lägg upp eller aktivera kostnadsstället i Fortnox, eller ändra raden.",
    english="Cost centre {object} does not exist or is not active.",
)
NO_PROJECT = Problem(
    code="voucher.project-missing",
    swedish="Projekt {object} finns inte i Fortnox.",
    next_step="Lägg upp projektet i Fortnox, eller ändra raden.",
    english="Project {object} does not exist.",
)
PROJECT_NOT_OPEN = Problem(
    code="voucher.project-not-open",
    swedish="Projekt {object} är inte öppet den {date}.",
    next_step="Ändra projektets period i Fortnox, eller ändra raden.",
    english="Project {object} is not open on {date}.",
)
NOT_DECLARED = Problem(
    code="voucher.object-not-declared",
    swedish="{what} {object} finns inte i bokföringen, såvitt vi kan se utan behörighet till registret i Fortnox.",
    next_step="Kontrollera i Fortnox att det finns och är aktivt. Annars avvisas verifikationen.",
    english="The books declare no {object} in dimension {dimension}; the register itself may not be read.",
)
PROJECT_COMPLETED = Problem(
    code="voucher.project-completed",
    swedish="Projekt {object} är avslutat i Fortnox.",
    next_step="Öppna projektet i Fortnox om raden ska bokföras på det, eller ändra raden.",
    english="Project {object} is completed: Fortnox may refuse the row.",
)
REPEATED_ID = Problem(
    code="voucher.repeated-id",
    swedish="Samma verifikation finns flera gånger i det som skickades.",
    next_step="Skicka på nytt med varje verifikation en gång.",
    english="The voucher_id occurs {times} times.",
)
ALREADY_BOOKED = Problem(
    code="voucher.already-booked",
    swedish="Verifikationen är redan bokförd som {place}.",
    next_step="Inget behöver göras. Den bokförs inte igen.",
    english="Already booked as {place}; it will not be booked again.",
)
CHANGED_SINCE_BOOKED = Problem(
    code="voucher.changed-since-booked",
    swedish="Verifikationen är redan bokförd som {place}, men med annat innehåll.",
    next_step="Gör en ändringsverifikation för den bokförda, eller skicka ändringen som en ny verifikation.",
    english="The voucher_id was booked as {place} with other content.",
)
CHANGED_WHILE_UNCERTAIN = Problem(
    code="voucher.changed-while-uncertain",
    swedish="Verifikationen kan redan vara bokförd, men med annat innehåll.",
    next_step="Skicka verifikationen med samma innehåll som förra gången, så får du besked om den är bokförd.",
    english="The voucher_id may have been booked with other content; send that content again to find out.",
)
IN_PROGRESS = Problem(
    code="voucher.in-progress",
    swedish="Verifikationen skickas redan i en annan omgång.",
    next_step="Vänta tills den andra omgången är klar.",
    english="The voucher_id belongs to batch {batch}, which has not ended.",
)
NEEDS_DECISION = Problem(
    code="voucher.needs-decision",
    swedish="Verifikationen finns flera gånger i Fortnox och måste avgöras först.",
    next_step="Gör en ändringsverifikation för dubbletten i Fortnox och kontakta supporten.",
    english="The voucher_id was found more than once in Fortnox; a person must decide.",
)
LOOKS_THE_SAME = Problem(
    code="voucher.looks-the-same",
    swedish="I Fortnox finns redan {places} med samma datum, konton och belopp.",
    next_step="Kontrollera att det inte är samma verifikation, bokförd för hand.",
    english="{places} in Fortnox, not ours, has the same date, accounts and amounts: it may be the same voucher.",
)
NOT_COMPARED = Problem(
    code="voucher.not-compared",
    swedish="Bokföringen kunde inte läsas ur Fortnox, så omgången är inte jämförd med det som redan är bokfört.",
    next_step="Kontrollera i Fortnox att verifikationerna inte redan är bokförda för hand, eller kör kontrollen igen.",
    english="The books could not be read: no voucher of the batch was compared with what is booked already.",
)
CHANGED_IN_FORTNOX = Problem(
    code="voucher.changed-in-fortnox",
    swedish="Verifikationen bokfördes som {place}, men har ändrats i Fortnox sedan dess.",
    next_step="Kontrollera ändringen i Fortnox. Verifikationen bokförs inte igen.",
    english="Booked as {place}, which somebody has changed in Fortnox since; it is not booked again.",
)
GONE_FROM_FORTNOX = Problem(
    code="voucher.gone-from-fortnox",
    swedish="Verifikationen bokfördes som {place}, men Fortnox visar den inte längre.",
    next_step="Kontrollera i Fortnox om den har tagits bort eller ändrats. Den bokförs inte igen av sig själv.",
    english="Booked as {place}, but Fortnox does not show it any more; it is not booked again by itself.",
)
UNMARKED_IN_FORTNOX = Problem(
    code="voucher.unmarked-in-fortnox",
    swedish="Verifikationen bokfördes som {place}. I Fortnox har {place} samma datum och rader, men inte vår märkning.",
    next_step="Kontrollera i Fortnox att {place} är samma verifikation. Den bokförs inte igen.",
    english="Booked as {place}, which has the same date and rows in Fortnox but not our marker; not booked again.",
)
IN_ANOTHER_SERIES = Problem(
    code="voucher.in-another-series",
    swedish="Verifikationen finns redan i Fortnox som {place}, i en annan serie än den valda.",
    next_step="Skicka verifikationen i serie {series}. Då bokförs den inte igen, utan får sitt kvitto.",
    english="The voucher's marker is seen at {place}: sent for series {series} it gets its receipt, and isn't booked.",
)
ACCOUNT_REFUSED = Problem(
    code="voucher.account-refused",
    swedish="Fortnox avvisade verifikationen: ett av kontona {accounts} finns inte, eller är inte aktivt, för året.",
    next_step="Lägg upp eller aktivera kontot i Fortnox, eller använd ett annat konto, och skicka igen.",
    english="Fortnox refused one of the accounts {accounts} as missing or not active (code {code}).",
)
CHARACTERS_REFUSED = Problem(
    code="voucher.characters-refused",
    swedish="Fortnox avvisade verifikationen: någon av dess texter har ett tecken som Fortnox inte tar emot.",
    next_step="Ta bort ovanliga tecken ur texterna, och skicka igen.",
    english="Fortnox refused a character in one of the texts (code {code}).",
)
REFUSED_BY_FORTNOX = Problem(
    code="voucher.refused-by-fortnox",
    swedish="Fortnox avvisade verifikationen (felkod {code}).",
    next_step="Kontakta supporten och uppge felkoden. Bokför inte verifikationen för hand om den ska skickas igen.",
    english="Fortnox refused the voucher with code {code}.",
)
DECIDED_NOT_BOOKED = Problem(
    code="voucher.decided-not-booked",
    swedish="Det har avgjorts att verifikationen inte är bokförd i Fortnox.",
    next_step="Skicka verifikationen igen.",
    english="An operator decided that the voucher is not in Fortnox; it may be sent again.",
)


OF_REGISTERS = frozenset(
    {
        NO_YEAR,
        DIFFERENT_YEAR,
        NO_SERIES,
        SERIES_NOT_MANUAL,
        NO_ACCOUNT,
        ACCOUNT_INACTIVE,
        COST_CENTRE_REQUIRED,
        COST_CENTRE_FORBIDDEN,
        NO_COST_CENTRE,
        PROJECT_REQUIRED,
        PROJECT_FORBIDDEN,
        NO_PROJECT,
        PROJECT_NOT_OPEN,
    }
)
"""What a change in Fortnox mends: never told by registers that are remembered from before."""


CONTRARY = {
    Standing.CHANGED: CHANGED_IN_FORTNOX,
    Standing.UNMARKED: UNMARKED_IN_FORTNOX,
    Standing.GONE: GONE_FROM_FORTNOX,
}
"""What speaks against an old receipt: Fortnox does not have the voucher as it was booked."""
CONTRARY_CODES = {problem.code: standing for standing, problem in CONTRARY.items()}


def standing_of(findings: Iterable[Finding]) -> Standing:
    """What the check found of a voucher that was booked before."""
    return next((CONTRARY_CODES[one.code] for one in findings if one.code in CONTRARY_CODES), Standing.AS_BOOKED)


def found(
    severity: Severity,
    problem: Problem,
    voucher_id: str,
    *,
    row: int | None,
    proposal: str | None,
    data: dict[str, Any],
) -> Finding:
    """A finding as an event tells it."""
    error: ProblemError = problem.error(**data)
    return Finding(
        code=problem.code,
        severity=severity,
        voucher_id=voucher_id,
        row=row,
        swedish=error.swedish,
        next_step=error.next_step,
        english=error.english,
        proposal=proposal,
    )


def wrong(
    problem: Problem, voucher_id: str, *, row: int | None = None, proposal: str | None = None, **data: Any
) -> Finding:
    """A finding that keeps the voucher from being booked."""
    return found(Severity.ERROR, problem, voucher_id, row=row, proposal=proposal, data=data)


def doubtful(
    problem: Problem, voucher_id: str, *, row: int | None = None, proposal: str | None = None, **data: Any
) -> Finding:
    """A finding that the accountant should know of; the voucher is booked all the same."""
    return found(Severity.WARNING, problem, voucher_id, row=row, proposal=proposal, data=data)
