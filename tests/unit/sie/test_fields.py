"""Every field of every record reaches the caller (facts 4), whichever scanner reads it and however it is quoted."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

import sie
from sie import core

DAY, LATER = date(2025, 3, 1), date(2025, 4, 2)
OBJECTS = (("1", "0456"), ("6", "A b"))
ROW = ("1930", Decimal("-1.50"), OBJECTS, LATER, "the text", Decimal("2.5"), "the sign")

Found = Callable[[sie.Document], Any]


def header(*names: str) -> Found:
    return lambda document: tuple(asdict(document.header)[name] for name in names)


def row_of(row: sie.Row) -> tuple[Any, ...]:
    return row.account, row.amount, row.objects, row.date, row.text, row.quantity, row.signature


def balance(document: sie.Document) -> tuple[Any, ...]:
    (found,) = document.balances
    return found.kind, found.year, found.period, found.account, found.objects, found.amount, found.quantity


def voucher(document: sie.Document) -> tuple[Any, ...]:
    (found,) = document.vouchers
    return found.series, found.number, found.date, found.text, found.registered, found.signature


RECORDS: list[tuple[str, Found, tuple[Any, ...]]] = [
    ("#FLAGGA 1", header("flag"), ("1",)),
    ("#PROGRAM prog 1.2.3", header("program", "program_version"), ("prog", "1.2.3")),
    ("#FORMAT PC8", header("format"), ("PC8",)),
    ("#GEN 20250301 sign", header("generated", "generated_by"), (DAY, "sign")),
    ("#SIETYP 3", header("kind"), (3,)),
    ('#PROSA "some words"', header("comment"), ("some words",)),
    ("#FTYP HB", header("company_type"), ("HB",)),
    ("#FNR 0815", header("company_id"), ("0815",)),
    (
        "#ORGNR 556677-8899 12 34",
        header("organisation_number", "acquisition_number", "activity_number"),
        ("556677-8899", "12", "34"),
    ),
    ("#BKOD 82300", header("industry_code"), ("82300",)),
    (
        '#ADRESS who "street 1" "123 45 place" 08-1',
        header("contact", "street", "postal_address", "telephone"),
        ("who", "street 1", "123 45 place", "08-1"),
    ),
    ('#FNAMN "name AB"', header("company_name"), ("name AB",)),
    ("#RAR -1 20250301 20250402", lambda d: (d.years[-1].index, d.years[-1].start, d.years[-1].end), (-1, DAY, LATER)),
    ("#TAXAR 2026", header("tax_year"), ("2026",)),
    ("#OMFATTN 20250301", header("covers_to"), (DAY,)),
    ("#KPTYP EUBAS97", header("chart"), ("EUBAS97",)),
    ("#VALUTA EUR", header("currency"), ("EUR",)),
    ('#KONTO 1930 "the name"', lambda d: (d.accounts["1930"].number, d.account_name(1930)), ("1930", "the name")),
    ("#KTYP 1930 T", lambda d: (d.accounts["1930"].type,), ("T",)),
    ("#ENHET 1930 kg", lambda d: (d.accounts["1930"].unit,), ("kg",)),
    ("#SRU 1930 7281\n#SRU 1930 7299", lambda d: d.accounts["1930"].sru, ("7281", "7299")),
    ("#DIM 20 name", lambda d: (d.dimensions["20"].number, d.dimensions["20"].name), ("20", "name")),
    ("#UNDERDIM 21 name 20", lambda d: (d.dimensions["21"].name, d.dimensions["21"].parent), ("name", "20")),
    ('#OBJEKT 20 007 "a name"', lambda d: tuple(d.dimensions["20"].objects.items()), (("007", "a name"),)),
    ("#IB -1 1930 -1.50 2.5", balance, ("IB", -1, None, "1930", (), Decimal("-1.50"), Decimal("2.5"))),
    ("#UB 0 1930 -1.50 2.5", balance, ("UB", 0, None, "1930", (), Decimal("-1.50"), Decimal("2.5"))),
    ("#RES 0 1930 -1.50 2.5", balance, ("RES", 0, None, "1930", (), Decimal("-1.50"), Decimal("2.5"))),
    (
        '#OIB 0 1930 {1 0456 6 "A b"} -1.50 2.5', balance,
        ("OIB", 0, None, "1930", OBJECTS, Decimal("-1.50"), Decimal("2.5")),
    ),
    (
        '#OUB -2 1930 {1 0456 6 "A b"} -1.50 2.5', balance,
        ("OUB", -2, None, "1930", OBJECTS, Decimal("-1.50"), Decimal("2.5")),
    ),
    (
        '#PSALDO 0 202503 1930 {1 0456 6 "A b"} -1.50 2.5', balance,
        ("PSALDO", 0, 202503, "1930", OBJECTS, Decimal("-1.50"), Decimal("2.5")),
    ),
    (
        '#PBUDGET 0 202503 1930 {1 0456 6 "A b"} -1.50 2.5', balance,
        ("PBUDGET", 0, 202503, "1930", OBJECTS, Decimal("-1.50"), Decimal("2.5")),
    ),
    (
        '#VER LEV1 007 20250301 "the text" 20250402 "the sign"\n{\n}', voucher,
        ("LEV1", "007", DAY, "the text", LATER, "the sign"),
    ),
    *(
        (
            f'#VER A 1 20250301\n{{\n#{label} 1930 {{1 0456 6 "A b"}} -1.50 20250402 "the text" 2.5 "the sign"\n}}',
            lambda d, name=name: row_of(getattr(d, name)[0]), ROW,
        )
        for label, name in (("TRANS", "rows"), ("BTRANS", "struck"), ("RTRANS", "added"))
    ),
    ("#KSUMMA\n#KONTO 1930 X\n#KSUMMA 12345", lambda d: (d.origin.declared_checksum,), (12345,)),
    (
        "#FLAGGA 0\n#MOMSKOD 2610 10 x", lambda d: (d.other[-1].label, *d.other[-1].fields[:3]),
        ("MOMSKOD", "2610", "10", "x"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("scanner", ["native", "python"])
@pytest.mark.parametrize("written", ["as usual", "all quoted", "with tabs", "with more fields than there are"])
@pytest.mark.parametrize(("record", "found", "fields"), RECORDS, ids=lambda value: str(value)[:12])
def test_every_field_of_every_record_reaches_the_caller(
    record: str, found: Found, fields: tuple[Any, ...], written: str, scanner: str
) -> None:
    if scanner == "native" and core.NAME != "native":
        pytest.skip("the native core is not built here")
    lines = [_rewritten(line, written) for line in record.split("\n")]

    with patch.object(core, "NAME", scanner):
        document = sie.read("\n".join((*lines, "")).encode("cp437"))

    assert found(document) == fields
    if written.startswith("with more") and "KSUMMA" not in record:
        assert any(other.fields[-1] == "beyond" for other in document.other)


def _rewritten(line: str, written: str) -> str:
    if written == "with tabs":
        return re.sub(r' (?=(?:[^"]*"[^"]*")*[^"]*$)', "\t", line)
    if written == "all quoted":
        label, _, rest = line.partition(" ")
        return f"{label} " + re.sub(r'"[^"]*"|[^ {}]+', lambda part: f'"{part[0].strip(chr(34))}"', rest)
    if written.startswith("with more") and " " in line and len(line) > 1:
        return line + ' "" "" "" "" "" "" beyond'
    return line
