"""The imported data as chunks: at most 500 kB each, in a fixed order, the same bytes for the same books."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import sie
from common.events import Chunk, Dataset
from common.events.import_data import (
    Account,
    AccountsChunk,
    Balance,
    BalancesChunk,
    BookedRow,
    BookedVoucher,
    ChecksChunk,
    CompanyChunk,
    CustomerLedgerChunk,
    DimensionsChunk,
    LedgerChunk,
    Object,
    SupplierLedgerChunk,
    VouchersChunk,
    Year,
)
from common.events.types import Model
from importer import problems
from importer.result import Ledger, Result

Row = TypeVar("Row", bound=Model)

LARGEST_CHUNK = 500_000  # bytes of a record's value, before compression (design 4)
ENVELOPE = 2_000  # bytes of a chunk beside its rows
CHECKS = "checks"
LEDGER_CHUNKS: Mapping[Dataset, type[LedgerChunk]] = {
    Dataset.CUSTOMER_LEDGER: CustomerLedgerChunk,
    Dataset.SUPPLIER_LEDGER: SupplierLedgerChunk,
}
BALANCES = {"IB": "IB", "UB": "UB", "RES": "RES", "OIB": "IB", "OUB": "UB"}
"""The file's kinds of balances and what they are published as; OIB and OUB are those with objects."""


@dataclass(frozen=True)
class Snapshot:
    """What all chunks of one publication carry."""

    connection_id: UUID
    import_id: UUID
    snapshot_id: UUID


@dataclass(frozen=True)
class Part:
    """The content of a chunk, with what it adds to the summary of its dataset."""

    kind: type[Chunk]
    name: str
    """The part of the dataset, such as `vouchers`."""
    content: Mapping[str, Any]
    entries: int
    """Accounts, vouchers, items … in it."""
    rows: int
    """What it adds to the dataset's `rows`: #TRANS rows, open items, checks."""

    def chunk(self, snapshot: Snapshot, dataset: str, number: int) -> Chunk:
        return self.kind(
            connection_id=snapshot.connection_id,
            import_id=snapshot.import_id,
            snapshot_id=snapshot.snapshot_id,
            dataset=dataset,
            number=number,
            **self.content,
        )


def datasets(result: Result, document: sie.Document) -> Iterator[tuple[str, Iterator[Part]]]:
    """All data of an import, each part made when it is asked for."""
    if Dataset.SIE4 in result.datasets:
        yield Dataset.SIE4, _books(result, document)
    for ledger in result.ledgers:
        yield ledger.dataset, _ledger(ledger, result)
    yield CHECKS, _checks(result)


def packed(rows: Iterable[Row], what: str, *, largest: int = LARGEST_CHUNK) -> Iterator[tuple[Row, ...]]:
    """The rows in lots that fit into a chunk. Raises a catalogued problem for a row that fits into none."""
    lot: list[Row] = []
    left = room = largest - ENVELOPE
    for row in rows:
        length = len(row.model_dump_json().encode()) + 1
        if length > room:
            raise problems.TOO_LARGE.error(place=what)
        if length > left:
            yield tuple(lot)
            lot, left = [], room
        lot.append(row)
        left -= length
    if lot:
        yield tuple(lot)


def _books(result: Result, document: sie.Document) -> Iterator[Part]:
    yield Part(CompanyChunk, "company", _company(result, document), entries=1, rows=0)
    for accounts in packed(_accounts(document), "accounts"):
        yield Part(AccountsChunk, "accounts", {"rows": accounts}, len(accounts), rows=0)
    for objects in packed(_objects(document), "dimensions"):
        yield Part(DimensionsChunk, "dimensions", {"rows": objects}, len(objects), rows=0)
    for balances in packed(_balances(document), "balances"):
        yield Part(BalancesChunk, "balances", {"rows": balances}, len(balances), rows=0)
    for vouchers in packed(_vouchers(document), "vouchers"):
        rows = sum(len(voucher.rows) for voucher in vouchers)
        yield Part(VouchersChunk, "vouchers", {"vouchers": vouchers}, len(vouchers), rows)


def _ledger(ledger: Ledger, result: Result) -> Iterator[Part]:
    """At least one chunk, so that an empty ledger is something that was received."""
    kind, closing = LEDGER_CHUNKS[ledger.dataset], result.closing_date
    lots: Sequence[tuple[Any, ...]] = [*packed(ledger.items, ledger.dataset)] or [()]
    for items in lots:
        yield Part(kind, ledger.dataset, {"closing_date": closing, "rows": items}, len(items), len(items))
    for payments in packed(ledger.unbooked_payments, ledger.dataset):
        content = {"closing_date": closing, "rows": (), "unbooked_payments": payments}
        yield Part(kind, "unbooked_payments", content, len(payments), rows=0)


def _checks(result: Result) -> Iterator[Part]:
    year = result.company.financial_year
    for checks in packed(result.checks, CHECKS):
        yield Part(ChecksChunk, CHECKS, {"financial_year": year, "rows": checks}, len(checks), len(checks))


def _company(result: Result, document: sie.Document) -> dict[str, Any]:
    company, header = result.company, document.header
    years = (Year(offset=year.index, from_date=year.start, to_date=year.end) for year in document.years.values())
    return {
        "name": company.name,
        "organisation_number": company.organisation_number,
        "tenant": company.tenant,
        "fortnox_financial_year": company.year_id,
        "accounting_method": company.accounting_method,
        "years": tuple(years),
        "sie_sha256": result.sie_sha256,
        "sie_program": f"{header.program} {header.program_version}".strip(),
    }


def _accounts(document: sie.Document) -> Iterator[Account]:
    for account in document.accounts.values():
        yield Account(number=account.number, name=account.name, sru=account.sru)


def _objects(document: sie.Document) -> Iterator[Object]:
    """Each dimension, followed by its objects."""
    for dimension in document.dimensions.values():
        yield Object(dimension=int(dimension.number), name=dimension.name)
        for number, name in dimension.objects.items():
            yield Object(dimension=int(dimension.number), object=number, name=name)


def _balances(document: sie.Document) -> Iterator[Balance]:
    for balance in document.balances:
        if balance.kind in BALANCES:
            yield Balance(
                kind=BALANCES[balance.kind],
                year=balance.year,
                account=balance.account,
                amount=balance.amount,
                objects=_pairs(balance.objects),
            )


def _vouchers(document: sie.Document) -> Iterator[BookedVoucher]:
    for voucher in document.vouchers:
        if voucher.date is None:
            raise problems.UNREADABLE_SIE.error(why=f"verifikation {voucher.name} saknar datum.", sie_code="no-date")
        yield BookedVoucher(
            series=voucher.series,
            number=voucher.number,
            date=voucher.date,
            text=voucher.text,
            registered=voucher.registered,
            rows=tuple(_row(row) for row in voucher.rows),
        )


def _row(row: sie.Row) -> BookedRow:
    return BookedRow(account=row.account, amount=row.amount, objects=_pairs(row.objects), date=row.date, text=row.text)


def _pairs(objects: sie.Objects) -> tuple[tuple[int, str], ...]:
    return tuple((int(dimension), number) for dimension, number in objects)
