"""Other SIE parsers that a registry has, beside ours: each in an environment of its own, and counted before it's timed.

PyPI has one, pysie-accounting. It can't read Fortnox's layout (facts: sie-peers), so that it gets the same vouchers in
the one that it knows. npm has none any more.
"""

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PYSIE = ("pysie-accounting==0.0.2", "pandas")
PATIENCE = 300
_PROGRAM = """
import json, sys, time
from decimal import Decimal
from pysie_accounting import pysie
codes, books = sys.argv[1:]
taken = []
for _ in range(3):
    started = time.process_time()
    parser = pysie.PySIE()
    parser.open_trans(codes)
    parser.open(books)
    taken.append(time.process_time() - started)
rows = [row for voucher in parser.verifikat.values() for row in voucher[3]]
total = sum(Decimal(row[2]) for row in rows)
print(json.dumps([len(parser.verifikat), len(rows), str(total), sorted(taken)[1]]))
"""


def run(lines: Iterator[str], vouchers: int) -> dict[str, float]:
    """MB/s of each that can be had; a notice for one that can't."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        books, codes = folder / "simple.se", folder / "codes.csv"
        codes.write_text("SRU,Ink2\n7281,2.26\n")
        books.write_text("".join(_simplified(lines)), encoding="utf-8")
        try:
            python = _environment(folder / "pysie", PYSIE)
            done = _output([python, "-c", _PROGRAM, str(codes), str(books)])
        except subprocess.SubprocessError as error:
            print(f"pysie-accounting is skipped: it can't be had here ({type(error).__name__})")
            return {}
        *counts, total, seconds = json.loads(done)
        if counts != [vouchers, 3 * vouchers] or float(total) != 0:
            print(f"pysie-accounting is skipped: it found {counts} vouchers and rows, which sum to {total}")
            return {}
        return {"sie_pysie_accounting_mb_per_second": books.stat().st_size / 1e6 / seconds}


def _environment(folder: Path, packages: tuple[str, ...]) -> str:
    """A virtual environment of its own, gone when the bench is over; its Python."""
    _output([sys.executable, "-m", "venv", str(folder)])
    python = str(folder / "bin" / "python")
    _output([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
    return python


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def _simplified(lines: Iterator[str]) -> Iterator[str]:
    """Quoted series and numbers, two decimals, no objects, no periods, nothing after the amount."""
    for line in itertools.chain.from_iterable(part.splitlines(keepends=True) for part in lines):
        fields = line.split(" ")
        if line.startswith("#VER"):
            yield " ".join((fields[0], f'"{fields[1]}"', f'"{fields[2]}"', *fields[3:])).replace("\\", "")
        elif line.startswith("#TRANS"):
            yield f"#TRANS {fields[1]} {{}} {float(fields[-4]):.2f}\n"
        elif line.startswith(("#IB", "#UB", "#RES")):
            yield f"{' '.join(fields[:3])} {float(fields[3]):.2f}\n"
        elif not line.startswith("#PSALDO"):
            yield line
