"""The store of a home network's configuration, opened beside the home network that may be serving from it."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from twopair.core.aka import Subscriber
from twopair.live.config import ConfigError, HomeFile, read
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.subscribers.faults import at_start, in_words, is_lock
from twopair.live.subscribers.opened import SCHEME
from twopair.live.subscribers.store import SqliteStore
from twopair.live.tried import beside, tried
from twopair.nodes.homenet import StoreFailed


class Register:
    """Subscribers as an operator sees them.

    Args:
        store: where they are.
        settings: of their home network.
        file: its configuration, for words.
    """

    def __init__(self, store: SqliteStore, settings: HomeFile, file: Path) -> None:
        self.store = store
        self.settings = settings
        self._file = file

    def all(self) -> tuple[Subscriber, ...]:
        """Every one, by private identity."""
        return tuple(one for impi in self.store.impis() if (one := self.store.get(impi)) is not None)

    def add(self, subscribers: Sequence[Subscriber], places: str = "") -> None:
        """Put these in, or replace what is known of them; all or none.

        Raises:
            ConfigError: an identity belongs to another subscriber, or a service is none.
        """
        known = self.settings.services()
        faults = [
            f"{places or one.impi}: {name} is no service; give the name of a [[service]] in {self._file}"
            for one in subscribers
            for name in one.services
            if name not in known
        ]
        if faults:
            raise ConfigError(list(dict.fromkeys(faults)))
        try:
            self.store.provision(subscribers)
        except ValueError as error:
            raise ConfigError([f"{places or subscribers[0].impi}: {error}"]) from None


@contextmanager
def open_beside(file: Path) -> Iterator[Register]:
    """The subscribers of that home.toml.

    Raises:
        ConfigError: the file is wrong, or keeps its subscribers nowhere.
        PrerequisiteMissing: the store cannot be read or written here and now.
    """
    settings = read(file, HomeFile)
    url = settings.hss.url
    if not url.startswith(SCHEME):
        raise ConfigError([f'{file}: hss.url = "{url}": keeps no subscribers; give sqlite:///PATH'])
    path = Path(os.path.realpath(beside(file, url.removeprefix(SCHEME))))
    with tried(file, "hss.url", url):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            store = SqliteStore(path)
        except sqlite3.Error as error:
            if is_lock(error):
                raise _failed(path, in_words(error)) from None
            raise at_start(error, path) from None
    with closing(store):
        try:
            yield Register(store, settings, file)
        except StoreFailed as error:
            raise _failed(path, str(error)) from None
        except sqlite3.Error as error:
            raise _failed(path, in_words(error)) from None


def _failed(path: Path, words: str) -> PrerequisiteMissing:
    return PrerequisiteMissing(f"subscribers in {path}: {words}")
