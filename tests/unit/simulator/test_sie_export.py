"""SIE facts 8: Fortnox's own layout, held against a file that was written by hand and not by our writer."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

import sie
from sandbox.fortnox.control import Simulator

TENANT = 4711

BOOKS = """\
#FLAGGA 0
#SIETYP 4
#FNR 4711
#ORGNR 556677-8899
#FNAMN "Åkes \\"Bil\\" AB"
#ADRESS "" "Gatan 1" "703 62 Örebro" ""
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#KPTYP EUBAS97
#KONTO 1930 "Företagskonto\u00a0SEK"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning"
#OBJEKT 1 "K1" "Kontoret"
#OBJEKT 6 "P 1" "Bygget"
#IB 0 1930 125266.20
#IB 0 2081 -125266.20
#IB -1 1930 125266.20
#UB -1 1930 125266.20
#IB -1 2081 -125266.20
#UB -1 2081 -125266.20
#RES -1 3001 0.00
#VER A 1 20250331 "Köp \\"x\\"" 20250422
{
#TRANS 1930 {} 100.00
#TRANS 3001 {6 "P 1"} -100.00 "" "såld" 2.50
}
#VER B 1 20250401 "" 20250401
{
#TRANS 1930 {} 1.85
#TRANS 2081 {} -1.85
}
"""

GOLDEN = """\
#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Fortnox" 3.61.17
#GEN 20250901
#FNR 4711
#FNAMN "Åkes \\"Bil\\" AB"
#ADRESS "" "Gatan 1" "703 62 Örebro" "" |
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#ORGNR 556677-8899
#OMFATTN 20251231
#KPTYP EUBAS97

#KONTO 1930 "Företagskonto\u00a0SEK"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning"

#DIM 1 "Kostnadsställe"
#DIM 6 "Projekt"
#OBJEKT 1 "K1" "Kontoret"
#OBJEKT 6 "P 1" "Bygget"

#IB 0 1930 125266.2 0
#UB 0 1930 125366.2 0
#IB -1 1930 125266.2 0
#UB -1 1930 125266.2 0
#IB 0 2081 -125266.2 0
#UB 0 2081 -125266.2 0
#IB -1 2081 -125266.2 0
#UB -1 2081 -125266.2 0
#PSALDO 0 202503 1930 {} 100 0
#PSALDO 0 202503 3001 {} -100 0
#PSALDO 0 202503 3001 {1 "K1"} -90.5 0
#PSALDO 0 202503 3001 {6 "P 1"} -90.5 0
#RES 0 3001 -100 0
#RES -1 3001 0 0
#VER A 1 20250331 "Köp \\"x\\"" 20250422
{
#TRANS 1930 {} 100 "" "" 0
#BTRANS 3001 {6 "P 1"} -100 "" "såld" 2.5 "Anna Andersson"
#RTRANS 3001 {1 "K1" 6 "P 1"} -90.5 "" "" 0 "Anna Andersson"
#TRANS 3001 {1 "K1" 6 "P 1"} -90.5 "" "" 0
#RTRANS 3001 {} -9.5 "" "rest" 0 "Anna Andersson"
#TRANS 3001 {} -9.5 "" "rest" 0
}
#VER B 1 20250401 "" 20250401
{
#BTRANS 1930 {} 1.85 "" "" 0 "Anna Andersson"
#BTRANS 2081 {} -1.85 "" "" 0 "Anna Andersson"
}"""


@pytest.fixture
def books() -> bytes:
    return BOOKS.encode("cp437")


async def test_the_file_is_what_the_facts_say_literally(sim: Simulator, fortnox: Any, year: int) -> None:
    rows = [
        {"account": 3001, "amount": "-90.5", "objects": [("1", "K1"), ("6", "P 1")]},
        {"account": 3001, "amount": "-9.5", "text": "rest"},
    ]
    await sim.edit("correct_voucher", TENANT, series="A", number=1, rows=rows, strike=[1], financial_year=year)
    await sim.strike_voucher(TENANT, "B", 1, year)

    written = (await fortnox.get("sie/4", financialyear=year)).content

    assert written.decode("cp437").replace("\r\n", "\n") == GOLDEN.replace(" |\n", " \n")
    assert written.count(b"\r\n") == written.count(b"\n") == GOLDEN.count("\n")
    assert b"\xff" in written


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
async def test_what_is_read_can_be_written_again_byte_for_byte(fortnox: Any, year: int, kind: int) -> None:
    for asked in (year, year + 1):
        exported = (await fortnox.get(f"sie/{kind}", financialyear=asked)).content

        assert sie.write(sie.read(exported), "fortnox") == exported


@pytest.mark.parametrize(("escapes", "written"), [(True, rb'"C:\\nytt\\"'), (False, rb'"C:\nytt"')])
async def test_backslashes_are_escaped_or_not(
    sim: Simulator, fortnox: Any, year: int, escapes: bool, written: bytes
) -> None:
    await sim.set_switch("sie_escapes_backslash", escapes)
    text = "C:\\nytt\\" if escapes else "C:\\nytt"
    await sim.edit("describe_voucher", TENANT, series="A", number=1, text=text, financial_year=year)

    exported = (await fortnox.get("sie/4", financialyear=year)).content

    assert b"#VER A 1 20250331 " + written + b" 20250422" in exported


async def test_what_cp437_lacks_is_replaced_and_line_breaks_are_blanks(sim: Simulator, fortnox: Any, year: int) -> None:
    text = "100 € – rad\nbryt Λ"
    await sim.edit("describe_voucher", TENANT, series="A", number=1, text=text, financial_year=year)

    exported = sie.read((await fortnox.get("sie/4", financialyear=year)).content)
    await sim.set_switch("sie_encoding", "utf-8")
    in_utf_8 = sie.read((await fortnox.get("sie/4", financialyear=year)).content)

    assert exported.vouchers[0].text == "100 EUR - rad bryt ?"
    assert in_utf_8.vouchers[0].text == "100 € – rad bryt Λ"


async def test_a_file_asked_for_while_vouchers_are_booked_holds_together(
    sim: Simulator, fortnox: Any, year: int
) -> None:
    async def book() -> None:
        rows = [(1930, "100"), (3001, "-100")]
        await sim.book_voucher(TENANT, series="A", date=dt.date(2025, 5, 1), rows=rows)

    *answers, _ = await asyncio.gather(
        *(fortnox.get("sie/4", financialyear=year) for _ in range(5)), asyncio.gather(*(book() for _ in range(20)))
    )
    last = sie.read((await fortnox.get("sie/4", financialyear=year)).content)

    assert len(last.vouchers) == 22
    for answer in answers:
        assert not [finding for finding in sie.check(sie.read(answer.content)) if finding.severity == "error"]
