"""A store in one SQLite file, in WAL mode: readers and one writer do not wait for each other."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from twopair.stores.contract import Changes, StoreError

T = TypeVar("T")

_PASSES: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
"""Errors that pass by themselves."""

MARK: Final = 0x54_50_50_31
"""`PRAGMA application_id`: "TPP1", by which a file is known as one of ours."""

WAITS_MS: Final = 250
"""How long a locked file is waited for in one call; the writer comes again."""

_PORTION: Final = 256
"""Rows that are read at a time."""

_PUT: Final = "INSERT INTO kept VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

_BEGIN: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    f"PRAGMA application_id = {MARK}",
    "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
)


class SqliteStore:
    """A `Store` in a file.

    Args:
        file: is made if it is not there.

    Raises:
        StoreError: it cannot be opened, or is not a store of ours.
    """

    def __init__(self, file: Path) -> None:
        self._connection = _tried(
            lambda: sqlite3.connect(
                file, timeout=WAITS_MS / 1000, isolation_level=None, check_same_thread=False
            )
        )
        try:
            _tried(self._begin)
        except StoreError:
            self._connection.close()
            raise

    def _begin(self) -> None:
        (mark,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if mark != MARK and tables:
            raise StoreError("is the database of another program; give another path")
        for statement in _BEGIN:
            self._connection.execute(statement)

    def load(self) -> Iterator[tuple[str, bytes]]:
        """See `Store`."""
        rows = _tried(lambda: self._connection.execute("SELECT key, value FROM kept"))
        while found := _tried(lambda: rows.fetchmany(_PORTION)):
            yield from found

    def write(self, changes: Changes) -> None:
        """See `Store`."""
        gone = [(key,) for key, value in changes.items() if value is None]
        new = [(key, value) for key, value in changes.items() if value is not None]
        _tried(lambda: self._write(new, gone))

    def _write(self, new: list[tuple[str, bytes]], gone: list[tuple[str]]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(_PUT, new)
            connection.executemany("DELETE FROM kept WHERE key = ?", gone)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """See `Store`."""
        self._connection.close()


_WORDS: Final = {
    "SQLITE_BUSY": "is locked by another program",
    "SQLITE_LOCKED": "is locked by another program",
    "SQLITE_FULL": "there is no room left on its disk",
    "SQLITE_READONLY": "may not be written",
    "SQLITE_PERM": "may not be opened",
    "SQLITE_CANTOPEN": "cannot be opened: its folder is missing, or may not be used",
    "SQLITE_NOTADB": "is no database",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_IOERR": "its disk fails",
}
"""What is said of an error of SQLite, by the beginning of its name."""


def _tried(call: Callable[[], T]) -> T:
    try:
        return call()
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        words = next((words for known, words in _WORDS.items() if name.startswith(known)), str(error))
        raise StoreError(words, passes=name.startswith(_PASSES)) from None
