"""A configuration file with its store, opened as a program does, by any user, on any disk."""

import ctypes
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from twopair.base import Micros, Secret
from twopair.core.aka import AkaKeys, Subscriber
from twopair.live.config import ConfigError
from twopair.live.patience import Patience
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.subscribers import SqliteStore, open_subscribers

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="another user, or a mount, needs root")
USER = Subscriber.from_imsi("001010000000001", AkaKeys(Secret(b"k" * 16), opc=Secret(b"o" * 16)))
MISUSE, LACKING = ConfigError, PrerequisiteMissing
NOBODY: Final = 65534
_MS_RDONLY, _MS_REMOUNT, _MS_REC, _MS_PRIVATE = 1, 32, 1 << 14, 1 << 18
_CLONE_NEWNS: Final = 0x20000


class Pending:
    """A clock that moves when somebody sleeps; `at` is done at its second."""

    def __init__(self, at: dict[float, Callable[[], None]] | None = None) -> None:
        self.now = 0.0
        self._at = at or {}
        self.patience = Patience(lambda: Micros(round(self.now * 1_000_000)), self.sleep)

    def sleep(self, delay_s: float) -> None:
        self.now += delay_s
        for moment in [moment for moment in self._at if moment <= self.now]:
            self._at.pop(moment)()


def opened(folder: Path, url: str = "sqlite:///hss.db", pending: Pending | None = None) -> None:
    """Open what `home.toml` in that folder names, and close it."""
    patience = (pending or Pending()).patience
    with open_subscribers(folder / "home.toml", url, [USER], patience) as store:
        assert store.get(USER.impi) == USER


def made(path: Path) -> SqliteStore:
    """A store in a new file, with one subscriber."""
    path.touch(0o600)
    store = SqliteStore(path)
    store.provision([USER])
    return store


def database(path: Path, script: str) -> None:
    """A database that something else has made, or changed."""
    db = sqlite3.connect(path)
    db.executescript(script)
    db.close()


def to_schema_1(path: Path) -> None:
    """Make of a file of schema 2 what an earlier version would have made."""
    database(
        path,
        """
        DROP INDEX impu_wild; DROP INDEX impu_of; DROP INDEX impu_key;
        ALTER TABLE subscriber DROP COLUMN services; ALTER TABLE subscriber DROP COLUMN subscription;
        ALTER TABLE impu RENAME TO newer;
        CREATE TABLE impu (
            impu TEXT PRIMARY KEY,
            impi TEXT NOT NULL REFERENCES subscriber ON DELETE CASCADE,
            place INTEGER NOT NULL,
            barred INTEGER NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO impu SELECT impu, impi, place, barred FROM newer;
        ALTER TABLE impu ADD COLUMN key TEXT NOT NULL DEFAULT '';
        UPDATE impu SET key = (SELECT key FROM newer WHERE newer.impu = impu.impu);
        DROP TABLE newer;
        CREATE INDEX impu_of ON impu (impi, place);
        CREATE INDEX impu_key ON impu (key);
        PRAGMA user_version = 1;
        """,
    )


def in_child(prepare: Callable[[], None], action: Callable[[], None]) -> str:
    """Kind and text of what `action` raises in a process of its own, after `prepare`; "" for nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            prepare()
            action()
        except BaseException as error:  # whatever it is, the parent looks at it
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text


def as_nobody() -> None:
    """Become a user to whom modes mean something."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def on_disk(folder: Path, size: str) -> None:
    """Mount a small disk on a folder, for this process only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) or libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "no mounts of its own")
    if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={size}".encode()):
        raise OSError(ctypes.get_errno(), "no tmpfs")


def make_read_only(folder: Path) -> None:
    """Mount the disk on that folder again, read-only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(None, bytes(folder), None, _MS_REMOUNT | _MS_RDONLY, None):
        raise OSError(ctypes.get_errno(), "not read-only")


def fill(path: Path, left: int = 0) -> None:
    """Leave that many pages of a disk."""
    with path.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                break
        file.truncate(max(0, file.tell() // 4096 - left) * 4096)
