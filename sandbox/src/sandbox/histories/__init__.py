"""Random histories of the voucher-sender in one process, and the checker that judges them and others."""

from sandbox.histories.checker import judge, replayed
from sandbox.histories.record import Command, Record
from sandbox.histories.verdict import Verdict

__all__ = ["Command", "Record", "Verdict", "judge", "replayed"]
