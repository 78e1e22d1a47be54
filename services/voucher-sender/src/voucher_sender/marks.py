"""The markers at places in the books. They alone tell which voucher has a number of a series: numbers come again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from fortnox import Client
from voucher_sender import lookup
from voucher_sender.look_alikes import Place
from voucher_sender.lookup import Shelf
from voucher_sender.marker import markers_in

FEW = 2
"""How many vouchers of a series are read singly where its list shows no marker: it may hide them, or there is none."""


@dataclass(frozen=True)
class Marks:
    """What was seen of them."""

    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    """The lists that were read, by series."""
    singly: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    """Of vouchers that were read one by one; nothing of one that isn't there."""

    def at(self, place: Place) -> frozenset[str] | None:
        """The markers of the voucher at a place, none where there is no voucher; None when nobody has seen."""
        series, number = place
        shelf = self.shelves.get(series)
        if shelf is None or not shelf.shows_markers:
            return self.singly.get(place)
        item = shelf.find(number)
        return markers_in(item.comments) if item else frozenset()

    def places(self, marker: str) -> list[Place]:
        """Where a marker was seen."""
        listed = {(series, number) for series, shelf in self.shelves.items() for number in shelf.marked(marker)}
        return sorted(listed | {place for place, markers in self.singly.items() if marker in markers})


async def look(fortnox: Client, financial_year: int, places: Iterable[Place], days: Collection[date]) -> Marks:
    """Reads the markers at these places: a single voucher of a series by itself, several by the series' list.

    That is one call for each series, some more for a long one or where the list shows no marker.
    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for series, number in places:
        numbers[series].add(number)
    shelves: dict[str, Shelf] = {}
    singly: dict[Place, frozenset[str]] = {}
    for series, wanted in sorted(numbers.items()):
        if len(wanted) > 1:
            shelves[series] = await lookup.survey(fortnox, series, financial_year, days)
            if shelves[series].shows_markers:
                continue
        for number in sorted(wanted)[-FEW:]:
            voucher = await lookup.read_one(fortnox, series, number, financial_year)
            singly[series, number] = markers_in(voucher.comments) if voucher else frozenset()
    return Marks(shelves, singly)
