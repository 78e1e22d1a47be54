"""#PSALDO against the vouchers of its month, and what objects open and close with against what moved."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sie.checks.books import Books
from sie.findings import Finding, finding
from sie.ledger import NOTHING, Pair, PeriodKey, object_balances
from sie.records import Objects
from sie.values import kronor

Moved = Mapping[tuple[str, Pair], int]


def months(books: Books) -> Iterator[Finding]:
    """Per account, and per object of each account and dimension that the file has object rows for."""
    stated = books.periods
    if not stated or not len(books.document.vouchers):
        return
    readings = books.months()
    computed = next(readings)
    wrong = _wrong(books, computed)
    while wrong and (other := next(readings, None)) is not None:
        still = {(account, objects) for account, _, objects in _wrong(books, other)}
        wrong = [key for key in wrong if (key[0], key[2]) in still]
    for key in wrong:
        account, period, objects = key
        found = stated.get(key, NOTHING)
        yield finding(
            "period-object" if objects else "period", expected=kronor(computed.get(key, 0)), found=kronor(found.amount),
            account=account, period=period, objects=objects, line=found.line or books.first_lines.get(account, 0),
        )  # fmt: skip


def objects(books: Books) -> Iterator[Finding]:
    """OIB + Σ = OUB, for each object of an account and dimension that the file has such balances for."""
    opened, closed = (object_balances(books.document, kind) for kind in ("OIB", "OUB"))
    if opened and not closed:
        yield finding("object-closing-missing", line=next(iter(opened.values())).line)
    moved = _moved(books) if closed else None
    if moved is None:
        return
    stated = opened.keys() | closed.keys()
    dimensions = {(account, dimension) for account, (dimension, _) in stated}
    others = {(account, pair) for account, pair in moved if (account, pair[0]) in dimensions}
    for account, pair in sorted(stated | others):
        before, after = opened.get((account, pair), NOTHING), closed.get((account, pair), NOTHING)
        expected = before.amount + moved.get((account, pair), 0)
        if expected != after.amount:
            yield finding(
                "object-balance", expected=kronor(expected), found=kronor(after.amount), account=account,
                objects=(pair,), line=after.line or before.line or books.first_lines.get(account, 0),
            )  # fmt: skip


def _wrong(books: Books, computed: Mapping[PeriodKey, int]) -> list[PeriodKey]:
    """Where the stated change isn't the computed one.

    One that is left out is zero; where #PSALDO is optional (4E), only of an account that has it in another month.
    """
    stated = books.periods
    found = [
        key for key, change in stated.items()
        if computed.get(key, 0) != change.amount and _is_comparable(books, key[2])
    ]  # fmt: skip
    dimensions = {(account, objects[0][0]) for account, _, objects in stated if objects}
    has_total = {account for account, _, objects in stated if not objects}
    demanded = books.demands("PSALDO")
    for key, total in computed.items():
        if total and key not in stated:
            account, _, objects = key
            if not objects:
                is_left_out = demanded or account in has_total
            else:
                is_left_out = (account, objects[0][0]) in dimensions and _is_comparable(books, objects)
            if is_left_out:
                found.append(key)
    return found


def _is_comparable(books: Books, objects: Objects) -> bool:
    """Not where several objects, or an object above or below others, are put together (§8.12)."""
    return not objects or (len(objects) == 1 and objects[0][0] not in books.related)


def _moved(books: Books) -> Moved | None:
    """By account and object: of the vouchers, else of the periods; None where the file has neither."""
    if len(books.document.vouchers):
        return books.booked.by_object()
    if not any(objects for _, _, objects in books.periods) and books.kind != "3":
        return None
    found: Counter[tuple[str, Pair]] = Counter()
    for (account, _, objects), change in books.periods.items():
        if len(objects) == 1:
            found[account, objects[0]] += change.amount
    return found
