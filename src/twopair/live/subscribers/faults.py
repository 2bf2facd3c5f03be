"""What SQLite says is wrong, in words of ours."""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

_WORDS: Final = {
    sqlite3.SQLITE_BUSY: "locked by another program",
    sqlite3.SQLITE_LOCKED: "locked by another program",
    sqlite3.SQLITE_FULL: "there is no room left on its disk",
    sqlite3.SQLITE_READONLY: "may not be written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "not a database",
}
_OF_THE_FILE: Final = {
    sqlite3.SQLITE_NOTADB: "not a database; give another path",
    sqlite3.SQLITE_CORRUPT: "a damaged database; put a good copy in its place, or give another path",
    sqlite3.SQLITE_ERROR: "a database of another program; give another path",
}
_OF_THE_MACHINE: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,  # the file itself can be: it is a file beside it
    sqlite3.SQLITE_PERM: errno.EACCES,
}


def kind_of(error: sqlite3.Error) -> int:
    """The primary result code; SQLITE_ERROR where the error has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def is_lock(error: sqlite3.Error) -> bool:
    """Whether another program has the file, and may give it back."""
    return kind_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def in_words(error: sqlite3.Error | OSError) -> str:
    """What is wrong with a file that worked before."""
    if isinstance(error, OSError):
        return f"cannot be reached ({error.strerror})"
    return _WORDS.get(kind_of(error), "cannot be read or written")


def at_start(error: sqlite3.Error, path: Path) -> OSError | ValueError:
    """The error for `twopair.live.tried` to word: ValueError where another file would do."""
    kind = kind_of(error)
    if kind in _OF_THE_FILE:
        return ValueError(_OF_THE_FILE[kind])
    number = _OF_THE_MACHINE.get(kind, errno.EIO)
    if number == errno.EIO and not os.statvfs(path.parent).f_bavail:
        number = errno.ENOSPC  # of the shared memory beside it SQLite says only that it failed
    return OSError(number, os.strerror(number))
