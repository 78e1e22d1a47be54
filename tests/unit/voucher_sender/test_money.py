"""Whatever the amounts: what is wrong with them is found, and nothing else is."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.events.voucher_batches import VoucherRow

ORE = Decimal("0.01")
MONEY = {"voucher.unbalanced", "voucher.row-decimals", "voucher.row-negative", "voucher.row-no-amount",
         "voucher.row-both-sides", "voucher.row-too-large"}  # fmt: skip

ore = st.integers(1, 10**14).map(lambda number: number * ORE)
amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)
sides = st.none() | amounts


def money(findings: Any) -> set[str]:
    return {one.code for one in findings} & MONEY


@given(parts=st.lists(ore, min_size=1, max_size=8))
def test_what_balances_to_the_ore_has_no_fault(found: Any, voucher: Any, parts: list[Decimal]) -> None:
    rows = [VoucherRow(account=7832, debit=part) for part in parts]

    findings = found(voucher(*rows, VoucherRow(account=1229, credit=sum(parts, start=Decimal(0)))))

    assert money(findings) == set()


@given(parts=st.lists(ore, min_size=1, max_size=8), off=ore)
def test_one_ore_off_is_told_with_the_difference(found: Any, voucher: Any, parts: list[Decimal], off: Decimal) -> None:
    rows = [VoucherRow(account=7832, debit=part) for part in parts]

    (finding,) = found(voucher(*rows, VoucherRow(account=1229, credit=sum(parts, start=off))))

    assert finding.code == "voucher.unbalanced"
    told = finding.english.rsplit("differ by ", 1)[1].removesuffix(" kr.").replace(" ", "").replace(",", ".")
    assert Decimal(told) == off


@given(rows=st.lists(st.tuples(sides, sides), min_size=2, max_size=6))
def test_a_voucher_passes_when_each_row_has_one_positive_amount_in_ore_and_they_balance(
    found: Any, voucher: Any, rows: list[tuple[Decimal | None, Decimal | None]]
) -> None:
    made = voucher(*(VoucherRow(account=7832, debit=debit, credit=credit) for debit, credit in rows))

    sound = all(_sound(debit or Decimal(0), credit or Decimal(0)) for debit, credit in rows)
    balanced = sum((debit or 0) - (credit or 0) for debit, credit in rows) == 0

    assert (money(found(made)) == set()) is (sound and balanced)


def _sound(debit: Decimal, credit: Decimal) -> bool:
    one_side = bool(debit) != bool(credit)
    return one_side and debit >= 0 and credit >= 0 and (debit + credit) % ORE == 0
