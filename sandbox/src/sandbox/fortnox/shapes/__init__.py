"""Companies made at random, of every shape that a ledger is known to have: for tests that compare with the oracle."""

from sandbox.fortnox.shapes.books import Shape, books, shape
from sandbox.fortnox.shapes.happenings import happen

__all__ = ["Shape", "books", "happen", "shape"]
