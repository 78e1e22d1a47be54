"""What can be wrong with a row: its amount, account, cost centre, project and text."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from common.events.voucher_batches import ApprovedVoucher, VoucherRow
from common.events.vouchers import Finding
from fortnox import Account, Project
from fortnox.text import clean
from voucher_sender import findings as words
from voucher_sender.content import COST_CENTRE, PROJECT, ROW_TEXT_LENGTH, cost_centre_of, project_of, signed, tidy
from voucher_sender.findings import doubtful, wrong
from voucher_sender.registers import CUSTOMERS, Registers

LARGEST = Decimal(10) ** 13  # kronor: what a JSON number holds exactly with two decimals
MANDATORY, FORBIDDEN = "MANDATORY", "NOTALLOWED"  # Fortnox fact 6.3
COMPLETED = "COMPLETED"  # a project's status


def check_row(voucher: ApprovedVoucher, number: int, row: VoucherRow, registers: Registers) -> Iterator[Finding]:
    """All findings in a row; `number` counts from 1."""
    yield from _amounts(voucher.voucher_id, number, row)
    yield from _account(voucher.voucher_id, number, row.account, registers)
    yield from _ledger(voucher, number, row, registers)
    yield from _dimensions(voucher, number, row, registers)
    if row.text:
        yield from check_text(voucher.voucher_id, number, row.text, ROW_TEXT_LENGTH)


def check_text(voucher_id: str, row: int | None, text: str, most: int) -> Iterator[Finding]:
    """Cleaning is harmless and done by us; shortening is not."""
    tidied = tidy(text)
    if len(tidied) > most:
        yield wrong(
            words.TEXT_TOO_LONG, voucher_id, row=row, proposal=tidied[:most].rstrip(), length=len(tidied), most=most
        )
    elif replaced := clean(text).replaced:
        characters = " ".join(_shown(character) for character in replaced)
        yield doubtful(words.TEXT_CLEANED, voucher_id, row=row, proposal=tidied, characters=characters)


def kronor(amount: Decimal) -> str:
    """An amount as a Swede writes it: 1 250,00 kr; more decimals where there are more."""
    decimals = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{min(decimals, 10)}f}".replace(",", " ").replace(".", ",") + " kr"


def _amounts(voucher_id: str, number: int, row: VoucherRow) -> Iterator[Finding]:
    given = [amount for amount in (row.debit, row.credit) if amount]
    if not given:
        yield wrong(words.NO_SIDE, voucher_id, row=number)
    if len(given) > 1:
        yield wrong(words.BOTH_SIDES, voucher_id, row=number)
    for amount in given:
        if abs(amount) >= LARGEST:
            yield wrong(words.TOO_LARGE, voucher_id, row=number)
            continue
        if amount < 0:
            yield wrong(words.NEGATIVE, voucher_id, row=number, amount=kronor(amount))
        if amount != round(amount, 2):
            yield wrong(words.TOO_MANY_DECIMALS, voucher_id, row=number, amount=kronor(amount))


def _account(voucher_id: str, number: int, account: int, registers: Registers) -> Iterator[Finding]:
    if not 1000 <= account <= 9999:
        yield wrong(words.ACCOUNT_NUMBER, voucher_id, row=number, account=account)
        return
    known = registers.accounts.get(account)
    if known is None:
        if registers.year is not None:
            yield wrong(words.NO_ACCOUNT, voucher_id, row=number, account=account)
        return
    if not known.active:
        yield wrong(words.ACCOUNT_INACTIVE, voucher_id, row=number, account=account)
    if known.vat_code:
        yield doubtful(words.VAT_ACCOUNT, voucher_id, row=number, account=account, vat_code=known.vat_code)


def _ledger(voucher: ApprovedVoucher, number: int, row: VoucherRow, registers: Registers) -> Iterator[Finding]:
    """A row on a ledger account, which the ledger knows nothing of (Fortnox fact 5.7)."""
    if row.account not in registers.ledger_accounts or registers.year is None:
        return
    yield doubtful(words.LEDGER_ACCOUNT, voucher.voucher_id, row=number, account=row.account)
    if registers.cash_method and voucher.date == registers.year.to_date and _opens(row):
        yield doubtful(words.CASH_METHOD, voucher.voucher_id, row=number, account=row.account)


def _opens(row: VoucherRow) -> bool:
    """Whether it books what is unpaid, as Årsomför does on the year's last day: claims in debit, debts in credit.

    A row the other way, such as a loss on a claim, is not what Årsomför books.
    """
    amount = signed(row)
    return amount > 0 if row.account in CUSTOMERS else amount < 0


def _dimensions(voucher: ApprovedVoucher, number: int, row: VoucherRow, registers: Registers) -> Iterator[Finding]:
    error = partial(wrong, voucher_id=voucher.voucher_id, row=number)
    for dimension, times in Counter(one.dimension for one in row.dimensions).items():
        if dimension not in {COST_CENTRE, PROJECT}:
            yield error(words.UNKNOWN_DIMENSION, dimension=dimension)
        elif times > 1:
            yield error(words.TWO_OBJECTS, dimension=dimension)
    cost_centre, project = cost_centre_of(row), project_of(row)
    yield from _rules(voucher.voucher_id, number, registers.accounts.get(row.account), cost_centre, project)
    if cost_centre and registers.cost_centres is not None:
        known = registers.cost_centres.get(cost_centre)
        if known is None or known.active is False:
            yield error(words.NO_COST_CENTRE, object=cost_centre)
    if project and registers.projects is not None:
        found = registers.projects.get(project)
        if found is None:
            yield error(words.NO_PROJECT, object=project)
        elif not _open(found, voucher):
            yield error(words.PROJECT_NOT_OPEN, object=project, date=voucher.date)
        elif found.status == COMPLETED:
            yield doubtful(words.PROJECT_COMPLETED, voucher.voucher_id, row=number, object=project)


def _rules(voucher_id: str, number: int, account: Account | None, cost_centre: str, project: str) -> Iterator[Finding]:
    """What the account says of cost centre and project."""
    if account is None:
        return
    for rule, given, required, forbidden in (
        (account.cost_centre_settings, cost_centre, words.COST_CENTRE_REQUIRED, words.COST_CENTRE_FORBIDDEN),
        (account.project_settings, project, words.PROJECT_REQUIRED, words.PROJECT_FORBIDDEN),
    ):
        if rule == MANDATORY and not given:
            yield wrong(required, voucher_id, row=number, account=account.number)
        if rule == FORBIDDEN and given:
            yield wrong(forbidden, voucher_id, row=number, account=account.number)


def _open(project: Project, voucher: ApprovedVoucher) -> bool:
    """Fortnox refuses rows outside the project's period (Fortnox fact 6.4)."""
    started = project.start_date is None or project.start_date <= voucher.date
    return started and (project.end_date is None or voucher.date <= project.end_date)


def _shown(character: str) -> str:
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"
