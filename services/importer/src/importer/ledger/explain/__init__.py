"""Why a ledger and its accounts differ at the closing date (docs/ledgers.md). No I/O in here."""

from importer.ledger.explain.case import Case, Reference
from importer.ledger.explain.causes import Cause, Explained, Finding
from importer.ledger.explain.explaining import Explanation, explain, series_to_read

__all__ = ["Case", "Cause", "Explained", "Explanation", "Finding", "Reference", "explain", "series_to_read"]
