"""`python -m sie`, as a person and as a script uses it."""

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sie.__main__ import main

SAMPLES = Path(__file__).parent / "samples"
FORTNOX = str(SAMPLES / "fortnox-2011" / "Sie4.se")
BARSOOM = str(SAMPLES / "synthetic" / "sie_file_with_unknown_entries.se")


def test_the_summary_in_swedish(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([FORTNOX]) == 0

    out = capsys.readouterr().out
    assert "Testföretaget AB" in out
    assert "Räkenskapsår:   2010-01-01 – 2010-12-31" in out
    assert "194 med 963 rader" in out
    assert "debet 69\N{NO-BREAK SPACE}884\N{NO-BREAK SPACE}207,97" in out
    assert "2 fel, 1 upplysning" in out
    assert "upplysning, rad 9: #ORGNR saknar innehåll." in out


def test_the_summary_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([BARSOOM, "--lang", "en"]) == 0

    out = capsys.readouterr().out
    assert "error, line 22: Voucher A 1 does not balance: its rows sum to -40.00." in out
    assert "note, line 21: The label #MOMSKOD is unknown." in out


def test_json_has_what_the_design_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", FORTNOX]) == 0

    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "encoding", "type", "program", "company", "years", "accounts", "balances", "vouchers", "problems", "findings",
    ]  # fmt: skip
    assert (found["encoding"], found["type"], found["program"]) == ("cp437", 4, "Fortnox Bokföring 2.0.0")
    assert found["company"] == {"number": "54256", "name": "Testföretaget AB", "organisation_number": ""}
    assert found["years"][0] == {"year": 0, "start": "2010-01-01", "end": "2010-12-31"}
    assert found["accounts"][0] == {
        "number": "1111", "name": "Byggnader på egen mark", "type": None, "unit": None, "sru": ["7214"],
    }  # fmt: skip
    voucher = found["vouchers"][0]
    assert list(voucher) == [
        "series", "number", "date", "text", "registered", "signature", "rows", "struck", "added",
    ]  # fmt: skip
    assert voucher["rows"][0] == {
        "account": "1910", "amount": "-137.00", "objects": [], "date": None, "text": "", "quantity": None,
        "signature": "",
    }  # fmt: skip
    rows = [row for voucher in found["vouchers"] for row in voucher["rows"]]
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert [["1", "1"]] in [row["objects"] for row in rows]
    assert found["problems"][0]["code"] == "empty-record"
    assert [finding["difference"] for finding in found["findings"]] == ["76663.00", "76663.00"]


def test_struck_and_added_rows_are_beside_in_json(
    sample: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--json", str(sample("vendors/BL0001_typ4.SE"))])

    vouchers = json.loads(capsys.readouterr().out)["vouchers"]
    assert sum(len(voucher["rows"]) for voucher in vouchers) == 405
    assert sum(len(voucher["struck"]) for voucher in vouchers) == 3
    assert sum(len(voucher["added"]) for voucher in vouchers) == 6


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_cant_be_read_ends_with_1(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.se"
    path.write_bytes(b"Hej\n")

    assert main([*options, str(path)]) == 1

    out = capsys.readouterr().out
    assert "Filen är inte en SIE-fil" in out
    if options:
        assert json.loads(out)["problems"][0]["code"] == "not-sie"


def test_a_file_that_is_not_there_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing.se")]) == 1

    assert "missing.se" in capsys.readouterr().err


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "new.se"
    changed.write_bytes(Path(FORTNOX).read_bytes().replace(b"#UB 0 1140 2000000\r", b"#UB 0 1140 2000001\r"))

    assert main(["compare", FORTNOX, str(changed)]) == 0
    assert "#UB 0 1140 2\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000,00 → " in capsys.readouterr().out

    assert main(["compare", "--json", FORTNOX, str(changed)]) == 0
    assert json.loads(capsys.readouterr().out)["balances"][0]["difference"] == "1.00"

    assert main(["compare", FORTNOX, FORTNOX, "--lang", "en"]) == 0
    assert capsys.readouterr().out == "The files hold the same books.\n"


def test_it_runs_as_a_module_whatever_the_locale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sie", FORTNOX], capture_output=True, check=True, env={"LC_ALL": "POSIX"}
    )

    assert "Testföretaget AB" in done.stdout.decode("utf-8")
