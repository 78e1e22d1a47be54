"""Deviations of fields, vouchers and records seen in real files: each is read right and told, or refused and told.

README.md has a table of these and of those in `test_deviations_*.py`.
"""

from decimal import Decimal

import pytest

import sie

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


@pytest.mark.parametrize("objects", ['{1 "A"6 "B"}', '{1 "A"6 B}', '{1 "A" 6 "B"7 "C"}'])
def test_an_object_that_may_be_two(objects: str) -> None:
    document = read(*a_voucher(f"#TRANS 1930 {objects} 1"))

    assert "quote-doubtful" in [problem.code for problem in document.errors]


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


@pytest.mark.parametrize(
    "end",
    [
        b"#",
        b"#V",
        b"#ve",
        b"#SRU 19",
        b"#GEN 2026",
        b"#RES 0 3001 -",
        b"#KONTO 1930",
        b'#KONTO 1930 "B',
        b"#UNDERDIM 21 A",
    ],
)
@pytest.mark.parametrize("before", [b"", b'#KONTO 1 "A\r\n' * 150, b"#SRU 19\r\n" * 150, b"#KONTO 1930 A\r"])
def test_a_file_that_ends_within_a_record_is_cut_off(end: bytes, before: bytes) -> None:
    """However many of the problem were told before."""
    assert sie.read(A_VOUCHER + before + end).is_cut_off
    assert not sie.read(A_VOUCHER + before + end + b"\r\n").is_cut_off


@pytest.mark.parametrize("end", [b"#SLUT", b"Slut", b"F", b"#IB 0 1510 5 \x82", b"#IB 0 1510 5 0 0"])
def test_an_odd_last_line_is_not_cut_off(end: bytes) -> None:
    assert not sie.read(A_VOUCHER + end).is_cut_off


def test_a_file_that_ends_within_a_character_is_cut_off() -> None:
    document = sie.read(A_VOUCHER + "#KONTO 1 Å\n#KONTO 1930 Kassaskå".encode()[:-1])

    assert document.account_name(1930) == "Kassask�"
    assert document.is_cut_off


def test_the_last_of_many_unclosed_vouchers_is_cut_off() -> None:
    data = A_VOUCHER.replace(b"}\r\n", b"") * 150

    assert sie.read(data).is_cut_off
    assert not sie.read(data + b"}").is_cut_off


def test_voucher_without_any_block() -> None:
    document = read("#VER A 1 20250301", "#VER A 2 20250301", "{", "}", "#VER A 3 20250301", "#IB 0 1930 5")

    assert [(problem.code, problem.line) for problem in document.problems] == [
        ("brace-missing", 9),
        ("brace-missing", 13),
    ]
    assert not document.is_cut_off


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
