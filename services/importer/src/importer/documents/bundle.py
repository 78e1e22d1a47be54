"""All documents of an import in one zip: both ledgers, each as a spreadsheet and as CSV, and the SIE file."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from common.clock import SWEDEN
from importer.documents import as_csv
from importer.documents.ledger_book import workbook
from importer.documents.words import NAMES
from importer.result import Ledger, Result

MEDIA_TYPE = "application/zip"
READABLE = 0o644 << 16  # by everybody, on systems that have such rights


def file_name(result: Result, ledger: Ledger, ending: str) -> str:
    """Such as `kundreskontra-2025-12-31.xlsx`."""
    return f"{NAMES[ledger.dataset].file}-{result.closing_date}.{ending}"


def archive(import_id: UUID, result: Result, sie_file: bytes) -> bytes:
    """The same bytes for the same import: names, order and times are the import's own."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as into:
        for name, content in _files(import_id, result, sie_file):
            into.writestr(_entry(name, result.read_to), content)
    return packed.getvalue()


def _files(import_id: UUID, result: Result, sie_file: bytes) -> Iterator[tuple[str, bytes]]:
    for ledger in result.ledgers:
        yield file_name(result, ledger, "xlsx"), workbook(import_id, result, ledger)
        yield file_name(result, ledger, "csv"), as_csv.file(result, ledger)
    yield f"bokforing-{result.company.financial_year.to_date}.se", sie_file


def _entry(name: str, time: datetime) -> ZipInfo:
    local = time.astimezone(SWEDEN)
    entry = ZipInfo(name, (local.year, local.month, local.day, local.hour, local.minute, local.second))
    entry.compress_type, entry.external_attr, entry.create_system = ZIP_DEFLATED, READABLE, 3
    return entry
