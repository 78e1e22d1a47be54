"""The oracle itself is tried: a mistake in the roll-back, sown on purpose, is seen by the comparison with the truth."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import fortnox
from common.events import FinancialYear
from importer import assessment, conclusion
from importer.fetch import invoices, payments, sides
from importer.ledger import as_of, settling
from importer.ledger.model import Invoice, Settlement, SettlementKind
from sandbox.fortnox.shapes import Shape, shape

Patch = pytest.MonkeyPatch
Mistake = Callable[[Patch], None]
TRIES = 12  # companies in which a mistake has the chance to show


def counts_the_closing_date_as_after(patch: Patch) -> None:
    def wrong(invoice: Invoice, settled: Iterable[Settlement], day: date) -> Decimal:
        return (invoice.balance or Decimal(0)) + sum((one.amount for one in settled if one.on >= day), Decimal(0))

    patch.setattr(as_of, "remaining", wrong)


def rolls_nothing_back(patch: Patch) -> None:
    patch.setattr(as_of, "remaining", lambda invoice, *_: invoice.balance or Decimal(0))


def forgets(patch: Patch, which: Callable[[Settlement], bool]) -> None:
    right = as_of.remaining

    def wrong(invoice: Invoice, settled: Iterable[Settlement], day: date) -> Decimal:
        return right(invoice, [one for one in settled if not which(one)], day)

    patch.setattr(as_of, "remaining", wrong)


def forgets_write_offs(patch: Patch) -> None:
    forgets(patch, lambda one: one.kind is SettlementKind.WRITE_OFF)


def forgets_settlements_of_credit_notes(patch: Patch) -> None:
    forgets(patch, lambda one: one.kind is SettlementKind.CREDIT)


def counts_only_one_side_of_a_settlement(patch: Patch) -> None:
    forgets(patch, lambda one: one.kind is SettlementKind.CREDIT and one.amount < 0)


def settles_before_the_credit_note_is_there(patch: Patch) -> None:
    def wrong(listed: Any, of: Any) -> dict[str, settling.Effect]:
        dates = {one.number: one.payment_date for one in listed}
        return {number: replace(one, on=dates[number]) for number, one in settling.effects(listed, of).items()}

    patch.setattr(payments, "effects", wrong)


def counts_unbooked_payments(patch: Patch) -> None:
    right = payments.Booked.of

    def wrong(listed: Any, *more: Any) -> payments.Booked:
        return right([one.model_copy(update={"booked": True}) for one in listed], *more)

    patch.setattr(payments.Booked, "of", wrong)


def takes_payments_at_their_own_rate(patch: Patch) -> None:
    patch.setattr(payments, "_paid", lambda payment, invoice: payment.amount)


def forgets_the_currency_s_unit(patch: Patch) -> None:
    def wrong(listed: Any) -> Decimal | None:
        return Decimal(1) if (listed.currency or "SEK") == "SEK" else listed.currency_rate

    patch.setattr(sides, "_rate", wrong)


def takes_unbooked_invoices(patch: Patch) -> None:
    _belongs(patch, lambda invoice, day, cash: as_of.belongs(invoice, day, cash_method=True))


def forgets_the_cash_method(patch: Patch) -> None:
    _belongs(patch, lambda invoice, day, cash: as_of.belongs(invoice, day, cash_method=False))


def takes_later_invoices(patch: Patch) -> None:
    _belongs(patch, lambda invoice, day, cash: as_of.belongs(invoice, date.max, cash_method=cash))


def _belongs(patch: Patch, wrong: Callable[[Invoice, date, bool], bool]) -> None:
    """Replaces the rule where invoices are chosen; those chosen so are not asked again."""
    right = as_of.open_items

    def without_asking(chosen: Iterable[Invoice], settled: Any, day: date, **more: Any) -> Any:
        asked = [replace(one, booked=True, invoice_date=min(one.invoice_date, day)) for one in chosen]
        return right(asked, settled, day, **more)

    patch.setattr(invoices, "belongs", lambda invoice, day, *, cash_method: wrong(invoice, day, cash_method))
    patch.setattr(assessment, "open_items", without_asking)


def makes_no_mistake(patch: Patch) -> None:
    _belongs(patch, lambda invoice, day, cash: as_of.belongs(invoice, day, cash_method=cash))


MISTAKES: list[Mistake] = [
    counts_the_closing_date_as_after,
    rolls_nothing_back,
    forgets_write_offs,
    forgets_settlements_of_credit_notes,
    counts_only_one_side_of_a_settlement,
    settles_before_the_credit_note_is_there,
    counts_unbooked_payments,
    takes_payments_at_their_own_rate,
    forgets_the_currency_s_unit,
    takes_unbooked_invoices,
    forgets_the_cash_method,
    takes_later_invoices,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
async def test_a_mistake_in_the_roll_back_is_seen(
    shaped: Any, request_for: Any, monkeypatch: Patch, mistake: Mistake
) -> None:
    mistake(monkeypatch)

    for seed in range(TRIES):
        if not await agrees(shaped, request_for, shape(seed)):
            return
    pytest.fail("nobody noticed")


async def test_where_there_is_no_mistake_none_is_seen(shaped: Any, request_for: Any, monkeypatch: Patch) -> None:
    makes_no_mistake(monkeypatch)

    assert all([await agrees(shaped, request_for, shape(seed)) for seed in range(6)])


async def agrees(shaped: Any, request_for: Any, wanted: Shape) -> bool:
    """Whether what is open, item for item, is what was open."""
    found = await shaped(wanted)
    year = FinancialYear(from_date=wanted.start, to_date=wanted.end)
    for day in wanted.closing_dates:
        found.checkpoints.kept.clear()
        request = request_for(day.year, day, financial_year=year)
        try:
            result = conclusion.conclude(request, await found.fetch(request))
        except fortnox.FortnoxError:
            return False
        for ledger in result.ledgers:
            truth = await found.truth(ledger.dataset, day)
            told = [(item.number, item.remaining, item.remaining_sek) for item in ledger.items]
            if told != [_amounts(item) for item in truth["items"]]:
                return False
    return True


def _amounts(item: dict[str, Any]) -> tuple[str, Decimal, Decimal]:
    return item["number"], Decimal(item["remaining"]), Decimal(item["remaining_sek"])
