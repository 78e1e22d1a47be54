"""A comparison in words for a person."""

from collections.abc import Iterator, Sequence

from sie.changes import ChangedAccount, ChangedObject, ChangedVoucher, Comparison, MovedBalance
from sie.records import FinancialYear, Row
from sie.words import Words, group

ROWS_SHOWN = 4
"""Of a changed voucher."""
_WHAT = {"rows": "changed-rows", "type": "account-type"}


def of_comparison(comparison: Comparison, words: Words) -> Iterator[str]:
    if not comparison.same_company:
        yield words("other-company")
    if not comparison.same_year:
        yield words("other-year")
    if not comparison and comparison.same_company and comparison.same_year:
        yield words("alike")
    header = [f"{words(field.name)}: {field.old or '–'} → {field.new or '–'}" for field in comparison.changed_header]
    yield from group(words("changed-header"), header, words)
    years = [f"{y.index}: {_year(y.old)} → {_year(y.new)}" for y in comparison.changed_years]
    yield from group(words("changed-years"), years, words)
    yield from group(words("new-vouchers"), [v.name for v in comparison.new_vouchers], words)
    yield from group(words("changed-vouchers"), [_changed(c, words) for c in comparison.changed_vouchers], words)
    yield from group(words("gone-vouchers"), [v.name for v in comparison.gone_vouchers], words)
    yield from group(words("new-accounts"), [f"{a.number} {a.name}" for a in comparison.new_accounts], words)
    yield from group(words("changed-accounts"), [_renamed(c, words) for c in comparison.changed_accounts], words)
    yield from group(words("gone-accounts"), [f"{a.number} {a.name}" for a in comparison.gone_accounts], words)
    objects = [_object(change) for change in comparison.changed_objects]
    yield from group(words("changed-objects"), objects, words)
    moved = [_moved(balance, words) for balance in comparison.moved_balances]
    yield from group(words("moved-balances"), moved, words)


def _year(year: FinancialYear | None) -> str:
    return f"{year.start} – {year.end}" if year else "–"


def _object(change: ChangedObject) -> str:
    name = f"{change.dimension}:{change.number}" if change.number else change.dimension
    old, new = ("–" if text is None else text or '""' for text in (change.old, change.new))
    return f"{name} {old} → {new}"


def _moved(moved: MovedBalance, words: Words) -> str:
    """`#PSALDO 0 202503 3001 6:P1 100,00 → 200,00`."""
    period = [str(moved.period)] if moved.period else []
    objects = (f"{dimension}:{number}" for dimension, number in moved.objects)
    shown = [f"#{moved.kind}", str(moved.year), *period, moved.account, *objects]
    if moved.old != moved.new:
        shown.append(f"{words.money(moved.old)} → {words.money(moved.new)}")
    if moved.old_quantity != moved.new_quantity:
        shown.append(f"{words('quantity')} {moved.old_quantity or 0:f} → {moved.new_quantity or 0:f}")
    return " ".join(shown)


def _changed(change: ChangedVoucher, words: Words) -> str:
    """`A 1: datum (2025-01-05 → 2025-01-06), rader (borttagna: 1910 −137,00; nya: 1910 −138,00)`."""
    return f"{change.new.name}: " + ", ".join(_change(change, what, words) for what in change.what)


def _change(change: ChangedVoucher, what: str, words: Words) -> str:
    name = words(_WHAT.get(what, what))
    if what in {"struck", "added"}:
        return name
    if what != "rows":
        return f"{name} ({getattr(change.old, what) or '–'} → {getattr(change.new, what) or '–'})"
    both = (("rows-gone", change.rows_gone()), ("rows-new", change.rows_new()))
    shown = "; ".join(f"{words(key)}: {_rows(rows, words)}" for key, rows in both if rows)
    return f"{name} ({shown})"


def _rows(rows: Sequence[Row], words: Words) -> str:
    shown = [f"{row.account} {words.money(row.amount)}" for row in rows[:ROWS_SHOWN]]
    if len(rows) > ROWS_SHOWN:
        shown.append(words("more", count=words.count(len(rows) - ROWS_SHOWN)))
    return ", ".join(shown)


def _renamed(change: ChangedAccount, words: Words) -> str:
    what = ", ".join(words(_WHAT.get(what, what)) for what in change.what)
    names = f" ({change.old.name} → {change.new.name})" if "name" in change.what else ""
    return f"{change.new.number}: {what}{names}"
