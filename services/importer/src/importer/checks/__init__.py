"""What was verified, as typed results: each check is told whether it passed or not, with numbers and place."""

from importer.checks.books import of_books
from importer.checks.identity import of_identity, of_moment
from importer.checks.ledgers import of_ledger

__all__ = ["of_books", "of_identity", "of_ledger", "of_moment"]
