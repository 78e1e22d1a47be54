"""What lists don't say of an invoice, and for which open items it is worth a call of its own to ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from common.events.import_data import OpenItem
from importer.ledger.model import rounded

MOST_READ = 10  # open items of a ledger that are looked up one by one (our choice: a fifth of a ledger's calls)
MOST_UNBOOKED = 100  # under the cash method: the VAT of what isn't booked stands nowhere else
DOUBTFUL_AFTER = 90  # days overdue: what practice writes down (field B1)


@dataclass(frozen=True, slots=True)
class Details:
    """Of one invoice; None is not known."""

    vat_sek: Decimal | None = None
    tax_agency_share: Decimal | None = None
    """What the Tax Agency is to pay of the total, in SEK."""
    reminders: int | None = None
    last_reminder: date | None = None
    credits: str | None = None
    """For a credit note: the invoice that it credits."""

    def or_else(self, other: "Details") -> "Details":
        """With what another source knows where this one doesn't."""
        missing = {name: getattr(other, name) for name in self.__slots__ if getattr(self, name) is None}
        return replace(self, **missing)


NOTHING = Details()


def worth_reading(
    items: Iterable[OpenItem], *, cash_method: bool, has_reminders: bool, most: int = MOST_READ
) -> list[str]:
    """The numbers of the items to read singly, a small set whatever the ledger's size.

    Credit notes that nobody settled, for the invoice that they credit; then, where reminders are sent, what is long
    overdue and still unpaid today, largest first; under the cash method what isn't booked, for its VAT.
    """
    open_today = sorted((one for one in items if not one.paid_after), key=_by_size)
    credits_ = [one for one in open_today if one.amount < 0]
    doubtful = [one for one in open_today if has_reminders and one.amount > 0 and one.days_overdue > DOUBTFUL_AFTER]
    unbooked = [one for one in sorted(items, key=_by_size) if cash_method and not one.booked]
    wanted = [*(*credits_, *doubtful)[: min(most, MOST_READ)], *unbooked[:MOST_UNBOOKED]]
    return list(dict.fromkeys(one.number for one in wanted))


def part_of(whole: Decimal | None, amount: Decimal, of: Decimal) -> Decimal | None:
    """The share of `whole` that goes with `amount` of `of`."""
    if whole is None or of == 0:
        return None
    return rounded(whole * amount / of)


def merged(*sources: Mapping[str, Details]) -> dict[str, Details]:
    """All that is known of each invoice; the earlier source goes first."""
    found: dict[str, Details] = {}
    for source in sources:
        for number, details in source.items():
            found[number] = found.get(number, NOTHING).or_else(details)
    return found


def _by_size(item: OpenItem) -> tuple[Decimal, str]:
    return -abs(item.remaining_sek), item.number
