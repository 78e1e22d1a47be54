"""Whether anything changed in Fortnox while it was read, and reading again what did (design 6).

Lists are asked for what was changed since; rows that come back as they were read are no change. Payments are counted,
since deletions leave no trace there (fact 5.6). The books come as a whole: the same bytes are the same books.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import fortnox
import sie
from common.concurrency import together
from common.events import Dataset
from importer.fetch import books, payments
from importer.fetch.books import Company
from importer.fetch.invoices import Lists
from importer.fetch.plan import SECOND_LOOK
from importer.fetch.reading import Reading
from importer.ledger.as_of import by_number

MARGIN = timedelta(minutes=10)  # by which clocks may differ from Fortnox's (fact 3)
MOST_NAMED = 50  # changes that are told one by one; a reader only needs to know that the books moved


@dataclass
class Seen:
    """What was read, and is laid out anew where it turns out to have changed."""

    company: Company
    document: sie.Document
    lists: Mapping[Dataset, Lists]


async def changes(reading: Reading, seen: Seen, begun_at: datetime) -> tuple[str, ...]:
    """What is no longer as it was read, such as `invoices 17` or `vouchers A 12`; it is now as it was seen last.

    Without ledgers there is nothing to look at: the books alone are of one moment anyway.
    """
    if not seen.lists:
        return ()
    since = begun_at - MARGIN
    looks = [_books(reading, seen)]
    for lists in seen.lists.values():
        looks += [_invoices(reading, lists, since), _payments(reading, lists, since)]
    return tuple(name for names in await together(looks) for name in names)[:MOST_NAMED]


async def _books(reading: Reading, seen: Seen) -> list[str]:
    found = await books.read_again(reading, seen.company, seen.document)
    if found is None:
        return []
    compared = await asyncio.to_thread(sie.compare, seen.document, found)
    seen.document = found
    vouchers = [*compared.new_vouchers, *(one.new for one in compared.changed_vouchers), *compared.gone_vouchers]
    accounts = sorted({one.account for one in compared.moved_balances})
    return [f"vouchers {one.name}" for one in vouchers] or [f"accounts {one}" for one in accounts]


async def _invoices(reading: Reading, lists: Lists, since: datetime) -> list[str]:
    resource = lists.side.invoices
    moved = {
        number: row
        for row in await _changed_since(reading, resource, since)
        if lists.invoices.get(number := lists.side.number(row)) != row
    }
    lists.invoices |= moved
    lists.changes += bool(moved)
    for number in moved:
        await reading.forget(lists.side.singles, number)
    return _names(resource, moved)


async def _payments(reading: Reading, lists: Lists, since: datetime) -> list[str]:
    resource = lists.side.payments
    changed = await _changed_since(reading, resource, since)
    before = {row.number: row for row in lists.payment_rows}
    lists.newer_payments |= {row.number: row for row in changed}
    moved = {row.number for row in changed if before.get(row.number) != row}
    if await reading.total(resource, SECOND_LOOK) != lists.payments_in_all:
        await lists.read_payments_again()
        moved |= before.keys() ^ {row.number for row in lists.payment_rows}
    lists.changes += bool(moved)
    for number in moved:
        await reading.forget(payments.singles(lists.side), number)
    return _names(resource, moved)


async def _changed_since(reading: Reading, resource: fortnox.Resource[Any], since: datetime) -> list[Any]:
    return await reading.now(resource, SECOND_LOOK, lastmodified=since)


def _names(resource: fortnox.Resource[Any], numbers: Iterable[str]) -> list[str]:
    return [f"{resource.path} {number}" for number in sorted(numbers, key=by_number)]
