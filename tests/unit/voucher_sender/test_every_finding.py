"""Every finding of the check: what leads to it, how grave it is, where it points; and that none is forgotten."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from common.events import FinancialYear
from common.events.vouchers import Finding, Severity
from common.problems import Problem
from fortnox import Code
from voucher_sender import checks, findings, problems
from voucher_sender.content import approved_lines, content_hash, rows_hash
from voucher_sender.earlier import Known
from voucher_sender.findings import OF_REGISTERS
from voucher_sender.look_alikes import Booked, Books, likeness
from voucher_sender.marks import Marks
from voucher_sender.refusals import by_code
from voucher_sender.repository import KnownVoucher, State

ERROR, WARNING = Severity.ERROR, Severity.WARNING
LAST_DAY = date(2025, 12, 31)
BROKEN_YEAR = FinancialYear(from_date=date(2025, 7, 1), to_date=date(2026, 6, 30))
MARKER = "BKB-2222-2222-2222-2222"
SEEN = frozenset({MARKER})
NO_SUCH_YEAR = FinancialYear(from_date=date(2020, 1, 1), to_date=date(2020, 12, 31))

Make = Callable[[Any], dict[str, Any]]
"""From the fixtures `row`, `voucher` and `registers`: what is checked against what."""


@dataclass(frozen=True)
class Case:
    """What must be found, at which row, and whether it keeps the voucher from being booked."""

    make: Make
    row: int | None = None
    severity: Severity = ERROR


def rows(*made: tuple[Any, ...], **changes: Any) -> Make:
    """A voucher with these rows: account, amount, objects."""
    return lambda a: {"voucher": a.voucher(*(a.row(*one) for one in made), **changes)}


def at(account: int, amount: Any = 100, *objects: Any, **changes: Any) -> Make:
    """A voucher with that row first."""
    return lambda a: {"voucher": a.voucher(a.row(account, amount, *objects, **changes), a.row(1229, -Decimal(amount)))}


def against(make: Make = lambda a: {}, **registers: Any) -> Make:
    """The same with other registers."""
    return lambda a: {"voucher": a.voucher(), **make(a), "registers": a.registers(**registers)}


def asked(**batch: Any) -> Make:
    return lambda a: {"voucher": a.voucher(), "batch": batch}


def known(**changes: Any) -> Make:
    """The voucher was booked as I 12 unless said otherwise."""

    def make(a: Any) -> dict[str, Any]:
        before = {
            "voucher_id": "v-1",
            "state": State.BOOKED,
            "content_hash": content_hash(a.voucher()),
            "marker": MARKER,
            "batch_id": UUID(int=2),
            "batch_ended": True,
            "series": "I",
            "financial_year": 3,
            "number": 12,
            **changes,
        }
        more = {name: before.pop(name) for name in ("books", "marks", "markers") if name in before}
        return {
            "voucher": a.voucher(),
            "known": Known(UUID(int=1), {"v-1": KnownVoucher(**before)}, **{"books": Books(), **more}),
        }

    return make


def stranger(a: Any) -> dict[str, Any]:
    looks = likeness(a.voucher())
    assert looks is not None
    return {"voucher": a.voucher(), "known": Known(UUID(int=1), books=Books({looks: (Booked("A", 7, LAST_DAY, ""),)}))}


def refused(code: int | None) -> Make:
    return lambda a: {"voucher": a.voucher(), "refused": code}


def unmarked(a: Any) -> dict[str, Any]:
    """The books have the voucher at its place, and no marker was seen there."""
    one = a.voucher()
    booked = Booked("I", 12, one.date, rows_hash(approved_lines(one)))
    as_booked = known(
        voucher_date=one.date,
        rows_hash=booked.rows_hash,
        books=Books(at={booked.place: booked}),
        marks=Marks(singly={booked.place: frozenset()}),
    )
    return as_booked(a)


EVERY: dict[Problem, Case] = {
    findings.TOO_FEW_ROWS: Case(rows((7832, 100))),
    findings.BOTH_SIDES: Case(at(7832, 100, credit=Decimal(5)), row=1),
    findings.NO_SIDE: Case(rows((7832, 100), (1229, -100), (1930, 0)), row=3),
    findings.NEGATIVE: Case(at(7832, 100, debit=Decimal(-100)), row=1),
    findings.TOO_MANY_DECIMALS: Case(at(7832, "0.001"), row=1),
    findings.TOO_LARGE: Case(at(7832, "1e13"), row=1),
    findings.UNBALANCED: Case(rows((7832, 100), (1229, -99))),
    findings.DATE_OUTSIDE_YEAR: Case(rows((7832, 100), (1229, -100), date=date(2026, 1, 1))),
    findings.DATE_LOCKED: Case(against(locked_until=LAST_DAY), severity=WARNING),
    findings.SERIES_LOCKED: Case(
        lambda a: {
            "voucher": a.voucher(),
            "registers": a.registers(locked_until=LAST_DAY),
            "known": Known(UUID(int=1), series_is_lockable=True, books=Books()),
        }
    ),
    findings.ACCOUNT_NUMBER: Case(at(193), row=1),
    findings.NO_ACCOUNT: Case(at(4999), row=1),
    findings.ACCOUNT_INACTIVE: Case(at(1299), row=1),
    findings.LEDGER_ACCOUNT: Case(at(1510), row=1, severity=WARNING),
    findings.VAT_ACCOUNT: Case(at(2611), row=1, severity=WARNING),
    findings.CASH_METHOD: Case(against(at(1510), method="CASH"), row=1, severity=WARNING),
    findings.NO_TEXT: Case(rows((7832, 100), (1229, -100), description=" ")),
    findings.TEXT_TOO_LONG: Case(at(7832, text="x" * 101), row=1),
    findings.TEXT_CLEANED: Case(at(7832, text="[x]"), row=1, severity=WARNING),
    findings.UNKNOWN_DIMENSION: Case(at(7832, 100, (7, "x")), row=1),
    findings.TWO_OBJECTS: Case(at(7832, 100, (1, "NORR"), (1, "NORR")), row=1),
    findings.COST_CENTRE_REQUIRED: Case(at(4010), row=1),
    findings.COST_CENTRE_FORBIDDEN: Case(at(4020, 100, (1, "NORR")), row=1),
    findings.PROJECT_REQUIRED: Case(at(4010), row=1),
    findings.PROJECT_FORBIDDEN: Case(at(4020, 100, (6, "1005")), row=1),
    findings.NO_COST_CENTRE: Case(at(7832, 100, (1, "GAMMAL")), row=1),
    findings.NO_PROJECT: Case(at(7832, 100, (6, "1")), row=1),
    findings.PROJECT_NOT_OPEN: Case(at(7832, 100, (6, "2")), row=1),
    findings.PROJECT_COMPLETED: Case(at(7832, 100, (6, "3")), row=1, severity=WARNING),
    findings.REPEATED_ID: Case(lambda a: {"voucher": a.voucher(), "times": 2}),
    findings.ALREADY_BOOKED: Case(known(), severity=WARNING),
    findings.CHANGED_SINCE_BOOKED: Case(known(content_hash="another")),
    findings.CHANGED_WHILE_UNCERTAIN: Case(known(state=State.INTENDED, content_hash="another")),
    findings.IN_PROGRESS: Case(known(state=State.APPROVED, batch_ended=False)),
    findings.NEEDS_DECISION: Case(known(state=State.DUPLICATED)),
    findings.GONE_FROM_FORTNOX: Case(known(), severity=WARNING),
    findings.CHANGED_IN_FORTNOX: Case(known(marks=Marks(singly={("I", 12): SEEN})), severity=WARNING),
    findings.UNMARKED_IN_FORTNOX: Case(unmarked, severity=WARNING),
    findings.IN_ANOTHER_SERIES: Case(
        known(state=State.REJECTED, markers={"v-1": MARKER}, marks=Marks(singly={("A", 7): SEEN}))
    ),
    findings.LOOKS_THE_SAME: Case(stranger, severity=WARNING),
    findings.NOT_DECLARED: Case(against(at(7832, 100, (1, "SYD")), cost_centres=None), row=1, severity=WARNING),
    findings.NOT_COMPARED: Case(lambda a: {"voucher": a.voucher(), "known": Known(UUID(int=1))}, severity=WARNING),
    findings.ACCOUNT_REFUSED: Case(refused(Code.ACCOUNT_NOT_FOUND_AGAIN)),
    findings.CHARACTERS_REFUSED: Case(refused(Code.CHARACTERS_NOT_ALLOWED)),
    findings.REFUSED_BY_FORTNOX: Case(refused(None)),
    problems.NO_YEAR: Case(lambda a: {**against(year=None)(a), **asked(financial_year=NO_SUCH_YEAR)(a)}),
    problems.DIFFERENT_YEAR: Case(lambda a: {**against(year=None)(a), **asked(financial_year=BROKEN_YEAR)(a)}),
    problems.NO_SERIES: Case(asked(series="Q")),
    problems.SERIES_NOT_MANUAL: Case(asked(series="B")),
}
"""By finding. What isn't here is told of a batch, or of a voucher on its way (`problems`)."""

TOLD_ELSEWHERE = {findings.DECIDED_NOT_BOOKED}  # by an operator


@pytest.mark.parametrize("problem", EVERY, ids=lambda problem: problem.code)
def test_each_is_found_with_its_place_and_what_to_do(
    problem: Problem, row: Any, voucher: Any, registers: Any, batch: Any
) -> None:
    case = EVERY[problem]

    told = _found(case.make(SimpleNamespace(row=row, voucher=voucher, registers=registers)), batch, registers)

    finding = next(one for one in told if one.code == problem.code)
    assert (finding.row, finding.severity, finding.voucher_id) == (case.row, case.severity, "v-1")
    for text in (finding.swedish, finding.next_step, finding.english):
        assert text.endswith(".")
        assert "{" not in text


def test_none_has_been_forgotten() -> None:
    catalogued = {one for one in vars(findings).values() if isinstance(one, Problem)}

    assert catalogued - TOLD_ELSEWHERE == set(EVERY)


@pytest.mark.parametrize("problem", EVERY, ids=lambda problem: problem.code)
def test_what_a_register_says_is_known_to_be_so(
    problem: Problem, row: Any, voucher: Any, registers: Any, batch: Any
) -> None:
    """An error of a voucher alone stays when all registers are empty of rules; the others are read again first."""
    made = EVERY[problem].make(SimpleNamespace(row=row, voucher=voucher, registers=registers))
    if "refused" in made or EVERY[problem].severity is WARNING:
        return

    generous = replace(made.get("registers") or registers(), accounts=Everything(), cost_centres=None, projects=None)
    at_best = _found({**made, "registers": generous}, batch, registers)

    needs_registers = problem.code not in {one.code for one in at_best}
    of_year_or_series = problem in {
        vars(problems)[name] for name in ("NO_YEAR", "DIFFERENT_YEAR", "NO_SERIES", "SERIES_NOT_MANUAL")
    }
    assert (problem in OF_REGISTERS) == (needs_registers or of_year_or_series)


class Everything(dict[int, Any]):
    """A chart in which every account is there and allows everything."""

    def get(self, number: int, default: Any = None) -> Any:
        return SimpleNamespace(
            number=number, active=True, vat_code=None, cost_centre_settings="ALLOWED", project_settings="ALLOWED"
        )


def _found(made: dict[str, Any], batch: Any, registers: Any) -> list[Finding]:
    if "refused" in made:
        return [by_code(batch(made["voucher"]), made["refused"])]
    wanted = batch(*[made["voucher"]] * made.get("times", 1), **made.get("batch", {}))
    nothing = Known(UUID(int=1), books=Books())
    return list(checks.run(wanted, made.get("registers") or registers(), made.get("known") or nothing)[0].findings)
