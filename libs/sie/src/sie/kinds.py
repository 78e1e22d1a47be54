"""Which record may and which must stand in which type of file (§6; facts 3)."""

from typing import Literal

Kind = Literal["1", "2", "3", "4I", "4E"]

_KINDS: tuple[Kind, ...] = ("1", "2", "3", "4I", "4E")
_TABLE = """
FLAGGA PROGRAM FORMAT GEN FNAMN                      ● ● ● ● ●
SIETYP                                               o ● ● ● ●
RAR                                                  ● ● ● o ●
OMFATTN                                              – ● ● – o
BKOD                                                 o o o – o
PROSA FTYP FNR ORGNR ADRESS TAXAR KPTYP VALUTA       o o o o o
KSUMMA                                               o o o o o
KONTO                                                ● ● ● o ●
KTYP ENHET                                           o o o o o
SRU                                                  ● ● o o o
DIM UNDERDIM OBJEKT                                  – – o o o
IB UB RES                                            ● ● ● – ●
OIB OUB                                              – – ● – o
PSALDO PBUDGET                                       – ● ● – o
VER TRANS RTRANS BTRANS                              – – – o o
"""
# DIM and OBJEKT are compulsory in type 3, but the reserved dimensions need no #DIM and no objects may exist: never an
# error, hence o. Balances and periods are compulsory only where they aren't zero (§5.17), so that only IB, UB and RES
# together can be missed.


def _column(kind: Kind, marks: str) -> frozenset[str]:
    at = _KINDS.index(kind)
    found: set[str] = set()
    for line in _TABLE.strip().splitlines():
        *labels, one, two, three, four_i, four_e = line.split()
        if (one, two, three, four_i, four_e)[at] in marks:
            found.update(labels)
    return frozenset(found)


ALLOWED: dict[Kind, frozenset[str]] = {kind: _column(kind, "●o") for kind in _KINDS}
COMPULSORY: dict[Kind, frozenset[str]] = {kind: _column(kind, "●") for kind in _KINDS}
