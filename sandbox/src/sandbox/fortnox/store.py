"""Where the simulator keeps its records: in memory only, or written through to a SQLite file after each change."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """Records by key; a record is kept when `put` returns, so that a killed simulator comes back as it was."""

    def put(self, key: str, record: object) -> None: ...

    def delete(self, key: str) -> None: ...

    def items(self, prefix: str) -> Iterator[tuple[str, Any]]: ...

    def close(self) -> None: ...


class Memory:
    """Keeps nothing: the live objects are the records."""

    def put(self, key: str, record: object) -> None:
        """Nothing to do."""

    def delete(self, key: str) -> None:
        """Nothing to do."""

    def items(self, prefix: str) -> Iterator[tuple[str, Any]]:
        return iter(())

    def close(self) -> None:
        """Nothing to do."""


class File:
    """One SQLite file. It outlives the process, not a power cut: `synchronous` is off."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = off")
        self._database.execute("create table if not exists records (key text primary key, record blob not null)")

    def put(self, key: str, record: object) -> None:
        self._database.execute("insert or replace into records values (?, ?)", (key, pickle.dumps(record)))

    def delete(self, key: str) -> None:
        self._database.execute("delete from records where key = ?", (key,))

    def items(self, prefix: str) -> Iterator[tuple[str, Any]]:
        # The file is the simulator's own; nobody else writes pickles into it.
        rows = self._database.execute(
            "select key, record from records where key >= ? and key < ? order by key", (prefix, prefix + "\x7f")
        )
        for key, record in rows.fetchall():
            yield key, pickle.loads(record)  # noqa: S301 - see above

    def close(self) -> None:
        self._database.close()
