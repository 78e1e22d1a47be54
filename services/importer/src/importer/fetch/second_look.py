"""Whether anything changed in Fortnox while it was read: what can be known of it (design 6)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import fortnox
from common.concurrency import together
from common.events import Dataset
from importer.fetch.books import Company
from importer.fetch.reading import Reading
from importer.fetch.sides import SIDES

MOST_NAMED = 50  # changes that are told one by one; a reader only needs to know that the books moved


async def changes(
    reading: Reading, company: Company, datasets: Collection[Dataset], since: datetime
) -> tuple[str, ...]:
    """What was made or changed since, such as `invoices 17` or `vouchers A 12`. Deletions leave no trace."""
    looks = [_look(reading, fortnox.VOUCHERS, since, financialyear=company.year_id)]
    for side in SIDES:
        if side.dataset in datasets:
            looks += [_look(reading, resource, since) for resource in (side.invoices, side.payments)]
    return tuple(name for names in await together(looks) for name in names)[:MOST_NAMED]


async def _look(
    reading: Reading, resource: fortnox.Resource[Any], since: datetime, **query: fortnox.QueryValue
) -> list[str]:
    page = await reading.changed_since(resource, since, **query)
    return [f"{resource.path} {_name(record)}" for record in page.items]


def _name(record: fortnox.Wire) -> str:
    match record:
        case fortnox.VoucherListItem():
            return f"{record.voucher_series} {record.voucher_number}"
        case fortnox.SupplierInvoiceListItem():
            return record.given_number
        case fortnox.InvoiceListItem():
            return record.document_number
        case fortnox.InvoicePaymentListItem():
            return record.number
    raise TypeError(type(record).__name__)
