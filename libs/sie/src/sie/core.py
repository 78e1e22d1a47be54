"""The native core where it could be built and imported, else the same in Python, only slower.

`NAME` says which of the two serves. The environment variable SIE_CORE=python turns the native one off.
"""

import os
import re
from array import array
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO
from itertools import accumulate, islice
from typing import Literal, Protocol

Sum = tuple[int, int, int, int, int]
"""Code of the account, code of the objects, class of the voucher, öre, and the first row of that kind."""

_QUOTED = re.compile(rb'"([^"\\]*+(?:\\"?+[^"\\]*+)*+)(?:"|\Z)')
_SEPARATORS = b" \t{}"


class Counts(Protocol):
    """How often each byte occurs."""

    def __getitem__(self, byte: int, /) -> int: ...


class Counted(dict[int, int]):
    """Counts a byte when asked."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data
        self._beyond_ascii = data.translate(None, bytes(range(0x80)))

    def __missing__(self, byte: int) -> int:
        count = self[byte] = (self._data if byte < 0x80 else self._beyond_ascii).count(byte)
        return count


def tally_in_python(data: bytes, /) -> Counts:
    return Counted(data)


def lone_returns_in_python(data: bytes, /) -> int:
    """How many CR there are that no LF follows."""
    return data.count(b"\r") - data.count(b"\r\n")


def contents_in_python(data: bytes, opened: int, closed: int, /) -> bytes:
    """What of the lines between the two, counted from 1, counts for #KSUMMA."""
    lines = islice(BytesIO(data), opened, max(opened, closed - 1))
    return b"".join(_content(line.rstrip(b"\r\n")) for line in lines)


def _content(line: bytes) -> bytes:
    """Its label and the contents of its fields, nothing that separates them."""
    if b'"' not in line:
        return line.translate(None, _SEPARATORS)
    parts = []
    at = 0
    for quoted in _QUOTED.finditer(line):
        parts.append(line[at : quoted.start()].translate(None, _SEPARATORS))
        parts.append(quoted[1].replace(b'\\"', b'"'))
        at = quoted.end()
    parts.append(line[at:].translate(None, _SEPARATORS))
    return b"".join(parts)


def unbalanced_in_python(first_row: "array[int]", amount: "array[int]", /) -> list[int]:
    """The vouchers whose rows don't sum to zero, by running totals."""
    totals = list(accumulate(amount, initial=0))
    at = list(map(totals.__getitem__, first_row))
    if at[:-1] == at[1:]:
        return []
    return [i for i in range(len(at) - 1) if at[i] != at[i + 1]]


def sums_in_python(
    account: "array[int]", objects: "array[int]", voucher: "array[int]", classes: "array[int]", amount: "array[int]", /
) -> list[Sum]:
    """Σ amount of each combination of account, objects and the voucher's class, in the order of their first rows."""
    totals: defaultdict[tuple[int, int, int], int] = defaultdict(int)
    first: dict[tuple[int, int, int], int] = {}
    keys = zip(account, objects, map(classes.__getitem__, voucher), strict=True)
    for row, (key, ore) in enumerate(zip(keys, amount, strict=True)):
        if key not in totals:
            first[key] = row
        totals[key] += ore
    return [(*key, total, first[key]) for key, total in totals.items()]


NAME: Literal["native", "python"] = "python"
tally: Callable[[bytes], Counts] = tally_in_python
lone_returns = lone_returns_in_python
contents = contents_in_python
unbalanced = unbalanced_in_python
sums = sums_in_python

if os.environ.get("SIE_CORE") != "python":
    try:
        from sie import _core
    except ImportError:
        pass  # it could not be built here
    else:
        NAME, tally, contents = "native", _core.tally, _core.contents
        lone_returns = _core.lone_returns
        unbalanced, sums = _core.unbalanced, _core.sums
