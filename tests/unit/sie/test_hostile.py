"""Input made to hurt ends in a problem or SieError, in time and memory that follow its size."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

import sie
from sie import core, reader

HEAD = b"#FLAGGA 0\n"
SIZE = 20_000
MOST = {"no labels": 80}
"""Bytes that a byte of the file takes, where it is more than usual: here each two are a line that is kept."""

HOSTILE: dict[str, Callable[[int], bytes]] = {
    "one long line": lambda size: HEAD + b"#KONTO 1930 " + b"x" * size,
    "one long quoted line": lambda size: HEAD + b'#KONTO 1930 "' + b"x" * size,
    "one line of many fields": lambda size: HEAD + b"#VER " + b"a " * (size // 2),
    "one line of quotes": lambda size: HEAD + b"#VER " + b'"' * size,
    "one line of escaped quotes": lambda size: HEAD + b"#VER " + b'\\" ' * (size // 3),
    "one line of quoted blanks": lambda size: HEAD + b"#VER " + b'" ' * (size // 2),
    "one line of backslashes": lambda size: HEAD + b'#VER "' + b"\\" * size,
    "one line of braces": lambda size: HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 " + b"{" * size,
    "one long object list": lambda size: HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 {" + b"1 2 " * (size // 4),
    "one object list of quotes": lambda size: HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 {" + b'"a"b ' * (size // 5),
    "one object list of quotes in doubt": lambda size: (
        HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 {" + b'"a" b" ' * (size // 7)
    ),
    "one line of fields that end in doubt": lambda size: HEAD + b'#ADRESS "a"x ' + b'"b" ' * (size // 4) + b'c" "',
    "damaged UTF-8": lambda size: HEAD + b"#KONTO 1 \xc3\xa5\xc3\xa5\xc3\n" * (size // 15),
    "one line of damaged UTF-8": lambda size: HEAD + b"#KONTO 1 " + "å".encode() * (size // 2) + b"\xc3" * 9,
    "lines that end with CR": lambda size: HEAD + b"\r#KONTO 1 A" * (size // 11),
    "a wrong checksum of fields in doubt": lambda size: (
        HEAD + b"#KSUMMA\n" + b'#KONTO 1 "a \\"b" c" d\n' * (size // 21) + b"#KSUMMA 5\n"
    ),
    "one long number": lambda size: HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 {} " + b"9" * size,
    "one long decimal": lambda size: HEAD + b"#VER A 1 20250101\n{\n#TRANS 1 {} 1." + b"9" * size,
    "lines of braces": lambda size: HEAD + b"{\n" * (size // 2),
    "lines of closing braces": lambda size: HEAD + b"}\n" * (size // 2),
    "empty lines": lambda size: HEAD + b"\n" * size,
    "unknown labels": lambda size: HEAD + b"#X 1\n" * (size // 5),
    "no labels": lambda size: HEAD + b"x\n" * (size // 2),
    "vouchers without rows": lambda size: HEAD + b"#VER A 1 20250101\n" * (size // 18),
    "distinct texts": lambda size: HEAD + b"".join(b'#VER "" "" 20250101 %d\n{\n}\n' % i for i in range(size // 30)),
    "distinct objects": lambda size: (
        HEAD + b"#VER A 1 20250101\n{\n" + b"".join(b"#TRANS 1 {1 %d} 1\n" % i for i in range(size // 20))
    ),
    "closing balances of as many accounts": lambda size: (
        HEAD + b"#SIETYP 4\n" + b"".join(b"#UB 0 %d 1\n" % i for i in range(size // 14))
    ),
    "periods of as many accounts": lambda size: (
        HEAD + b"#SIETYP 3\n" + b"".join(b"#PSALDO 0 202501 %d {} 1\n" % i for i in range(size // 27))
    ),
    "NUL bytes": lambda size: HEAD + b"\0" * size,
}


@pytest.mark.parametrize("scanner", ["native", "python"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_read_in_time_and_memory_that_follow_its_size(
    name: str, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scanner == "native" and core.NAME != "native":
        pytest.skip("the native core could not be built here")
    monkeypatch.setattr(core, "NAME", scanner)
    started = time.process_time()
    (_, _, small), (document, findings, large) = (_read(HOSTILE[name](size)) for size in (SIZE, 3 * SIZE))
    seconds = time.process_time() - started

    assert document.problems or findings.counts.total() > 5 or name in {"one long line", "empty lines"}
    assert len(document.problems) < 1000
    assert len(findings) < 1000
    assert seconds < 20  # 2 s at most as measured, tracing included; a quadratic reader takes an hour
    assert large - small < MOST.get(name, 44) * 2 * SIZE


def _read(data: bytes) -> tuple[sie.Document, sie.Findings, int]:
    """What was read and found, and how many bytes that took at most."""
    tracemalloc.start()
    document = sie.read(data)
    findings = sie.check(document)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return document, findings, peak


def test_problems_beyond_the_first_hundred_of_a_kind_are_only_counted() -> None:
    document = sie.read(HEAD + b"x\n" * 5000)

    assert len(document.problems) == 100
    assert document.problem_counts["not-a-record"] == 5000


def test_findings_beyond_the_first_hundred_of_a_kind_are_only_counted() -> None:
    findings = sie.check(sie.read(HEAD + b"#SIETYP 4\n" + b"#VER A 1 20250101\n{\n}\n" * 5000))

    assert [finding.code for finding in findings].count("voucher-empty") == 100
    assert findings.counts["voucher-empty"] == 5000


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_more_lines_than_can_be_numbered_are_refused(line_end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_LINES", 5)
    five_lines = (HEAD + b"#KONTO 1930 Bank\n" * 4).replace(b"\n", line_end)

    assert sie.read(five_lines).counts["KONTO"] == 4
    with pytest.raises(sie.SieError) as refusal:
        sie.read(five_lines + line_end)
    assert refusal.value.code == "too-many-lines"
