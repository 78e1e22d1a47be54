"""`python -m sie`, as a person and as a script uses it."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sie import __main__ as command_line
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
        "encoding", "type", "program", "company", "years", "accounts", "balances", "vouchers", "problems",
        "problem_counts", "findings", "finding_counts",
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


def test_every_problem_is_counted_although_a_hundred_of_a_kind_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path := tmp_path / "x.se").write_bytes(
        b"#FLAGGA 0\n#VER A 1 20250301\n{\n"
        + b"#TRANS 1930 {} x\n" * 5000
        + b"}\n"
        + b"#KTYP 1930\n#ENHET 1930\n" * 101
    )

    main([str(path)])
    out = capsys.readouterr().out
    main(["--json", str(path)])
    found = json.loads(capsys.readouterr().out)

    assert "Kontroller:     5\N{NO-BREAK SPACE}000 fel, " in out
    assert "fel, rad 4 och 4\N{NO-BREAK SPACE}999 till: Beloppet går inte att läsa." in out
    assert found["problem_counts"] == {"amount-unreadable": 5000, "empty-record": 202}
    assert len(found["problems"]) == 200


def test_findings_that_are_only_counted_are_counted_in_the_summary_and_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.se"
    path.write_text("#FLAGGA 0\n#SIETYP 4\n" + "#VER A 1 20250101\n{\n}\n" * 5000)

    assert main([str(path), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert main([str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert re.search(r"Checks: +5,0\d\d warnings", shown)
    assert "and 4,999 more: Voucher A 1 has no rows." in shown
    assert found["finding_counts"]["voucher-empty"] == 5000
    assert sum(finding["code"] == "voucher-empty" for finding in found["findings"]) == 100


def test_the_balance_and_the_result(capsys: pytest.CaptureFixture[str], sample: Callable[[str], Path]) -> None:
    main([str(sample("fortnox-2011/Sie1.se")), "--lang", "en"])

    out = capsys.readouterr().out
    assert "Balance:        assets 11,481,116.50, equity and liabilities -11,396,541.52 SEK" in out
    assert "Result:         7,911.98 SEK" in out


def test_numbers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path := tmp_path / "x.se").write_bytes(
        b'#FLAGGA 0\n#SIETYP 4\n#VER A 1 20250301\n{\n#TRANS 1930 {} 0 "" "" 0.0000000001\n}\n#VER A 1 20250301\n{\n}\n'
    )

    main(["--json", str(path)])

    found = json.loads(capsys.readouterr().out)
    assert found["vouchers"][0]["rows"][0]["quantity"] == "0.0000000001"
    assert [(f["expected"], f["found"]) for f in found["findings"] if f["code"] == "voucher-repeated"] == [(1, 2)]


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

    out, err = capsys.readouterr()
    assert "Filen är inte en SIE-fil" in (out if options else err)
    if options:
        assert json.loads(out)["file"] == str(path)
        assert json.loads(out)["problems"][0]["code"] == "not-sie"


def test_why_a_file_cant_be_read_is_said_in_the_chosen_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty := tmp_path / "empty.se").touch()
    missing = tmp_path / "missing.se"

    assert main([str(missing), str(tmp_path), str(missing / "x"), str(empty)]) == 1
    assert main([str(missing), str(tmp_path), str(empty), "--lang", "en"]) == 1
    assert main(["compare", FORTNOX, str(missing)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert [line.removeprefix("  ") for line in err.splitlines() if line.startswith("  ")] == [
        "fel: Filen finns inte.", "fel: Det är en mapp, inte en fil.", "fel: Filen finns inte.", "fel: Filen är tom.",
        "error: There is no such file.", "error: This is a folder, not a file.", "error: The file is empty.",
        "fel: Filen finns inte.",
    ]  # fmt: skip
    assert str(missing) in err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path := tmp_path / "x.se").touch(0o000)

    assert main([str(path)]) == 1

    assert "behörighet saknas" in capsys.readouterr().err


def test_several_files_are_told_one_after_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json a line for each, in the order of the arguments, also for one that can't be read."""
    files = [FORTNOX, str(tmp_path / "missing.se"), BARSOOM]

    assert main(files) == 1
    out, err = capsys.readouterr()
    assert (out.count("Företag:"), err.count("Filen finns inte.")) == (2, 1)

    assert main(["--json", *files]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["problems"][0]["code"] for one in found] == ["empty-record", "file-missing", "unknown-label"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_reader_that_goes_away_is_no_failure() -> None:
    """As `python -m sie --json FILE | head`."""
    command = [sys.executable, "-m", "sie", "--json", FORTNOX]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()

        assert process.stderr.read() == b""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("command", [[], ["compare"]])
def test_a_progress_bar_for_large_files_on_a_terminal(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large.se"
    rows = b"#TRANS 1930 {} 1.00\r\n" * 80_000
    large.write_bytes(Path(FORTNOX).read_bytes() + b"#VER A 195 20101231\r\n{\r\n" + rows + b"}\r\n")
    monkeypatch.setattr(command_line, "LARGE_FILE", 1_000_000)
    terminal = Terminal()
    files = [str(large)] * (2 if command else 1)

    monkeypatch.setattr(sys, "stderr", terminal)
    assert main([*command, *files]) == 0
    assert "#### " in terminal.getvalue()
    assert terminal.getvalue().endswith(f"\r{'':46}\r")

    monkeypatch.setattr(sys, "stderr", quiet := io.StringIO())
    assert main([*command, *files]) == 0
    assert quiet.getvalue() == ""
    assert "####" not in capsys.readouterr().out


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "new.se"
    changed.write_bytes(Path(FORTNOX).read_bytes().replace(b"#UB 0 1140 2000000\r", b"#UB 0 1140 2000001\r"))

    assert main(["compare", FORTNOX, str(changed)]) == 0
    assert "#UB 0 1140 2\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000,00 → " in capsys.readouterr().out

    assert main(["compare", "--json", FORTNOX, str(changed)]) == 0
    assert json.loads(capsys.readouterr().out)["balances"][0]["difference"] == "1.00"

    assert main(["compare", FORTNOX, FORTNOX, "--lang", "en"]) == 0
    assert capsys.readouterr().out == "The files hold the same books.\n"


def test_compare_says_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "new.se"
    old = Path(FORTNOX).read_bytes()
    assert b'#VER "A" "1" 20100105' in old
    new = old.replace(b"-137.00", b"-138.00", 1).replace(b'#VER "A" "1" 20100105', b'#VER "A" "1" 20100106')
    changed.write_bytes(new.replace(b'#KONTO 1930 "', b'#KONTO 1930 "Nya '))

    assert main(["compare", FORTNOX, str(changed)]) == 0

    out = capsys.readouterr().out
    assert "A 1: datum (2010-01-05 → 2010-01-06), rader (borttagna: 1910 −137,00; nya: 1910 −138,00)" in out
    assert "1930: namn (Checkräkningskonto → Nya Checkräkningskonto)" in out


def test_compare_of_other_companies_and_years(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.se"
    other.write_bytes(b"#FLAGGA 0\n#FNAMN Annat\n#RAR 0 20250101 20251231\n")

    assert main(["compare", FORTNOX, str(other)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Filerna gäller olika företag.\nFilerna gäller olika räkenskapsår.\n")
    assert "företagsnamn: Testföretaget AB → Annat" in out
    assert "0: 2010-01-01 – 2010-12-31 → 2025-01-01 – 2025-12-31" in out
    assert "6 Projekt → –" in out

    assert main(["compare", "--json", FORTNOX, str(other)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["same_company"], found["same_year"]) == (False, False)
    assert {"field": "company_name", "old": "Testföretaget AB", "new": "Annat"} in found["header"]
    assert found["years"][0]["new"] == {"year": 0, "start": "2025-01-01", "end": "2025-12-31"}
    assert {"dimension": "6", "object": None, "old": "Projekt", "new": None} in found["objects"]


def test_two_empty_files_of_different_years_do_not_hold_the_same_books(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "old.se", tmp_path / "new.se"]
    for path, year in zip(files, (2024, 2025), strict=True):
        path.write_bytes(f"#FLAGGA 0\n#RAR 0 {year}0101 {year}1231\n".encode())

    main(["compare", *map(str, files)])

    assert "samma bokföring" not in capsys.readouterr().out


def test_compare_with_a_file_that_cant_be_read_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bad := tmp_path / "bad.se").write_bytes(b"Hej")

    assert main(["compare", "--json", FORTNOX, str(bad)]) == 1
    assert json.loads(capsys.readouterr().out)["file"] == str(bad)

    assert main(["compare", FORTNOX, str(bad)]) == 1
    assert str(bad) in capsys.readouterr().err


def test_it_runs_as_a_module_whatever_the_locale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sie", FORTNOX], capture_output=True, check=True, env={"LC_ALL": "POSIX"}
    )

    assert "Testföretaget AB" in done.stdout.decode("utf-8")
