"""Drives the native scanner: takes over its batches, and reads for it the lines that it is not sure of."""

from array import array
from typing import TYPE_CHECKING

from sie.assembly import Assembly, Place
from sie.careful import Careful
from sie.columns import Balances, Rows, VoucherColumns
from sie.progress import Progress
from sie.records import Objects

if TYPE_CHECKING:
    from sie import _core

IN_DOUBT, AT_END = 1, 4
"""How a run of the core can end (scanner.h, Outcome), where something is to be done about it."""
TEXTS = 1 << 5
"""The bit that says that there are new texts; those before it are the batches'."""
OBJECTS = 6
"""The domain of object lists (scanner.h); those before it are of texts."""
OBJECTS_AT = (2, 2, 2, None, 4)
"""Where in each batch the column of object lists is."""
DEVIATIONS = (
    "label-case", "amount-form", "date-form", "account-not-numeric", "objects-missing", "brace-missing",
    "brace-on-voucher-line", "brace-stray", "not-a-record",
)  # fmt: skip
"""Those that the core only counts (scanner.h), once the careful reader has told as many of them as are kept."""
BETWEEN_PROGRESS = 1 << 20
"""Bytes."""


def scan(data: bytes, encoding: str, assembly: Assembly, progress: Progress | None = None) -> None:
    """Reads the lines into the assembly."""
    from sie import _core  # noqa: PLC0415  (it needn't be there)

    characters = None if encoding == "utf-8" else bytes(range(256)).decode(encoding, errors="replace")
    driver = Driver(_core.Scanner(data, characters), data, encoding, assembly)
    shown = 0
    while (offset := driver.run()) >= 0:
        if progress and offset - shown >= BETWEEN_PROGRESS:
            progress(shown := offset, len(data))
    driver.end()
    if progress:
        progress(len(data), len(data))


class Driver:
    """Keeps the core and the assembly at the same place with the same codes."""

    def __init__(self, core: "_core.Scanner", data: bytes, encoding: str, assembly: Assembly) -> None:
        self._core = core
        self._data = data
        self._encoding = encoding
        self._assembly = assembly
        self._careful = Careful(assembly, encoding)
        words = assembly.words
        texts = (words.accounts, words.texts, words.quantities, words.signatures, words.series, words.numbers)
        self._texts = [distinct.values for distinct in texts]
        self._known = [0] * len(texts)
        self._object_codes = [0]
        self._is_renumbered = False
        self._enough = self._told = -1
        rows = [_of_rows(each) for each in (assembly.rows, assembly.struck, assembly.added)]
        vouchers = assembly.vouchers
        self._starts = (vouchers.first_row, vouchers.first_struck, vouchers.first_added)
        self._columns = [*rows, _of_vouchers(vouchers), _of_balances(assembly.balances)]
        self._records = [columns[-1] for columns in self._columns]
        self._tell_codes()
        self._tell_problems()

    def run(self) -> int:
        """Reads some lines; the offset reached, or -1 at the end."""
        found = self._assembly
        outcome, place, new, offset, line, start, end = self._core.run(
            found.place, self._enough, *map(len, self._records)
        )
        if new or place != found.place:
            found.place = Place(place)
            self._take_over(new)
        if outcome == IN_DOUBT:
            self._careful.line(line, self._data[start:end])
            self._tell_codes()
            self._tell_problems()
        return -1 if outcome == AT_END else offset

    def end(self) -> None:
        """Adds the balances and deviations to what the careful reader counted, and ends what is still open."""
        found = self._assembly
        for code, times in zip(DEVIATIONS, self._core.deviations(), strict=False):
            if times:
                found.problems.counts[code] += times
                if code == "not-a-record":
                    found.problems.counts["other-too-many"] += times
        for label, (times, first, last) in zip(found.words.kinds.values, self._core.told(), strict=True):
            if times:
                before = found.places.get(label, (first, last))
                found.counts[label] += times
                found.places[label] = (min(first, before[0]), max(last, before[1]))
        self._careful.end(self._data)

    def _take_over(self, new: int) -> None:
        """Moves the batch's columns and new texts into the assembly."""
        if new & TEXTS:
            self._take_texts()
        for batch, columns in enumerate(self._columns):
            if new & 1 << batch:
                parts = self._core.columns(batch)
                if self._is_renumbered and (at := OBJECTS_AT[batch]) is not None:
                    codes = memoryview(parts[at]).cast("i")
                    parts[at] = array("i", map(self._object_codes.__getitem__, codes)).tobytes()
                for column, part in zip(columns, parts, strict=False):
                    column.frombytes(part)
        for column, part in zip(self._starts, self._core.first_rows(), strict=True):
            column.pop()
            column.frombytes(part)

    def _take_texts(self) -> None:
        """The core tells object lists apart by their bytes, so that one may have several of its codes."""
        for domain, values in enumerate(self._texts):
            self._core.give(domain, values)
        self._known = [len(values) for values in self._texts]
        objects: list[Objects] = []
        self._core.give(OBJECTS, objects)
        for value in objects:
            code = self._assembly.words.objects.code(value)
            self._is_renumbered |= code != len(self._object_codes)
            self._object_codes.append(code)

    def _tell_codes(self) -> None:
        """Texts that the careful reader met first."""
        lengths = [len(values) for values in self._texts]
        if lengths == self._known:
            return
        for domain, values in enumerate(self._texts):
            for code in range(self._known[domain], len(values)):
                self._core.learn(domain, self._raw(values[code]), code)
        self._known = lengths

    def _tell_problems(self) -> None:
        """Which deviations need only be counted from now on; of the others each goes to the careful reader."""
        problems = self._assembly.problems
        if len(problems.kept) != self._told:
            self._told = len(problems.kept)
            self._enough = sum(self._is_enough(code) << bit for bit, code in enumerate(DEVIATIONS))

    def _is_enough(self, code: str) -> bool:
        """Lines that are no records are kept beside, until that is full too."""
        problems, others = self._assembly.problems, self._assembly.other
        if code == "not-a-record" and not (problems.full("other-too-many") and len(others) >= Assembly.OTHERS_KEPT):
            return False
        return problems.full(code)

    def _raw(self, text: str) -> bytes | None:
        """The text as it stands between quotes; None if it can't stand in this file again."""
        try:
            return text.encode(self._encoding).replace(b'"', b'\\"')
        except UnicodeEncodeError:
            return None


def _of_rows(rows: Rows) -> "list[array[int]]":
    return [
        rows.voucher, rows.account.codes, rows.objects.codes, rows.date, rows.text.codes, rows.quantity.codes,
        rows.signature.codes, rows.line, rows.amount,
    ]  # fmt: skip


def _of_vouchers(vouchers: VoucherColumns) -> "list[array[int]]":
    return [
        vouchers.series.codes, vouchers.number.codes, vouchers.date, vouchers.text.codes, vouchers.registered,
        vouchers.signature.codes, vouchers.line,
    ]  # fmt: skip


def _of_balances(balances: Balances) -> "list[array[int]]":
    return [
        balances.kind.codes, balances.year, balances.period, balances.account.codes, balances.objects.codes,
        balances.quantity.codes, balances.line, balances.amount, balances.decimals,
    ]  # fmt: skip
