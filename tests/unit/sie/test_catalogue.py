"""Every code of the two catalogues has a tiny file that brings it about: none is there that nothing can say."""

import re
from pathlib import Path

import pytest

import sie
from sie import findings, problems, reader
from sie.__main__ import main
from sie.assembly import Assembly

HEAD = "#FLAGGA 0\n#SIETYP 4\n#RAR 0 20250101 20251231\n#RAR -1 20240101 20241231\n"
VOUCHER = "#VER A 1 20250301\n{\n#TRANS 1930 {} 1\n#TRANS 3001 {} -1\n}\n"

READ: dict[str, str | bytes] = {
    "empty": b"", "not-sie": b"Hej", "sie-5": b"<Sie/>", "utf-16": b"\xff\xfe#\0",
    "too-many-lines": b"#FLAGGA 0\n\n\n\n",
    "encoding": "#FNAMN Åhléns".encode(),
    "encoding-unsure": b"#FNAMN S\xd8\xe5r\x86n",
    "encoding-damaged": "#FNAMN Åhléns\n#KONTO 1 ".encode() + b"\xc3",
    "byte-order-mark": b"\xef\xbb\xbf#FNAMN Bolaget",
    "control-character": b"#FNAMN a\x0bb",
    "end-of-file-mark": b"#FLAGGA 0\n\x1a",
    "line-ends": b"#FLAGGA 0\r#SIETYP 4\r",
    "checksum-unclosed": "#FLAGGA 0\n#KSUMMA\n",
    "checksum-wrong": "#FLAGGA 0\n#KSUMMA\n#KSUMMA 1\n",
    "record-outside-checksum": "#FLAGGA 0\n#KSUMMA\n#KSUMMA 0\n#FNAMN A\n",
    "checksum-unopened": "#FLAGGA 0\n#KSUMMA 1\n",
    "checksum-skipped": "#FLAGGA 0\n#KSUMMA\n#FNAMN å€\n#KSUMMA 1\n".encode(),
    "not-a-record": "#FLAGGA 0\nHej\n",
    "junk-before-record": b"#FLAGGA 0\n\0#FNAMN A\n",
    "record-unreadable": '#FLAGGA 0\n#IB"0" 1930 1\n',
    "unknown-label": "#FLAGGA 0\n#MOMSKOD 1\n",
    "label-case": "#flagga 0\n",
    "extra-fields": "#FLAGGA 0 1\n",
    "too-many-fields": "#FLAGGA" + " 0" * 70,
    "quote-unclosed": '#FNAMN "Bolaget',
    "quote-backslash": '#FNAMN "C:\\a b\\"',
    "quote-inside": '#FNAMN Bo"laget',
    "quote-doubtful": '#ADRESS "A "B" C" "D "E" F"',
    "blank-missing": "#OIB 0 1930 {1 A}5\n",
    "name-missing": "#KONTO 1930\n",
    "parent-missing": "#UNDERDIM 21 Lag\n",
    "other-too-many": "#X\n#X\n#X\n#FLAGGA 0\n",
    "missing-field": "#KONTO\n",
    "empty-record": "#ORGNR\n",
    "repeated-record": "#FNAMN A\n#FNAMN B\n",
    "amount-form": "#IB 0 1930 1,5\n",
    "amount-unreadable": "#IB 0 1930 x\n",
    "amount-ambiguous": "#IB 0 1930 1.000\n",
    "amount-decimals": "#IB 0 1930 0.001\n",
    "amount-too-large": "#IB 0 1930 99999999999999999999\n",
    "date-form": "#GEN 2025-01-01\n",
    "date-unreadable": "#GEN 20250230\n",
    "number-unreadable": "#IB x 1930 1\n",
    "quantity-unreadable": "#IB 0 1930 1 3st\n",
    "period-unreadable": "#PSALDO 0 202513 1930 {} 1\n",
    "type-form": "#SIETYP 4I\n",
    "type-unreadable": "#SIETYP 7\n",
    "account-not-numeric": "#KONTO DIFF Differens\n",
    "objects-missing": "#PSALDO 0 202501 1930 1\n",
    "objects-unclosed": "#OIB 0 1930 {1 A 5\n",
    "objects-odd": "#OIB 0 1930 {1} 5\n",
    "objects-too-many": "#OIB 0 1930 {" + "1 A " * 1001 + "} 5\n",
    "period-and-account-swapped": "#PSALDO 0 1930 202501 {} 1\n",
    "account-repeated": "#KONTO 1930 A\n#KONTO 1930 B\n",
    "object-repeated": "#OBJEKT 1 A A\n#OBJEKT 1 A B\n",
    "account-order": "#KTYP 1930 T\n",
    "series-missing": '#VER 1 20250301 "Text"\n{\n}\n',
    "row-text-misplaced": '#VER A 1 20250301\n{\n#TRANS 1930 {} 1 "Text"\n}\n',
    "brace-missing": "#VER A 1 20250301\n#TRANS 1930 {} 1\n}\n",
    "brace-on-voucher-line": "#VER A 1 20250301 {\n}\n",
    "brace-stray": "#FLAGGA 0\n}\n",
    "voucher-unclosed": "#VER A 1 20250301\n{\n",
    "row-outside-voucher": "#TRANS 1930 {} 1\n",
    "record-inside-voucher": "#VER A 1 20250301\n{\n#KONTO 1930 Bank\n}\n",
}  # fmt: skip
WRITTEN = {"not-in-encoding": "ж", "not-writable": "a\nb", "backslash-not-writable": "a b\\"}
FILES = {"file-missing", "file-is-folder", "file-forbidden", "file-unreadable"}

CHECKED: dict[str, str] = {
    "voucher-unbalanced": "#VER A 1 20250301\n{\n#TRANS 1930 {} 1\n}\n",
    "closing-balance": "#IB 0 1930 1\n#UB 0 1930 2\n",
    "result": "#UB 0 1930 1\n#RES 0 3001 5\n" + VOUCHER,
    "closing-balance-periods": "#UB 0 1930 1\n#PSALDO 0 202501 1930 {} 2\n",
    "result-periods": "#RES 0 3001 1\n#PSALDO 0 202501 3001 {} 2\n",
    "period": "#PSALDO 0 202503 1930 {} 2\n" + VOUCHER,
    "period-object": "#PSALDO 0 202503 1930 {1 A} 2\n" + VOUCHER,
    "object-balance": "#OIB 0 1930 {1 A} 1\n#OUB 0 1930 {1 A} 2\n" + VOUCHER,
    "object-closing-missing": "#OIB 0 1930 {1 A} 1\n" + VOUCHER,
    "result-of-balance-account": "#RES 0 1930 1\n",
    "balance-of-result-account": "#UB 0 3001 1\n",
    "account-type": "#KTYP 1930 K\n#UB 0 1930 1\n",
    "opening-total": "#IB 0 1930 1\n",
    "closing-total": "#UB 0 1930 1\n",
    "opening-against-closing": "#UB -1 1930 1\n#IB 0 1930 2\n",
    "result-carried": "#UB -1 2099 0\n#RES -1 3001 -1\n#IB 0 2099 -1\n",
    "balance-repeated": "#IB 0 1930 1\n#IB 0 1930 1\n",
    "voucher-gap": "#IB 0 1930 0\n" + VOUCHER + VOUCHER.replace("A 1", "A 3"),
    "series-start": "#IB 0 1930 0\n" + VOUCHER.replace("A 1", "A 3"),
    "voucher-repeated": VOUCHER * 2,
    "voucher-order": VOUCHER.replace("A 1", "A 2") + VOUCHER,
    "voucher-date": VOUCHER.replace("2025", "2026"),
    "row-date": VOUCHER.replace("} 1\n", "} 1 20260101\n"),
    "voucher-cancelled": VOUCHER.replace("#TRANS", "#BTRANS"),
    "voucher-empty": "#VER A 1 20250301\n{\n}\n",
    "voucher-unnumbered": "#IB 0 1930 0\n" + VOUCHER.replace("A 1", 'A ""'),
    "added-apart": VOUCHER.replace("{\n", "{\n#RTRANS 3001 {} -1\n"),
    "added-without-twin": VOUCHER.replace("{\n", "{\n#RTRANS 1930 {} 7\n"),
    "account-undeclared": "#IB 0 1930 1\n",
    "account-without-sru": "#KONTO 1930 A\n#KONTO 1940 B\n#SRU 1940 7281\n#IB 0 1930 1\n",
    "no-sru": "#KONTO 1930 A\n#IB 0 1930 1\n",
    "dimension-undeclared": "#OIB 0 1930 {33 A} 1\n",
    "object-undeclared": "#OIB 0 1930 {1 A} 1\n",
    "account-type-unknown": "#KONTO 1930 A\n#KTYP 1930 X\n",
    "record-missing": "",
    "year-missing": "#RAR -1 20240101 20241231\n#IB 0 1930 1\n",
    "closing-missing": "#IB 0 1930 1\n",
    "opening-missing": "#UB 0 1930 1\n",
    "record-not-allowed": "#SIETYP 1\n" + VOUCHER,
    "balances-missing": "#SIETYP 1\n",
    "order": "#IB 0 1930 1\n#KONTO 1930 A\n",
    "already-imported": "#FLAGGA 1\n",
    "covers-outside-year": "#RAR 0 20250101 20251231\n#OMFATTN 19700101\n",
    "year-impossible": "#RAR 0 20250101 20240101\n",
    "year-long": "#RAR 0 20250101 20270101\n",
    "years-apart": "#RAR 0 20250201 20251231\n#RAR -1 20240101 20241231\n",
    "period-outside-year": "#PSALDO 0 202601 1930 {} 1\n",
}
"""Those that bring no head of their own get HEAD before them."""
PREVIOUS = HEAD.replace("2024", "2023").replace("2025", "2024") + "#UB 0 1930 1\n"
AGAINST: dict[str, tuple[str, str]] = {
    "opening-against-previous-file": ("#IB 0 1930 2\n", PREVIOUS),
    "previous-year-changed": ("#UB -1 1930 2\n", PREVIOUS),
    "previous-year-mismatch": ("", HEAD),
    "previous-file-partial": ("", PREVIOUS + "#OMFATTN 20240630\n"),
    "company-mismatch": ("#ORGNR 556677-8899\n", PREVIOUS + "#ORGNR 556677-0000\n"),
}
"""This year's file and the previous year's."""
OWN_HEAD = re.compile("#(FLAGGA|SIETYP|RAR)", re.MULTILINE)


def document(text: str) -> sie.Document:
    return sie.read((text if OWN_HEAD.match(text) else HEAD + text).encode("cp437"))


def test_every_problem_has_an_example() -> None:
    assert {*READ, *WRITTEN, *FILES} == set(problems.CATALOGUE)


def test_every_finding_has_an_example() -> None:
    assert {*CHECKED, *AGAINST} == set(findings.CATALOGUE)


def told(problem: sie.Problem | sie.Finding, code: str) -> None:
    """Both sentences are there, and everything in them that a file says has been filled in."""
    assert problem.code == code
    assert problem.severity in sie.Severity
    for sentence in (problem.swedish, problem.english):
        assert sentence.endswith(".")
        assert "None" not in sentence
        assert not re.search(r"\{[a-z_]+\}", sentence)


@pytest.mark.parametrize("code", READ)
def test_a_problem_of_reading(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if code == "too-many-lines":
        monkeypatch.setattr(reader, "MOST_LINES", 3)
    if code == "other-too-many":
        monkeypatch.setattr(Assembly, "OTHERS_KEPT", 2)
    data = READ[code]
    known = "cp437" if code == "byte-order-mark" else None
    try:
        found = list(sie.read(data if isinstance(data, bytes) else data.encode("cp437"), encoding=known).problems)
    except sie.SieError as error:
        found = list(error.problems)

    told(next(problem for problem in found if problem.code == code), code)


@pytest.mark.parametrize("code", WRITTEN)
def test_a_problem_of_writing(code: str) -> None:
    builder = sie.DocumentBuilder(sie.Header(company_name=WRITTEN[code]))

    with pytest.raises(sie.SieError) as caught:
        sie.write(builder.build())

    told(caught.value.problems[0], code)


@pytest.mark.parametrize("code", sorted(FILES))
def test_a_problem_of_the_disk(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = {"file-forbidden": PermissionError(), "file-unreadable": OSError()}
    if code in errors:
        monkeypatch.setattr(Path, "read_bytes", lambda _: (_ for _ in ()).throw(errors[code]))

    assert main(["--json", str(tmp_path if code == "file-is-folder" else tmp_path / "x.se")]) == 1

    assert f'"code": "{code}"' in capsys.readouterr().out


@pytest.mark.parametrize("code", CHECKED)
def test_a_finding(code: str) -> None:
    told(next(finding for finding in sie.check(document(CHECKED[code])) if finding.code == code), code)


@pytest.mark.parametrize("code", AGAINST)
def test_a_finding_against_the_previous_years_file(code: str) -> None:
    now, then = AGAINST[code]

    told(next(finding for finding in sie.check(document(now), document(then)) if finding.code == code), code)
