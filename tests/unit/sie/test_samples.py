"""Every sample file, against figures that an independent script worked out (naive.py, samples/figures.json)."""

import zlib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import sie
from sie.checksum import ChecksumVerdict

Counted = tuple[Path, dict[str, Any]]


def test_the_naive_script_still_says_what_was_written_down(counted: Counted, naive: Callable[[bytes], Any]) -> None:
    path, figures = counted

    assert naive(path.read_bytes()) == figures


def test_every_record_is_read(counted: Counted) -> None:
    path, figures = counted

    document = sie.read(path)

    known = {label: count for label, count in figures["labels"].items() if label != "MOMSKOD"}
    assert dict(document.counts) == known
    assert len(document.vouchers) == known.get("VER", 0)
    assert len(document.rows) == known.get("TRANS", 0)
    assert len(document.struck) == known.get("BTRANS", 0)
    assert len(document.added) == known.get("RTRANS", 0)
    assert len(document.accounts) == known.get("KONTO", 0)
    assert not document.errors


def test_every_sum_is_exact(counted: Counted) -> None:
    path, figures = counted

    document = sie.read(path)

    assert sum((row.amount for row in document.rows if row.amount > 0), Decimal(0)) == Decimal(figures["debit"])
    assert len({row.account for row in document.rows}) == figures["accounts_booked"]
    assert sum(1 for v in document.vouchers if sum(row.amount for row in v.rows)) == figures["unbalanced"]


def test_every_balance_of_every_kind_and_year_is_exact(counted: Counted) -> None:
    path, figures = counted
    found: defaultdict[str, Decimal] = defaultdict(Decimal)

    for balance in sie.read(path).balances:
        found[f"{balance.kind} {balance.year}" + (" objects" if balance.objects else "")] += balance.amount

    assert found == {name: Decimal(total) for name, total in figures["balances"].items()}


def test_every_text_is_read(counted: Counted) -> None:
    path, figures = counted
    document = sie.read(path)
    rows = {"TRANS": document.rows, "BTRANS": document.struck, "RTRANS": document.added}
    dimensions = document.dimensions.values()
    texts = {
        "KONTO": [(account.number, account.name) for account in document.accounts.values()],
        "DIM": [(each.number, each.name) for each in dimensions if each.declared and not each.parent],
        "OBJEKT": [(each.number, name) for each in dimensions for name in each.objects.values()],
        "VER": [(voucher.series, voucher.text) for voucher in document.vouchers],
        **{label: [(row.account, row.text) for row in columns] for label, columns in rows.items()},
    }

    found = {label: [f"{of}={text}" for of, text in pairs if text] for label, pairs in texts.items()}

    assert {
        label: [len(each), zlib.crc32("\n".join(sorted(each)).encode())] for label, each in found.items() if each
    } == figures["texts"]


def test_what_was_read_can_be_written_and_read_again(counted: Counted) -> None:
    path, _ = counted
    document = sie.read(path)

    again = sie.read(sie.write(document))

    assert again == document
    assert not again.errors


def test_what_is_written_with_a_checksum_is_verified_when_it_is_read(counted: Counted) -> None:
    path, _ = counted

    again = sie.read(sie.write(sie.read(path), with_checksum=True))

    assert again.checksum is ChecksumVerdict.RIGHT


@pytest.mark.parametrize("name", ["vendors/Sie1.se", "vendors/Norstedts%20Revision%20SIE%201.SE"])
def test_the_checksums_of_real_files_are_right(name: str, sample: Callable[[str], Path]) -> None:
    document = sie.read(sample(name))

    assert document.checksum is ChecksumVerdict.RIGHT


def test_checksum_counts_contents_only() -> None:
    """Label with #, contents of the fields, a quote for an escaped one (§10's example); blanks only inside quotes."""
    content = b'#KONTO1915Kassa "special"#VERA120250301#TRANS19156A b1.50'
    lines = ('#KONTO  1915\t"Kassa \\"special\\""', "#VER A 1 20250301", "{", '\t#TRANS 1915 {6 "A b"} 1.50 ', " }")
    text = "\n".join(("#FLAGGA 0", "#KSUMMA", *lines, f"#KSUMMA {zlib.crc32(content)}"))

    document = sie.read(text.encode("cp437"))

    assert document.checksum is ChecksumVerdict.RIGHT
    assert document.origin.declared_checksum == zlib.crc32(content)


@pytest.mark.parametrize("name", ["Sie1.se", "Sie2.se", "Sie3.se", "Sie4.se"])
def test_old_fortnox_files_are_written_byte_for_byte_alike(name: str, sample: Callable[[str], Path]) -> None:
    data = sample(f"fortnox-2011/{name}").read_bytes()

    assert sie.write(sie.read(data), "fortnox-2011") == data


def test_the_header_of_a_fortnox_file(sample: Callable[[str], Path]) -> None:
    document = sie.read(sample("fortnox-2011/Sie4.se"))

    header = document.header
    assert (header.program, header.program_version) == ("Fortnox Bokföring", "2.0.0")
    assert (str(header.generated), header.generated_by) == ("2011-03-23", "1")
    assert (header.company_id, header.company_name, header.organisation_number) == ("54256", "Testföretaget AB", "")
    assert (str(header.covers_to), header.chart, document.kind) == ("2010-12-31", "EUBAS97", 4)
    assert [str(year.end) for year in document.years.values()] == ["2010-12-31", "2009-12-31"]
    assert (document.encoding, document.sha256[:8]) == ("cp437", "c626de81")


def test_a_voucher_of_a_fortnox_file(sample: Callable[[str], Path]) -> None:
    document = sie.read(sample("fortnox-2011/Sie4.se"))

    voucher = document.voucher(0)

    assert (voucher.name, str(voucher.date), voucher.text) == ("A 1", "2010-01-05", "Reseutlägg")
    assert [(row.account, str(row.amount)) for row in voucher.rows] == [
        ("1910", "-137.00"), ("5800", "129.25"), ("2641", "7.75"),
    ]  # fmt: skip
    assert [row.line for row in voucher.rows] == [1058, 1059, 1060]
