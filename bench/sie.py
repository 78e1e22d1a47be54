"""How fast SIE files are read and checked, and in how much memory, beside the least that any reader must do.

The file is written here: 100,000 vouchers with 300,000 rows in Fortnox's layout, 18.8 MB, with balances and periods
that agree with them. Times are of the processor, on one core, and the median of some rounds; memory is the peak of a
fresh process, Python included.

Beside it: the same books in the layouts of other programs (`sie_layouts`), and other parsers (`sie_others`).
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import sie_layouts, sie_others

import sie
from sie import core

ROUNDS = 7
ACCOUNTS = range(1010, 8990, 24)
FIRST_OF_RESULT = 3000
_PEAK = """
import sys, sie
sie.check(sie.read(sys.argv[1]))
lines = open("/proc/self/status").read().splitlines()
print(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")))
"""


def run(vouchers: int = 100_000) -> dict[str, float]:
    """MB/s, rows/s and peak memory; the ratios are against decoding the file and splitting it into lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "books.se"
        path.write_bytes(b"".join(line.encode("cp437") for line in fortnox_file(vouchers)))
        size = path.stat().st_size
        document = sie.read(path)
        _verify(document, vouchers)
        seconds = {
            "read": _median(lambda: sie.read(path)),
            "check": _median(lambda: sie.check(document)),
            "bytes_alone": _median(path.read_bytes),
            "decode_and_split_alone": _median(lambda: path.read_bytes().decode("cp437").split("\n")),
            "read_in_python": _median(lambda: _read_in_python(path), rounds=1),
        }
        peak = _peak(path)
    seconds["read_and_check"] = seconds["read"] + seconds["check"]
    speeds = {f"sie_{name}_mb_per_second": size / 1e6 / taken for name, taken in seconds.items()}
    return {
        "sie_file_mb": size / 1e6,
        "sie_rows": len(document.rows),
        **speeds,
        "sie_read_rows_per_second": len(document.rows) / seconds["read"],
        "sie_read_over_decode_and_split": seconds["decode_and_split_alone"] / seconds["read"],
        "sie_peak_mb": peak / 1e6,
        "sie_peak_over_file": peak / size,
        **sie_layouts.run(vouchers // 2, lambda work: _median(work, rounds=3)),
        **sie_others.run(fortnox_file(vouchers), vouchers),
    }


def fortnox_file(vouchers: int) -> Iterator[str]:
    """Lines in the layout of Fortnox 3.60 (facts 8), with Σ = 0 everywhere."""
    chance = random.Random(4)
    booked: Counter[int] = Counter()
    months: Counter[tuple[int, int]] = Counter()
    written = [line for number in range(vouchers) for line in _voucher(number, vouchers, chance, booked, months)]
    yield (
        '#FLAGGA 0\r\n#FORMAT PC8\r\n#SIETYP 4\r\n#PROGRAM "Fortnox" 3.60.16\r\n#GEN 20260301\r\n#FNR 12345\r\n'
        '#FNAMN "Mätbolaget AB"\r\n#ADRESS "" "Gatan 1" "123 45 Ort" "" \r\n#RAR 0 20250101 20251231\r\n'
        "#RAR -1 20240101 20241231\r\n#ORGNR 556677-8899\r\n#OMFATTN 20251231\r\n#KPTYP EUBAS97\r\n\r\n"
    )
    for account in ACCOUNTS:
        yield f'#KONTO {account} "Konto för försäljning {account}"\r\n#SRU {account} 7281\r\n'
    yield '\r\n#DIM 1 "Kostnadsställe"\r\n#DIM 6 "Projekt"\r\n'
    for project in range(100):
        yield f'#OBJEKT 6 "P{project}" "Projekt {project}"\r\n'
    for account in ACCOUNTS:
        if account < FIRST_OF_RESULT:
            yield f"#IB 0 {account} 0 0\r\n#UB 0 {account} {_kronor(booked[account])} 0\r\n"
    for (account, period), change in sorted(months.items()):
        yield f"#PSALDO 0 {period} {account} {{}} {_kronor(change)} 0\r\n"
    for account in ACCOUNTS:
        if account >= FIRST_OF_RESULT:
            yield f"#RES 0 {account} {_kronor(booked[account])} 0\r\n"
    yield from written


def _voucher(
    number: int, vouchers: int, chance: random.Random, booked: Counter[int], months: Counter[tuple[int, int]]
) -> Iterator[str]:
    period = 202501 + number * 12 // vouchers
    day = f"{period}{chance.randint(1, 28):02}"
    text = (
        f'Faktura \\"{number}\\", betald i dag'
        if number % 10 == 0
        else f"Inbetalning av kundfaktura {number}, bankgiro"
    )
    yield f'#VER A {number + 1} {day} "{text}" {day}\r\n{{\r\n'
    total = chance.randint(100, 9_999_999)
    part = chance.randint(1, total)
    for amount in (total, -part, part - total):
        account = chance.choice(ACCOUNTS)
        booked[account] += amount
        months[account, period] += amount
        objects = f'{{6 "P{number % 100}"}}' if chance.random() < 1 / 6 else "{}"
        yield f'#TRANS {account} {objects} {_kronor(amount)} "" "" 0\r\n'
    yield "}\r\n"


def _kronor(ore: int) -> str:
    return f"{ore / 100:.2f}".rstrip("0").rstrip(".") if abs(ore) < 2**50 else str(ore // 100)


def _verify(document: sie.Document, vouchers: int) -> None:
    """Nobody is served by a fast wrong answer."""
    found = [finding for finding in sie.check(document) if finding.severity != "note"]
    if document.problems or found or (len(document.vouchers), len(document.rows)) != (vouchers, 3 * vouchers):
        raise AssertionError("the file was not read as it was written")


def _median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Processor seconds."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def _read_in_python(path: Path) -> None:
    """As `read` does where the native core could not be built."""
    name, core.NAME = core.NAME, "python"
    try:
        sie.read(path)
    finally:
        core.NAME = name


def _peak(path: Path) -> int:
    """Bytes, of a fresh process that reads and checks the file."""
    done = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)
