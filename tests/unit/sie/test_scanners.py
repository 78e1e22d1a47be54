"""The native scanner and the one in Python read every file the same."""

import importlib.util
import os
import shutil
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import sie
from sie import core
from sie.assembly import Assembly
from sie.columns import Coded
from sie.document import Document
from sie.frames import Frame
from sie.problems import Problems

pytestmark = pytest.mark.skipif(
    core.NAME == "python" and not shutil.which("cc"), reason="there is no compiler, so no native core either"
)
EXAMPLES = int(os.environ.get("SIE_EXAMPLES", "100"))
"""More of them find more: 20000 were run before this was committed."""

SAMPLE = Path(__file__).parent / "samples" / "fortnox-2011" / "Sie4.se"
HEAD = b"#FLAGGA 0\n"
TOKENS = (
    b"A", b"1", b"12", b"1930", b'"1930"', b"20250101", b'"20250131"', b"20250230", b"2025-01-01", b"20240229",
    b"20230229", b"00010101", b"00000101", b"202501", b"202513", b"099912", b"{}", b"{ }", b'{1 "2"}', b"{1 2 6 Bilen}",
    b'{"6" "P}1"}', b"{1}", b"{1 2", b'{1 "a"b}', b"{{}", b'{"" ""}', b"{1 2}x", b"1.5", b"-1.50", b".5", b"1.", b"-",
    b"-0", b"1.234", b"+1", b"1,5", b"123456789012345678", b"9999999999999999", b"99999999999999999.99", b"0", b"-5.",
    b'""', b'"a b"', b'"a\\"b"', b'a\\"b', b'"a\\\\"', b'"a\\\\"b"', b'"a', b'a"b', b'"a"b', b"\\", b'"\\"', b"{",
    b"}", b"}x", b"#", b"x" * 70, b"\x84\x94", b"\xe5\xe4", "åä€".encode(), b"\xff", b"\x81", b"\0", b"a\rb", b'"a\rb"',
    b"-1", b"12345", b"1e5", b"\xc3", b'{""}',
    b"{}1", b"{1 2}1", b"1930{}", b"1,000", b"1.000", b"0.500", b"000,00", b"345,67",
    b'"a "b" c"', b'b"',
)  # fmt: skip
LABELS = (
    b"#TRANS", b"#TRANS", b"#TRANS", b"#BTRANS", b"#RTRANS", b"#VER", b"#VER", b"{", b"}", b"{", b"}", b"#IB", b"#UB",
    b"#RES", b"#OIB", b"#OUB", b"#PSALDO", b"#PBUDGET", b"#ver", b"#trans", b"#Btrans", b"#ib", b"#KONTO", b"#DIM",
    b"#OBJEKT", b"#X", b"", b"x", b"#KSUMMA", b"#", b"#TRANSX", b"\x84", b"#TRANS{}", b'"#TRANS"',
)  # fmt: skip
ROW = (b"1930", b"{}", b"100.50", b'""', b'"a text"', b"0")
VOUCHER = (b"A", b"1", b"20250101", b'"a text"', b"20250102")
PERIOD = (b"0", b"202501", b"1930", b"{}", b"100.50", b"0")
USUAL = {
    b"#TRANS": ROW, b"#BTRANS": ROW, b"#RTRANS": ROW, b"#VER": VOUCHER, b"#IB": (b"0", b"1930", b"1.50", b"0"),
    b"#PSALDO": PERIOD, b"#PBUDGET": PERIOD, b"#OIB": (b"-1", b"1930", b'{1 "2"}', b"3.00"),
}  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A record in its usual form with some fields changed, or one of anything."""
    label = draw(st.sampled_from(LABELS))
    fields = list(USUAL.get(label, ()))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(fields)))
        fields[at : at + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(TOKENS), max_size=2))
    blank = draw(st.sampled_from([b" ", b" ", b"\t", b"  ", b" \t "]))
    end = draw(st.sampled_from([b"\n", b"\r\n", b" \n", b"\t\r\n", b"\r\r\n", b"\n\n", b" \r\n"]))
    before = draw(st.sampled_from([b"", b"", b" ", b"\t"]))
    return before + blank.join([label, *fields]) + end


files = st.lists(lines(), max_size=25).map(lambda found: HEAD + b"".join(found))


def columns(frame: Frame, *more: str) -> dict[str, Any]:
    """All values of all columns; codes mean nothing by themselves."""
    found = {name: getattr(frame, name) for name in (*frame.NAMES, *more)}
    return {name: list(column) if isinstance(column, Coded) else column for name, column in found.items()}


def everything(document: Document) -> list[Any]:
    return [
        document.header, document.years, document.accounts, document.dimensions,
        columns(document.rows), columns(document.struck), columns(document.added),
        columns(document.balances, "decimals"),
        columns(document.vouchers.columns, "first_row", "first_struck", "first_added"),
        document.other, document.counts, document.places, document.problems, document.problem_counts,
        document.origin, sie.check(document),
    ]  # fmt: skip


def both(data: bytes, encoding: str | None = None) -> tuple[list[Any], list[Any]]:
    """All that the native scanner read, and the one in Python; of a refusal its problems."""
    return _read(data, encoding), _read_in_python(data, encoding)


def _read(data: bytes, encoding: str | None) -> list[Any]:
    try:
        return everything(sie.read(data, encoding=encoding))
    except sie.SieError as error:
        return list(error.problems)


def _read_in_python(data: bytes, encoding: str | None) -> list[Any]:
    with (
        patch.object(core, "NAME", "python"),
        patch.object(core, "tally", core.tally_in_python),
        patch.object(core, "lone_returns", core.lone_returns_in_python),
        patch.object(core, "contents", core.contents_in_python),
        patch.object(core, "unbalanced", core.unbalanced_in_python),
        patch.object(core, "sums", core.sums_in_python),
    ):
        return _read(data, encoding)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files,
    st.sampled_from([None, None, "cp437", "cp1252", "iso-8859-1", "utf-8"]),
    st.binary(max_size=3),
    st.sampled_from([0, 1, 2, 100]),
)
@example(HEAD + b'#VER A 1 20250101\n{\n#TRANS 1 {} 1 "" "\xc3\xa5\xc3\xa4"\n}\n#IB 0 1 1 \xc3', None, b"", 100)
@example(HEAD + b'#VER A 1 20250101\n{\n#TRANS 1930 {""} 1.00\n}\n', None, b"", 100)
def test_any_lines_read_the_same(data: bytes, encoding: str | None, end: bytes, told: int) -> None:
    """However many problems of a kind are told before the rest are only counted, which the native one does itself."""
    with patch.object(Problems, "KEPT", told):
        native, python = both(data + end, encoding)

    assert native == python


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mutation_of_a_sample_reads_the_same(small_samples: list[bytes], data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(small_samples))
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(source)))
        added = data.draw(st.sampled_from(TOKENS) | st.binary(max_size=3) | st.just(b"\n"))
        source = source[:place] + added + source[place + data.draw(st.integers(0, 3)) :]

    native, python = both(source)

    assert native == python


def test_where_there_is_a_compiler_there_is_the_native_core() -> None:
    assert core.NAME == "native" or os.environ.get("SIE_CORE") == "python"


def test_every_sample_reads_the_same(counted: tuple[Path, Any]) -> None:
    path, _ = counted

    native, python = both(path.read_bytes())

    assert native == python


@pytest.mark.parametrize("vouchers", [1, 2047, 2048, 2049, 6000])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_batches_begin_and_end_anywhere(vouchers: int, rows: int) -> None:
    """With a doubtful line in every hundredth voucher."""
    data = HEAD + b"".join(
        b'#VER A %d 20250101 "text %d"\r\n{\r\n' % (i, i % 700)
        + b"".join(b'#TRANS %d {1 "%d"} %d.5 "" "" 0\r\n' % (1000 + i % 50, i % 9, i) for _ in range(rows))
        + (b"#TRANS x {} 1,5 20250101 text\r\n" if i % 100 == 7 else b"")
        + b"}\r\n"
        for i in range(vouchers)
    )

    native, python = both(data)

    assert native == python


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"#TRANS", b"#trans"), (b"#VER", b"#ver"), (b".5", b",5"), (b"20250101", b"2025-01-01"), (b"{\r\n", b""),
        (b"\r\n{", b" {"), (b"{} ", b""), (b"1930", b"1930A"), (b'{1 "2"}', b"{ 1\t2 }"),
    ],
)  # fmt: skip
def test_a_deviation_on_every_line(before: bytes, after: bytes) -> None:
    """The first hundred are told, all are counted, and nothing else changes."""
    voucher = (
        b'#VER A %d 20250101 "text"\r\n{\r\n'
        b'#TRANS 1930 {} 1.5 20250101 "text %d"\r\n#TRANS 1930 {1 "2"} -1.5 20250101\r\n}\r\n'
    )
    plain = HEAD + b"".join(voucher % (i, i % 7) for i in range(300)) + b"#KONTO 1910 Kassa\r\n"
    odd = plain.replace(before, after)

    native, python = both(odd)

    assert native == python
    known, document = sie.read(plain), sie.read(odd)
    if before != b"1930":
        assert document == known
    assert all(len([p for p in document.problems if p.code == code]) == 100 for code in document.problem_counts)
    assert sum(document.problem_counts.values()) in {0, 300, 600, 900}


@pytest.mark.parametrize("kept", [0, 1, 50])
@pytest.mark.parametrize("told", [0, 1, 100])
def test_lines_that_are_no_records_and_stray_braces(kept: int, told: int) -> None:
    """Told and kept up to a limit, then only counted."""
    lines = b'x\n{\n}\n  x y\r\n{ x\n"x"\n\0x\nx #IB 0 1 1\n\xefx\n\r\r\n{\n}\n#VER A 1 20250101\n}\n#\n' * 150

    with patch.object(Problems, "KEPT", told), patch.object(Assembly, "OTHERS_KEPT", kept):
        native, python = both(HEAD + lines + b"x")

    assert native == python


def test_a_voucher_larger_than_a_batch() -> None:
    rows = b'#TRANS 1930 {} 1.00\n#BTRANS 1930 {} 1 "" a\n' * 5000
    data = HEAD + b"#VER A 1 20250101\n{\n" + rows + b"}\n#VER A 2 20250101\n{\n}\n"

    native, python = both(data)

    assert native == python


@given(st.lists(st.tuples(*[st.integers(-2, 2)] * 3, st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)])), max_size=40))
def test_sums_are_the_same_and_never_overflow(found: list[tuple[int, int, int, int]]) -> None:
    keys = [array("i", column) for column in zip(*(row[:3] for row in found), strict=True)] or [array("i")] * 3
    voucher = array("i", (key + 2 for key in keys[2]))
    amounts = array("q", (row[3] for row in found))
    classes = array("i", [5, 6, 5, 7, 8])
    first = array("i", [0, len(found) // 2, len(found)])

    assert core.sums(keys[0], keys[1], voucher, classes, amounts) == core.sums_in_python(
        keys[0], keys[1], voucher, classes, amounts
    )
    assert core.unbalanced(first, amounts) == core.unbalanced_in_python(first, amounts)


@given(st.binary())
def test_bytes_are_counted_the_same(data: bytes) -> None:
    native, python = core.tally(data), core.tally_in_python(data)

    assert [native[byte] for byte in range(256)] == [python[byte] for byte in range(256)]


@given(st.lists(st.sampled_from([b"\r", b"\n", b"x"])).map(b"".join))
def test_lone_returns_are_counted_the_same(data: bytes) -> None:
    assert core.lone_returns(data) == core.lone_returns_in_python(data)


@given(files, st.integers(0, 9), st.integers(0, 60))
def test_contents_for_the_checksum_are_the_same(data: bytes, opened: int, closed: int) -> None:
    assert core.contents(data, opened, closed) == core.contents_in_python(data, opened, closed)


def test_without_the_native_core_the_python_one_serves() -> None:
    program = f"import sie.core; print(sie.core.NAME, len(sie.read({str(SAMPLE)!r}).rows))"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"SIE_CORE": "python"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["python", str(len(sie.read(SAMPLE).rows))]


@pytest.mark.parametrize("name", ["native", "python"])
def test_progress_is_told_up_to_the_end(name: str) -> None:
    data = HEAD + b"#VER A 1 20250101\n{\n#TRANS 1930 {} 1.00\n}\n" * 60_000
    told: list[tuple[int, int]] = []

    with patch.object(core, "NAME", name):
        sie.read(data, progress=lambda done, total: told.append((done, total)))

    assert told == sorted(told)
    assert told[-1] == (len(data), len(data))
    assert len(told) > 2


@pytest.mark.skipif(core.NAME == "python", reason="there is no native core here")
def test_importing_the_core_again_leaves_a_scan_alone() -> None:
    """Another interpreter of this process may do so at any time; the tables of texts must keep their keys."""
    data = HEAD + b'#VER A 1 20250101 "a text"\n{\n#TRANS 1930 {} 1.00\n}\n' * 60_000
    spec = importlib.util.find_spec("sie._core")
    assert spec
    assert spec.loader

    def import_again(_done: int, _total: int) -> None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))  # type: ignore[union-attr]  # see above

    document = sie.read(data, progress=import_again)

    assert document.words.texts.values == ["", "a text"]
