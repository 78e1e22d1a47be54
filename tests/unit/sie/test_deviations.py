"""Deviations seen in real files: each is read right and told, or refused and told (README.md has the same table)."""

import zlib
from decimal import Decimal
from unittest.mock import patch

import pytest

import sie
from sie.assembly import Assembly
from sie.checksum import ChecksumVerdict

HEAD = (
    '#FLAGGA 0\n#PROGRAM "P" 1\n#FORMAT PC8\n#GEN 20250101\n#SIETYP 4\n#FNAMN "Företaget"\n#RAR 0 20250101 20251231\n'
)


def read(*lines: str, encoding: str = "cp437", head: str = HEAD) -> sie.Document:
    return sie.read((head + "\n".join(lines) + "\n").encode(encoding))


def codes(document: sie.Document) -> list[str]:
    return [problem.code for problem in document.problems]


def finding_codes(document: sie.Document) -> set[str]:
    return {finding.code for finding in sie.check(document)}


def a_voucher(*rows: str, head: str = '#VER A 1 20250301 "Köp"') -> tuple[str, ...]:
    return head, "{", *rows, "}"


# encodings


def test_utf8_under_pc8() -> None:
    document = read('#KONTO 1930 "Bank på Åland"', encoding="utf-8")

    assert document.account_name(1930) == "Bank på Åland"
    assert document.encoding == "utf-8"
    assert document.origin.encoding.certainty == "certain"
    assert codes(document) == ["encoding"]


def test_utf8_byte_order_mark() -> None:
    document = read('#KONTO 1930 "Bank på Åland"', encoding="utf-8-sig")

    assert document.header.flag == "0"
    assert document.account_name(1930) == "Bank på Åland"
    assert codes(document) == ["encoding"]


@pytest.mark.parametrize(
    ("encoding", "name", "found"),
    [
        ("iso-8859-1", "Kafé Åberg", "iso-8859-1"),
        ("iso-8859-15", "Kafé Åberg", "iso-8859-1"),
        ("cp1252", "Kafé Åberg – €", "cp1252"),
    ],
)
def test_latin_1_and_windows_1252(encoding: str, name: str, found: str) -> None:
    document = read(f'#KONTO 1930 "{name}"', encoding=encoding)

    assert document.account_name(1930) == name
    assert document.encoding == found
    assert codes(document) == ["encoding"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_with_damaged_characters(mark: bytes) -> None:
    """A text that was cut in the middle of å doesn't make the whole file another character set."""
    lines = '#KONTO 1931 "Åhléns Ännu örat"\n#KONTO 1932 "Årsavgift bär "\n#KONTO 1933 "Köpt ?"\n'.encode()

    document = sie.read(mark + HEAD.encode() + lines.replace(b"?", b"fr\xc3 h\xe5r"))

    names = [account.name for account in document.accounts.values()]
    assert names == ["Åhléns Ännu örat", "Årsavgift bär ", "Köpt fr� h�r"]
    assert codes(document) == ["encoding", "encoding-damaged"]
    damaged = document.errors[0]
    assert (damaged.line, damaged.column, damaged.text) == (10, 21, '#KONTO 1933 "Köpt fr� h�r"'[-26:])
    assert document.problems[0].swedish.startswith("Filen är kodad i UTF-8")


def test_letters_of_two_encodings() -> None:
    """” of Windows-1252 is ö in CP437; whichever is read, it is told that it may be wrong."""
    windows = read("#KONTO 1931 ”A”_”B”_”C”_”D”_öl", encoding="cp1252")
    old = read('#KONTO 1931 "Köp 5÷2 för hö"', encoding="cp437")
    neither = read("#KONTO 1931 S°", encoding="cp437", head=HEAD.replace("ö", ""))

    assert (windows.account_name(1931), windows.encoding) == ("”A”_”B”_”C”_”D”_öl", "cp1252")
    assert (old.account_name(1931), old.encoding) == ("Köp 5÷2 för hö", "cp437")
    assert neither.account_name(1931) == "S°"
    assert "encoding-unsure" in codes(windows)
    assert codes(old) == codes(neither) == ["encoding-unsure"]


@pytest.mark.parametrize("name", ["Müller", "A\N{NO-BREAK SPACE}B"])
def test_letters_that_only_cp437_has(name: str) -> None:
    document = read(f"#KONTO 1931 {name}", head=HEAD.replace("ö", ""))

    assert document.account_name(1931) == name
    assert not document.problems


def test_an_encoding_that_the_caller_knows_better() -> None:
    document = sie.read(b"\xef\xbb\xbf#KONTO 1930 S\x94\n", encoding="cp437")

    assert document.account_name(1930) == "Sö"
    assert codes(document) == ["byte-order-mark"]


@pytest.mark.parametrize("encoding", ["cp850", "cp865"])
def test_cp850_and_cp865(encoding: str) -> None:
    """Can't be told from CP437, in which the Swedish letters are the same bytes; rarer ones are not."""
    document = read('#KONTO 1930 "åäöÅÄÖéü"', '#KONTO 1940 "Søren på Blåbärsön"', encoding=encoding)

    assert document.account_name(1930) == "åäöÅÄÖéü"
    assert document.account_name(1940) == "S¢ren på Blåbärsön"
    assert document.encoding == "cp437"


# fields


def test_tabs_and_blanks_around_braces() -> None:
    document = read("#KONTO\t1930\t\tBank ", "#VER\tA\t1\t20250301", "{\t ", "\t#TRANS 1930\t{ }\t1.50  ", "}\t ")

    assert document.account_name(1930) == "Bank"
    assert [(row.objects, row.amount) for row in document.vouchers[0].rows] == [((), Decimal("1.50"))]
    assert not document.problems


def test_unquoted_fields() -> None:
    document = read("#KONTO 1060 Hyresrätt", *a_voucher("#TRANS 1060 {1 10 6 Bilen 2 KAZ747} 5 20250302 text 2 NN"))

    row = document.vouchers[0].rows[0]
    assert document.account_name(1060) == "Hyresrätt"
    assert row.objects == (("1", "10"), ("6", "Bilen"), ("2", "KAZ747"))
    assert (str(row.date), row.text, row.quantity, row.signature) == ("2025-03-02", "text", Decimal(2), "NN")
    assert not document.problems


def test_everything_quoted() -> None:
    document = read(*a_voucher('#TRANS "1930" {"1" "0456" "7" "4 7"} "100.00"', head='#VER "A" "1" "20250301" "x"'))

    row = document.vouchers[0].rows[0]
    assert (row.account, row.objects, row.amount) == ("1930", (("1", "0456"), ("7", "4 7")), Decimal(100))
    assert not document.problems


def test_escaped_quotes_and_braces_in_text() -> None:
    document = read(*a_voucher(r'#TRANS 1930 {} 1 "" "{VV cf \"pay\"} C:\temp \\ 5" 0'))

    assert document.rows[0].text == r'{VV cf "pay"} C:\temp \\ 5'
    assert not document.problems


def test_object_id_with_blank_and_brace() -> None:
    document = read(*a_voucher('#TRANS 1930 {6 "a } b"} 1'))

    assert document.rows[0].objects == (("6", "a } b"),)


def test_unclosed_quote() -> None:
    document = read(*a_voucher('#TRANS 1930 {} 1 20250301 "Text som är avhug'))

    assert document.rows[0].text == "Text som är avhug"
    assert codes(document) == ["quote-unclosed"]
    assert (document.problems[0].line, document.problems[0].column) == (10, 27)


@pytest.mark.parametrize("name", ['Hotell "Grand" AB', 'TV 55" Samsung', 'a "b" c', '"x" y', 'a"b'])
def test_quote_inside_a_field(name: str) -> None:
    """The field ends where the rest of the line makes sense, so that the other fields stay in their places."""
    document = read(f'#VER A 1 20250301 "{name}" 20250302 "N N"', "{", f'#TRANS 1930 {{}} 1 "" "{name}" 2 "N"', "}")

    voucher, row = document.vouchers[0], document.rows[0]
    assert (voucher.text, str(voucher.registered), voucher.signature) == (name, "2025-03-02", "N N")
    assert (row.date, row.text, row.quantity, row.signature) == (None, name, Decimal(2), "N")
    assert codes(document) == ["quote-inside", "quote-inside"]


def test_quotes_that_can_be_read_in_several_ways() -> None:
    document = read(*a_voucher('#TRANS 1930 {} 1 "" "A "B" C" "D "E" F"'))

    assert document.rows[0].text == 'A "B" C'
    assert [problem.code for problem in document.errors] == ["quote-doubtful", "quantity-unreadable"]
    assert document.other[0].fields == ('"A "B" C" "D "E" F"',)


def test_backslash_as_last_character() -> None:
    document = read(r'#KONTO 1930 "C:\temp dir\"')

    assert document.account_name(1930) == "C:\\temp dir\\"
    assert codes(document) == ["quote-backslash"]


def test_no_break_space_is_no_separator() -> None:
    document = read('#KONTO 1930 "\N{NO-BREAK SPACE}Bank\N{NO-BREAK SPACE}"', "#KONTO 1940 A\N{NO-BREAK SPACE}B")

    assert document.account_name(1930) == "\N{NO-BREAK SPACE}Bank\N{NO-BREAK SPACE}"
    assert document.account_name(1940) == "A\N{NO-BREAK SPACE}B"


def test_control_characters() -> None:
    document = read('#KONTO 1930 "a\x0bb\x1cc\x85"', encoding="latin-1")

    assert document.account_name(1930).startswith("a\x0bb\x1cc")
    assert "control-character" in codes(document)


# vouchers


def test_missing_opening_brace() -> None:
    document = read('#VER A 1 20250301 "x"', "", "#TRANS 1930 {} 1", "#TRANS 1910 {} -1", "}", *a_voucher("}"))

    assert [len(voucher.rows) for voucher in document.vouchers] == [2, 0]
    assert codes(document) == ["brace-missing", "brace-stray"]


def test_no_braces_at_all() -> None:
    document = read("#VER A 1 20250301", "#TRANS 1930 {} 1", "#VER A 2 20250301", "#TRANS 1910 {} -1")

    assert [len(voucher.rows) for voucher in document.vouchers] == [1, 1]
    assert codes(document) == ["brace-missing", "brace-missing"]


def test_brace_on_the_voucher_line() -> None:
    document = read('#VER A 1 20250301 "x" {', "#TRANS 1930 {} 1", "}")

    assert document.vouchers[0].text == "x"
    assert len(document.vouchers[0].rows) == 1
    assert codes(document) == ["brace-on-voucher-line"]


def test_voucher_that_is_cut_off() -> None:
    document = read("#VER A 1 20250301", "{", "#TRANS 1930 {} 1")

    assert len(document.rows) == 1
    assert [problem.code for problem in document.errors] == ["voucher-unclosed"]


A_VOUCHER = b'#FLAGGA 0\r\n#VER A 12 20250101 "x"\r\n{\r\n#TRANS 1510 {} 1 "" "" 0\r\n}\r\n'


@pytest.mark.parametrize("whole", [A_VOUCHER, A_VOUCHER.rstrip(), A_VOUCHER + b"\x1a", b"#FLAGGA 0\r\n#IB 0 1510 5 0"])
def test_a_whole_file_is_not_cut_off(whole: bytes) -> None:
    assert not sie.read(whole).is_cut_off
    assert not sie.read(whole + b'\r\n#KONTO\r\n#VER A 13 20250102 "" 20250102\r\n{\r\n}').is_cut_off


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_a_file_that_ends_inside_a_voucher_is_cut_off(line_end: bytes) -> None:
    """Wherever in the voucher the end is, once its label stands there."""
    data = A_VOUCHER.replace(b"\r\n", line_end)
    start = data.index(b"#VER") + len(b"#VER")

    for end in range(start, len(data.rstrip())):
        assert sie.read(data[:end]).is_cut_off, data[:end]


def test_braceless_voucher_that_is_cut_off() -> None:
    """As vouchers of the file end with }, the last one was cut off."""
    document = read("#VER A 1 20250301", "#TRANS 1930 {} 1", "}", "#VER A 2 20250301", "#TRANS 1930 {} 1")

    assert codes(document) == ["brace-missing", "voucher-unclosed", "brace-missing"]
    assert document.is_cut_off


def test_row_outside_every_voucher() -> None:
    document = read("#TRANS 1930 {} 1")

    assert [problem.code for problem in document.errors] == ["row-outside-voucher"]
    assert document.other[0].fields == ("#TRANS 1930 {} 1",)


def test_empty_and_alphanumeric_series() -> None:
    document = read(
        *a_voucher(head='#VER "" "" 20250301'), *a_voucher(head="#VER LEV1 7B 20250301"),
        *a_voucher(head="#VER # 1 20250301"), *a_voucher('#TRANS 1930 {} 0 "" "" 0 #H', head="#VER 11 007 20250301"),
    )  # fmt: skip

    assert [(v.series, v.number) for v in document.vouchers] == [("", ""), ("LEV1", "7B"), ("#", "1"), ("11", "007")]
    assert document.rows[0].signature == "#H"
    assert not document.problems


def test_series_left_out() -> None:
    document = read(*a_voucher(head='#VER 17 20250301 "Text"'))

    voucher = document.vouchers[0]
    assert (voucher.series, voucher.number, str(voucher.date), voucher.text) == ("", "17", "2025-03-01", "Text")
    assert codes(document) == ["series-missing"]


@pytest.mark.parametrize("text", ['"Kontant"', "Kontant", '"Hyra januari 2025"', "Faktura-17", "nodate"])
def test_text_in_the_place_of_the_date(text: str) -> None:
    document = read(*a_voucher(f"#TRANS 1930 {{}} 1 {text}"))

    assert (document.rows[0].date, document.rows[0].text) == (None, text.strip('"'))
    assert codes(document) == ["row-text-misplaced"]


def test_struck_and_added_rows_are_kept_beside() -> None:
    document = read(
        *a_voucher(
            "#TRANS 1930 {} -5", '#BTRANS 2640 {} 200 "" "" 0 "NN"',
            '#RTRANS 4010 {} 5 20250401 "" 0 "NN"', "#TRANS 4010 {} 5 20250301",
        )
    )  # fmt: skip

    voucher = document.vouchers[0]
    assert [row.account for row in voucher.rows] == ["1930", "4010"]
    assert [row.account for row in voucher.struck] == ["2640"]
    assert [(row.account, row.signature) for row in voucher.added] == [("4010", "NN")]
    assert not {"voucher-unbalanced", "added-without-twin"} & finding_codes(document)


def test_voucher_of_struck_rows_only() -> None:
    document = read(*a_voucher("#BTRANS 1930 {} 5", "#BTRANS 2640 {} -5"))

    assert (document.vouchers[0].rows, len(document.vouchers[0].struck)) == ((), 2)
    assert "voucher-cancelled" in finding_codes(document)
    assert "voucher-unbalanced" not in finding_codes(document)


def test_unbalanced_voucher() -> None:
    document = read(*a_voucher("#TRANS 1930 {} 102", "#TRANS 1910 {} -100"))

    finding = next(finding for finding in sie.check(document) if finding.code == "voucher-unbalanced")
    assert (finding.voucher, finding.found, finding.difference) == ("A 1", Decimal(2), Decimal(2))


def test_voucher_outside_the_financial_year() -> None:
    document = read(*a_voucher(head="#VER A 1 20240301"))

    assert "voucher-date" in finding_codes(document)


# values


def test_iso_dates() -> None:
    document = read(*a_voucher(head="#VER A 1 2025-03-01"))

    assert str(document.vouchers[0].date) == "2025-03-01"
    assert codes(document) == ["date-form"]


@pytest.mark.parametrize("date", ["20250230", "20251301", '""', "nodate", "00000101", "2025030"])
def test_impossible_and_empty_dates(date: str) -> None:
    document = read(*a_voucher("#TRANS 1930 {} 1", head=f'#VER A 1 {date} "Text"'))

    voucher = document.vouchers[0]
    assert (voucher.date, voucher.text, len(voucher.rows)) == (None, "Text", 1)
    assert [problem.code for problem in document.errors] == ["date-unreadable"]


@pytest.mark.parametrize(
    ("written", "amount"), [(".20", "0.20"), ("-,5", "-0.50"), ("+7", "7.00"), ("1,25", "1.25"), ("3.1000", "3.10")]
)
def test_amount_forms(written: str, amount: str) -> None:
    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}"))

    assert str(document.rows[0].amount) == amount
    assert codes(document) == ["amount-form"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('""', "amount-unreadable"), ("1e5", "amount-unreadable"), ("1_000", "amount-unreadable"),
        ('"1 000"', "amount-unreadable"), ("١", "not-in-cp437"), ("0.005", "amount-decimals"),
        ("92233720368547758.08", "amount-too-large"), ("9" * 5000, "amount-too-large"),
    ],
)  # fmt: skip
def test_amounts_that_are_refused(written: str, code: str) -> None:
    if code == "not-in-cp437":
        document = read(*a_voucher(f"#TRANS 1930 {{}} {written}"), encoding="utf-8")
        assert "amount-unreadable" in codes(document)
        return

    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}", "#TRANS 1910 {} 1"))

    assert [row.account for row in document.rows] == ["1910"]
    assert [problem.code for problem in document.errors] == [code]
    assert document.other[0].label == "TRANS"


@pytest.mark.parametrize("written", ["1,000", "1.000", "-12.500", "1 000,00", "1 000", "12 345.50"])
def test_thousands_separators(written: str) -> None:
    """One crown or a thousand: nobody's to guess."""
    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}", "#TRANS 1910 {} 1"))

    assert [row.account for row in document.rows] == ["1910"]
    assert codes(document) == ["amount-ambiguous"]
    assert document.other[0].fields == (f"#TRANS 1930 {{}} {written}",)


def test_thousands_separators_in_balances() -> None:
    """What follows the amount after a blank is legally a quantity, but none has a comma."""
    document = read(
        "#UB 0 1930 12 345,67", "#UB 0 1940 12 345", "#UB 0 1950 1,000", "#UB 0 1960 0,500", "#UB 0 1970 5 1,500"
    )

    assert [(b.account, str(b.amount), b.quantity) for b in document.balances] == [
        ("1940", "12.00", 345), ("1960", "0.50", None), ("1970", "5.00", None),
    ]  # fmt: skip
    assert codes(document) == ["amount-ambiguous", "amount-ambiguous", "amount-form", "quantity-unreadable"]


def test_values_that_cant_be_read_are_kept_as_they_are() -> None:
    document = read(
        "#OMFATTN juni", "#KTYP 1930", "#KSUMMA abc x",
        '#VER A 1 2025-3-1 "t" 20251399', "{", '#TRANS 1930 {1 "A" "6 x"} 100 20259999 "x" 3st "Eva"', "}",
        "#VER A 2 20250301 " + "x " * 70, "{", "#TRANS 1930 {" + "1 2 " * 1001 + "} 5", "}",
        head=HEAD.replace("#SIETYP 4", "#SIETYP 5"),
    )  # fmt: skip

    kept = [(other.label, other.fields) for other in document.other]
    assert kept[:10] == [
        ("SIETYP", ("5",)), ("OMFATTN", ("juni",)), ("KTYP", ("#KTYP 1930",)), ("KSUMMA", ("abc",)), ("KSUMMA", ("x",)),
        ("VER", ("2025-3-1",)), ("VER", ("20251399",)),
        ("TRANS", ("6 x",)), ("TRANS", ("20259999",)), ("TRANS", ("3st",)),
    ]  # fmt: skip
    rest = [(label, " ".join(fields)) for label, fields in kept[10:]]
    assert ("VER", "x " * 9) in rest
    assert ("TRANS", "1 2 } 5") in rest
    assert {"date-unreadable", "quantity-unreadable", "type-unreadable", "objects-odd", "objects-too-many"} <= {
        problem.code for problem in document.errors
    }
    assert "too-many-fields" in codes(document)


def test_more_unknown_records_than_are_kept() -> None:
    with patch.object(Assembly, "OTHERS_KEPT", 2):
        document = read("#X 1", "#X 2", "#X 3", "#X 4")

    assert [other.fields for other in document.other] == [("1",), ("2",)]
    assert document.problem_counts["other-too-many"] == 2
    assert document.errors[0].line == 10


def test_large_amounts_are_exact() -> None:
    document = read(*a_voucher("#TRANS 1930 {} 92233720368547758.07", "#TRANS 1910 {} -45035996273704.97"))

    assert [str(row.amount) for row in document.rows] == ["92233720368547758.07", "-45035996273704.97"]


def test_empty_quantity() -> None:
    document = read('#IB 0 1930 5 ""', *a_voucher('#TRANS 1930 {} 1 "" "" ""'))

    assert (document.balances[0].quantity, document.rows[0].quantity) == (None, None)
    assert not document.problems


def test_period_without_object_list() -> None:
    document = read("#PBUDGET 0 202501 1119 -1667.00")

    balance = document.balances[0]
    assert (balance.period, balance.account, balance.amount) == (202501, "1119", Decimal("-1667.00"))
    assert codes(document) == ["objects-missing"]


def test_period_and_account_swapped() -> None:
    """BL Administration leaves the object list out, too."""
    document = read("#PBUDGET 0 1119 202501 {} -1667.00", "#PBUDGET 0 1120 202501 -1667.00")

    assert [(b.period, b.account, b.amount) for b in document.balances] == [
        (202501, "1119", Decimal(-1667)), (202501, "1120", Decimal(-1667)),
    ]  # fmt: skip
    assert codes(document) == ["period-and-account-swapped", "period-and-account-swapped", "objects-missing"]


def test_account_numbers() -> None:
    document = read(*a_voucher("#TRANS DIFF {} 1", "#TRANS 11AF {} 1", "#TRANS 19300001 {} 1"))

    assert [row.account for row in document.rows] == ["DIFF", "11AF", "19300001"]
    assert codes(document) == ["account-not-numeric", "account-not-numeric"]


def test_undeclared_account() -> None:
    document = read("#KONTO 1910 Kassa", *a_voucher("#TRANS 1930 {} 1"))

    undeclared = [finding.account for finding in sie.check(document) if finding.code == "account-undeclared"]
    assert undeclared == ["1930"]


def test_no_blank_around_the_object_list() -> None:
    document = read(*a_voucher("#TRANS 1930 {}100", "#TRANS 3001{1 A} -100", "#TRANS {} 5"), "#OIB 0 1930{1 A} 7")

    assert [(row.account, row.objects, row.amount) for row in document.rows] == [
        ("1930", (), Decimal(100)), ("3001", (("1", "A"),), Decimal(-100)),
    ]  # fmt: skip
    assert (document.balances[0].account, document.balances[0].objects) == ("1930", (("1", "A"),))
    assert codes(document) == ["blank-missing", "blank-missing", "missing-field", "blank-missing"]


def test_names_left_out() -> None:
    document = read("#KONTO 1930", "#DIM 20", "#OBJEKT 20 a", "#UNDERDIM 21 u")

    assert (document.account_name(1930), document.dimensions["20"].objects) == ("", {"a": ""})
    assert codes(document) == ["name-missing"] * 3 + ["parent-missing"]


@pytest.mark.parametrize("kind", ["4I", "4E"])
def test_type_with_its_direction(kind: str) -> None:
    document = read(head=HEAD.replace("#SIETYP 4", f"#SIETYP {kind}"))

    assert document.kind == 4
    assert codes(document) == ["type-form"]


def test_columns_of_problems() -> None:
    document = read("  #TRANS 1930 {} 1", *a_voucher("\t#TRANS 1930  1", "  #KONTO 1930"), "  }")

    assert [(problem.code, problem.column) for problem in document.problems] == [
        ("row-outside-voucher", 3), ("objects-missing", 15), ("record-inside-voucher", 3), ("name-missing", 3),
        ("brace-stray", 3),
    ]  # fmt: skip


def test_account_type_before_its_account() -> None:
    document = read("#KTYP 1930 T", "#KONTO 1930 Bank")

    assert (document.accounts["1930"].name, document.accounts["1930"].type) == ("Bank", "T")
    assert codes(document) == ["account-order"]


# records


def test_lower_case_labels() -> None:
    document = read("#konto 1930 Bank", "#ver A 1 20250301", "{", "#trans 1930 {} 1", "}")

    assert (document.account_name(1930), len(document.rows)) == ("Bank", 1)
    assert codes(document) == ["label-case"] * 3


def test_unknown_labels_and_comments() -> None:
    document = read("#MOMSKOD 2610 10", "; en kommentar")

    assert [(other.label, other.fields) for other in document.other] == [
        ("MOMSKOD", ("2610", "10")), ("", ("; en kommentar",)),
    ]  # fmt: skip
    assert codes(document) == ["unknown-label", "not-a-record"]


def test_unknown_fields_at_the_end() -> None:
    document = read("#TAXAR 2026 ÅRL", *a_voucher('#TRANS 1930 {} 1 "" "" 0 "" extra'))

    assert document.header.tax_year == "2026"
    assert [(other.label, other.fields) for other in document.other] == [("TAXAR", ("ÅRL",)), ("TRANS", ("extra",))]
    assert codes(document) == ["extra-fields", "extra-fields"]


def test_labels_without_fields() -> None:
    document = read("#ORGNR ", "#TAXAR", "#SRU", "#SRU 1930", "#KTYP 1930", "#RAR -1 ")

    assert (document.header.organisation_number, document.header.tax_year) == ("", "")
    assert codes(document) == ["empty-record"] * 6
    assert not document.errors
    assert not document.accounts


def test_repeated_records() -> None:
    document = read("#FNAMN Annat", "#KONTO 1930 Bank", "#KONTO 1930 Plusgiro", "#OBJEKT 6 A X", "#OBJEKT 6 A Y")

    assert document.header.company_name == "Företaget"
    assert document.account_name(1930) == "Bank"
    assert document.dimensions["6"].objects == {"A": "X"}
    assert codes(document) == ["repeated-record", "account-repeated", "object-repeated"]
    assert [other.fields for other in document.other] == [("Annat",), ("1930", "Plusgiro"), ("Y",)]


def test_repeated_account_types_and_units() -> None:
    document = read("#KONTO 1930 Bank", "#KTYP 1930 T", "#KTYP 1930 S", "#ENHET 1930 kg", "#ENHET 1930 st")

    assert (document.accounts["1930"].type, document.accounts["1930"].unit) == ("T", "kg")
    assert codes(document) == ["repeated-record"] * 2


def test_repeated_balances() -> None:
    document = read("#IB 0 1930 5", "#IB 0 1930 7")

    assert document.amount("IB", 1930) == 5
    assert "balance-repeated" in finding_codes(document)


def test_broken_and_long_financial_years() -> None:
    head = HEAD.replace("20250101 20251231", "20230701 20241231")

    document = read("#RAR -1 20220701 20230630", head=head)

    assert str(document.financial_year.start) == "2023-07-01"
    assert not {"year-long", "years-apart", "year-impossible"} & finding_codes(document)


def test_flag_of_a_file_already_imported() -> None:
    document = read(head=HEAD.replace("#FLAGGA 0", "#FLAGGA 1"))

    assert document.header.flag == "1"
    assert "already-imported" in finding_codes(document)


def test_missing_type() -> None:
    document = read(head="#FLAGGA 0\n#FNAMN X\n")

    assert document.kind == 1


# the end of the file


def test_no_newline_at_the_end() -> None:
    document = sie.read((HEAD + "#VER A 1 20250301\n{\n#TRANS 1930 {} 1\n}").encode("cp437"))

    assert len(document.vouchers) == 1
    assert not document.problems


def test_dos_end_of_file() -> None:
    document = sie.read(HEAD.encode("cp437") + b"#KONTO 1930 Bank\r\n\x1a")

    assert codes(document) == ["end-of-file-mark"]


def test_line_ends_without_line_feed() -> None:
    document = sie.read((HEAD + "#KONTO 1930 Bank\n").replace("\n", "\r").encode("cp437"))

    assert document.account_name(1930) == "Bank"
    assert codes(document) == ["line-ends"]


def test_mixed_line_ends() -> None:
    document = sie.read(
        b'#FLAGGA 0\r#KONTO 1930 "A"\r#VER A 1 20250101\r{\r\n#TRANS 1930 {} 1\r  #TRANS 1940 {} -1 \r}\r\n'
    )

    assert (document.account_name(1930), len(document.rows), document.rows[1].line) == ("A", 2, 6)
    assert codes(document) == ["line-ends"]


def test_carriage_return_in_a_text() -> None:
    document = sie.read(b'#FLAGGA 0\r\n#KONTO 1930 "A\rB"\r\r\n')

    assert document.account_name(1930) == "A\rB"
    assert codes(document) == ["control-character"]


def test_checksum_that_is_never_closed() -> None:
    document = read("#KONTO 1930 Bank", head=HEAD.replace("#FLAGGA 0\n", "#FLAGGA 0\n#KSUMMA\n"))

    assert document.checksum is ChecksumVerdict.TRUNCATED
    assert [problem.code for problem in document.errors] == ["checksum-unclosed"]


def test_checksum_that_is_wrong() -> None:
    document = read("#KSUMMA 123456789", head=HEAD.replace("#FLAGGA 0\n", "#FLAGGA 0\n#KSUMMA\n"))

    assert document.checksum is ChecksumVerdict.WRONG
    assert [problem.code for problem in document.errors] == ["checksum-wrong"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_checksum_of_a_file_in_another_encoding(encoding: str) -> None:
    data = sie.write(read('#KONTO 1930 "Blåbär"'), with_checksum=True)

    document = sie.read(data.decode("cp437").encode(encoding))

    assert document.checksum is ChecksumVerdict.RIGHT


def test_records_outside_the_checksum() -> None:
    """They could be anybody's; so the file as a whole isn't verified."""
    data = sie.write(read("#KONTO 1930 Bank"), with_checksum=True)
    after = sie.read(data + b"#KONTO 1940 Kassa\r\n")
    before = sie.read(data.replace(b"#KSUMMA\r\n", b"#X 1\r\n#KSUMMA\r\n"))
    twice = sie.read(data + b"#KSUMMA 5\r\n")

    assert sie.read(data).checksum is ChecksumVerdict.RIGHT
    assert (after.checksum, codes(after)) == (ChecksumVerdict.UNVERIFIED, ["record-outside-checksum"])
    assert (before.checksum, before.problems[-1].line) == (ChecksumVerdict.UNVERIFIED, 2)
    assert set(codes(twice)) == {"record-outside-checksum", "repeated-record"}


@pytest.mark.parametrize(
    ("written", "content"),
    [
        (r"a\"b", 'a"b'), ('a"b', 'a"b'), ("a{b}", "a{b}"), ('"C:\\dir\\"', "C:\\dir\\"), ('"a "b" c"', 'a "b" c'),
        ('"a{b} c"', "a{b} c"), ('"x', "x"),
    ],
)  # fmt: skip
def test_checksum_of_fields_in_doubt(written: str, content: str) -> None:
    right = zlib.crc32(f"#KONTO1930{content}#VERA120250301#TRANS19301A b5x".encode())
    rest = ("#VER A 1 20250301", "{", '#TRANS 1930 {1 "A b"} 5 x', "}")

    document = read(f"#KONTO 1930 {written}", *rest, f"#KSUMMA {right}", head="#FLAGGA 0\n#KSUMMA\n")

    assert document.account_name(1930) == content
    assert document.checksum is ChecksumVerdict.RIGHT


def test_checksum_that_cant_be_verified() -> None:
    """Text that CP437 lacks, or no record that opens it: told, and nothing is claimed."""
    unopened = read("#KONTO 1930 Bank", "#KSUMMA 5")
    euro = read(
        '#KONTO 1930 "€ 5"', "#KSUMMA 5", head=HEAD.replace("#FLAGGA 0\n", "#FLAGGA 0\n#KSUMMA\n"), encoding="utf-8"
    )

    assert (unopened.checksum, codes(unopened)) == (ChecksumVerdict.UNVERIFIED, ["checksum-unopened"])
    assert (euro.checksum, codes(euro)) == (ChecksumVerdict.UNVERIFIED, ["encoding", "checksum-skipped"])


# what is no SIE file


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"), (b" \r\n\t", "empty"), (b'<?xml version="1.0"?><Sie/>', "sie-5"),
        ("#FLAGGA 0".encode("utf-16"), "utf-16"), (b"hello\nworld\n", "not-sie"), (b"\x00" * 1000, "not-sie"),
    ],
)  # fmt: skip
def test_what_is_no_sie_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(sie.SieError) as caught:
        sie.read(data)

    assert caught.value.code == code
    assert caught.value.problems[0].swedish
