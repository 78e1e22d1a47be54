"""The same books as many programs write them, and as some shouldn't: how fast each layout is read.

Layouts are those of the real files among the samples (facts 8 and 9), blown up to the size of the main file.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Literal
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

import sie
from sie.careful import Careful

ACCOUNTS = range(1010, 8990, 24)
PROJECTS = 100
Objects = tuple[tuple[str, str], ...]


def two_decimals(ore: int) -> str:
    sign = "-" if ore < 0 else ""
    return f"{sign}{abs(ore) // 100}.{abs(ore) % 100:02}"


def comma(ore: int) -> str:
    return two_decimals(ore).replace(".", ",")


def padded(ore: int) -> str:
    return f"{two_decimals(ore):>13}"


@dataclass(frozen=True)
class Layout:
    """How one program writes; the defaults are the plainest legal way."""

    name: str
    blank: str = " "
    quotes: Literal["texts", "all", "needed"] = "texts"
    amount: Callable[[int], str] = two_decimals
    iso_dates: bool = False
    objects: Literal["none", "few", "of each voucher"] = "none"
    tail: Literal["none", "date and text", "all"] = "none"
    """What a row has after its amount."""
    histories: bool = False
    """Every fifth voucher has a struck row and one added in its stead."""
    opening: Literal["{", "on the voucher's line", "missing"] = "{"
    closing: str = "}"
    objects_written: bool = True
    """Whether the object list is there where it is empty."""
    labels: Callable[[str], str] = str
    indent: str = ""
    line_end: str = "\r\n"
    end_blank: str = ""
    encoding: str = "cp437"
    registers: int = 0
    """How many accounts, SRU codes and objects there are beside the vouchers."""
    has_vouchers: bool = True
    accounts: Callable[[int], str] = str

    def file(self, vouchers: int) -> bytes:
        return "".join(self._lines(vouchers)).encode(self.encoding)

    def _lines(self, vouchers: int) -> Iterator[str]:
        yield self._line("#FLAGGA", "0")
        yield self._line("#SIETYP", "4")
        yield self._line("#FNAMN", self._text("Mätbolaget på Öland AB"))
        yield self._line("#RAR", "0", self._day(20250101), self._day(20251231))
        for account in ACCOUNTS:
            yield self._line("#KONTO", self._bare(self.accounts(account)), self._text(f"Försäljning {account}"))
            yield self._line("#SRU", self._bare(self.accounts(account)), "7281")
        for number in range(self.registers):
            yield self._line("#KONTO", f"{10_000_000 + number}", self._text(f"Kundfordran på kund nr {number}"))
            yield self._line("#SRU", f"{10_000_000 + number}", "7251")
            yield self._line("#OBJEKT", "8", self._text(f"{number}"), self._text(f"Åkeri nr {number} AB"))
        chance = random.Random(4)
        for number in range(vouchers):
            yield from self._voucher(number, chance)

    def _voucher(self, number: int, chance: random.Random) -> Iterator[str]:
        day = self._day(20250101 + 100 * (number % 12) + number % 28)
        brace = ("{",) if self.opening.startswith("on") else ()
        text = self._text(f"Inbetalning från kund {number}")
        yield self._line("#VER", self._bare("A"), self._bare(str(number + 1)), day, text, *brace)
        if self.opening == "{":
            yield f"{{{self.end_blank}{self.line_end}"
        total = chance.randint(100, 9_999_999)
        part = chance.randint(1, total)
        for amount in (total, -part, part - total):
            row = (*self._row(number, chance, amount), *self._tail(day, number))
            if self.histories and amount > 0 and number % 5 == 0:
                yield self._line(self.indent + "#BTRANS", *row[:-1], self._text("N N"))
                yield self._line(self.indent + "#RTRANS", *row[:-1], self._text("N N"))
            yield self._line(self.indent + "#TRANS", *row)
        if self.closing:
            yield f"{self.closing}{self.end_blank}{self.line_end}"

    def _row(self, number: int, chance: random.Random, amount: int) -> Iterator[str]:
        yield self._bare(self.accounts(chance.choice(ACCOUNTS)))
        objects: Objects = ()
        if self.objects == "few" and chance.random() < 0.3:
            objects = (("1", f"{number % 7}"), ("6", f"P{number % PROJECTS}"))
        elif self.objects == "of each voucher":
            objects = (("8", f"{number % 5000}"), ("1", "2"), ("10", f"{number}"))
        if objects or self.objects_written:
            yield "{" + self.blank.join(f"{dimension} {self._text(number)}" for dimension, number in objects) + "}"
        yield self._bare(self.amount(amount))

    def _tail(self, day: str, number: int) -> Iterator[str]:
        if self.tail == "none":
            return
        yield day
        yield self._text(f"Faktura {number // 3}")
        if self.tail == "all":
            yield self._text("1")
            yield self._text("Kim")

    def _line(self, label: str, *fields: str) -> str:
        return self.blank.join((self.labels(label), *fields)) + self.end_blank + self.line_end

    def _bare(self, text: str) -> str:
        return f'"{text}"' if self.quotes == "all" else text

    def _text(self, text: str) -> str:
        return f'"{text}"' if self.quotes != "needed" or " " in text else text

    def _day(self, number: int) -> str:
        day = f"{number}"
        return self._bare(f"{day[:4]}-{day[4:6]}-{day[6:]}" if self.iso_dates else day)


LAYOUTS = (
    Layout("tabs, two decimals (Visma Compact)", blank="\t", tail="date and text"),
    Layout("tabs, objects of each voucher (Mamut)", blank="\t", objects="of each voucher", tail="date and text"),
    Layout("many blanks, padded amounts (Norstedts)", blank="\t ", amount=padded, end_blank=" "),
    Layout("date and text in each row (BL)", blank=" ", tail="date and text", end_blank=" ", line_end="\n"),
    Layout("everything quoted", quotes="all", tail="all"),
    Layout("quoted only where needed (e-conomic)", quotes="needed", objects="few", tail="date and text"),
    Layout("objects, all fields in each row", objects="few", tail="all"),
    Layout("indented rows, LF", indent="   ", tail="date and text", line_end="\n"),
    Layout("struck and added rows", histories=True, objects="few", tail="all"),
    Layout("30,000 accounts and objects", registers=10_000),
    Layout("150,000 accounts and objects, no vouchers", registers=50_000, has_vouchers=False),
    # what deviates from the standard
    Layout("UTF-8", encoding="utf-8", tail="date and text"),
    Layout("UTF-8 with byte order mark", encoding="utf-8-sig", tail="date and text"),
    Layout("ISO 8859-1", encoding="iso-8859-1", tail="date and text"),
    Layout("{ missing (e-conomic)", opening="missing"),
    Layout("no braces at all", opening="missing", closing=""),
    Layout("{ on the #VER line", opening="on the voucher's line"),
    Layout("amounts with a comma", amount=comma),
    Layout("ISO dates (in every row too)", iso_dates=True, tail="date and text"),
    Layout("labels in lower case", labels=str.lower),
    Layout("no {} where there are no objects", objects_written=False),
    Layout("account numbers that are none (SoftOne)", accounts=lambda account: f"{account}A"),
)


def run(vouchers: int, seconds_of: Callable[[Callable[[], object]], float]) -> dict[str, float]:
    """Prints each layout with MB/s and the share of its lines that took the careful path; gives the slowest."""
    table = Table("layout", "MB/s", "careful lines", title=f"sie.read, {vouchers:,} vouchers", title_justify="left")
    speeds = []
    for layout in LAYOUTS:
        count = vouchers if layout.has_vouchers else 0
        data = layout.file(count)
        lines, careful = data.count(b"\n"), _verified(data, count, layout)
        speeds.append(len(data) / 1e6 / seconds_of(partial(sie.read, data)))
        table.add_row(layout.name, f"{speeds[-1]:.0f}", f"{careful / lines:.1%}")
    Console().print(table)
    return {"sie_slowest_layout_mb_per_second": min(speeds), "sie_median_layout_mb_per_second": median(speeds)}


def _verified(data: bytes, vouchers: int, layout: Layout) -> int:
    """How many lines the careful reader took; AssertionError if anything was misread."""
    taken: Counter[str] = Counter()
    careful_line = Careful.line

    def line(self: Careful, number: int, raw: bytes) -> None:
        taken["lines"] += 1
        careful_line(self, number, raw)

    with patch.object(Careful, "line", line):
        document = sie.read(data)
    counts = len(document.vouchers), len(document.rows), sum(document.rows.amount), len(document.errors)
    if counts != (vouchers, 3 * vouchers, 0, 0):
        raise AssertionError(f"{layout.name}: the file was not read as it was written")
    return taken["lines"]
