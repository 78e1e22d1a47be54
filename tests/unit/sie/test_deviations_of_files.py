"""Deviations of a file as a whole: its character set, its line ends and its checksum (README.md)."""

import zlib

import pytest

import sie
from sie.checksum import ChecksumVerdict

HEAD = (
    '#FLAGGA 0\n#PROGRAM "P" 1\n#FORMAT PC8\n#GEN 20250101\n#SIETYP 4\n#FNAMN "Företaget"\n#RAR 0 20250101 20251231\n'
)


def read(*lines: str, encoding: str = "cp437", head: str = HEAD) -> sie.Document:
    return sie.read((head + "\n".join(lines) + "\n").encode(encoding))


def codes(document: sie.Document) -> list[str]:
    return [problem.code for problem in document.problems]


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


@pytest.mark.parametrize(
    "mixed",
    [
        '#KONTO 1 "ÄÅÖ Äpple"\n'.encode() + '#KONTO 2 "åäö ÅÄÖ"\n#KONTO 3 "åäö"\n'.encode("cp437"),
        '#KONTO 1 "Äpple"\n'.encode() + b'#KONTO 2 "K\xc3"\n',
        '#KONTO 1 "σ-bolaget"\n'.encode("cp437"),
    ],
)
def test_bytes_that_may_be_of_several_encodings(mixed: bytes) -> None:
    assert "encoding-unsure" in codes(sie.read(b"#FLAGGA 0\n" + mixed))


@pytest.mark.parametrize("name", ["Kalle’s “Bar”", "Kalles ”Bar” AB"])
def test_curly_quotes_before_a_capital(name: str) -> None:
    document = sie.read(f"#FLAGGA 0\n#KONTO 1 {name!r}\n".replace("'", '"').encode("cp1252"))

    assert (document.account_name(1), document.encoding) == (name, "cp1252")
    assert codes(document) == ["encoding", "encoding-unsure"]


def test_a_small_letter_in_a_name_in_capitals() -> None:
    document = read("#KONTO 1 SJöBO")

    assert (document.account_name(1), codes(document)) == ("SJöBO", [])


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


# lines


@pytest.mark.parametrize("junk", [b"\0", b"\x1a", b"\xef\xbb\xbf", b" \0\xef\xbb\xbf ", b"\x0c"])
def test_junk_before_a_record(junk: bytes) -> None:
    lines = b"#KONTO 1930 Bank\n#VER A 1 20250301\n{\n#TRANS 1930 {} 5 x\n}\n".splitlines()

    document = sie.read(b"#FLAGGA 0\n" + b"".join(junk + line + b"\n" for line in lines))

    assert (document.account_name(1930), len(document.rows)) == ("Bank", 1)
    assert document.problem_counts["junk-before-record"] == len(lines)
    assert not document.errors
    assert next(p for p in document.problems if p.code == "row-text-misplaced").column > 17


@pytest.mark.parametrize(
    "line",
    ['#TRANS"3001" {} -5', "#TRANS{} 3001 5", '"#IB" 0 1930 5', "x#KONTO 1930 Bank", "\xa0#IB 0 1 5"],
)
def test_a_record_that_cant_be_told_from_what_stands_beside_it(line: str) -> None:
    document = read(line, "; #KONTO 1940 Kassa", "#KONTOPLAN BAS", "x #KONTOX")

    assert [problem.code for problem in document.errors] == ["record-unreadable"]
    assert document.other[0].fields == (line,)
    assert codes(document)[-3:] == ["not-a-record", "unknown-label", "not-a-record"]


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
