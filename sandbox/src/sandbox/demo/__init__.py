"""`make demo`: one company's whole story, on real parts, in the terminal."""

from sandbox.demo.command import run

__all__ = ["run"]
