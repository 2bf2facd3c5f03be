"""The store that `hss.url` names, tried at start, before anybody is served (ADR 17)."""

import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from errno import EISDIR
from pathlib import Path
from typing import Final

from twopair.core.aka import Subscriber
from twopair.live.config import ConfigError
from twopair.live.holder import Held, held
from twopair.live.patience import Patience
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.subscribers.faults import at_start, is_lock
from twopair.live.subscribers.store import SqliteStore
from twopair.live.tried import beside, tried
from twopair.nodes.homenet import MemoryStore, SubscriberStore

SCHEME: Final = "sqlite:///"
_KEY: Final = "hss.url"
_OWN: Final = ("", "-wal", "-shm")
"""Endings of the files of one database."""

_PATIENCE: Final = Patience()


@contextmanager
def open_subscribers(
    file: Path, url: str, subscribers: Iterable[Subscriber], patience: Patience = _PATIENCE
) -> Iterator[SubscriberStore]:
    """The store that `hss.url` names, with the subscribers of the configuration in it.

    Args:
        file: the configuration file; a relative path is relative to its folder.
        url: ``memory:`` or ``sqlite:///PATH``.
        subscribers: added to the store, or replaced in it; their sequence numbers stay.
        patience: how a locked file is waited for.

    Raises:
        ConfigError: another file would do, or an identity belongs to two subscribers.
        PrerequisiteMissing: the machine lacks a right or room; another program has the file.
    """
    if not url.startswith(SCHEME):
        with _entries(file):
            memory = MemoryStore(subscribers)
        yield memory
        return
    said = f"{file}: {_KEY} = {json.dumps(url, ensure_ascii=False)}"
    entries = tuple(subscribers)
    path = Path(os.path.realpath(beside(file, url.removeprefix(SCHEME))))

    def attempt() -> SqliteStore:
        with tried(file, _KEY, url):
            store = _opened(path)
        with ExitStack() as undo, tried(file, _KEY, url), _in_its_words(path):
            undo.callback(store.close)
            with _entries(file):
                store.provision(entries)
            undo.pop_all()
        return store

    with ExitStack() as stack:
        with tried(file, _KEY, url):
            _is_a_file(path)
            try:
                stack.enter_context(held(path))
            except Held as other:
                raise PrerequisiteMissing(
                    f"{said}: is in use by another home network, process {other or 'unknown'} ({path}); "
                    "end it, or give another path"
                ) from None
            new = not path.exists()
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # nobody here has locks on it yet
        with ExitStack() as undo:
            if new:
                undo.callback(_remove, path)
            store = patience.until_free(said, attempt, _passing)
            undo.pop_all()
        stack.enter_context(closing(store))
        yield store


def _passing(error: Exception) -> str | None:
    """A lock is waited for."""
    locked = isinstance(error, sqlite3.OperationalError) and is_lock(error)
    words = "is locked by another program; end that program or its transaction, or give another path"
    return words if locked else None


def _is_a_file(path: Path) -> None:
    """Raises OSError or ValueError where something else has that name."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    if not stat.S_ISREG(mode):
        raise ValueError("a device or a pipe; give the path of a file")


def _opened(path: Path) -> SqliteStore:
    with _in_its_words(path):
        return SqliteStore(path)


def _remove(path: Path) -> None:
    """Take away what was made in vain."""
    for ending in _OWN:
        path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def _in_its_words(path: Path) -> Iterator[None]:
    """Errors of SQLite as those of the system, but for locks, which are waited for."""
    try:
        yield
    except sqlite3.Error as error:
        if is_lock(error):
            raise
        raise at_start(error, path) from None


@contextmanager
def _entries(file: Path) -> Iterator[None]:
    """Faults of the entries of the configuration file."""
    try:
        yield
    except ValueError as error:
        raise ConfigError([f"{file}: subscriber: {error}"]) from None
