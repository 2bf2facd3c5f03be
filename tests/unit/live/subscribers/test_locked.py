"""A database that another program has locked, and one that another home network has (ADR 17)."""

import errno
import fcntl
import os
import signal
import sqlite3
from pathlib import Path

import pytest
from tests.unit.live.subscribers.bed import LACKING, USER, Pending, made, opened

from twopair.base import Micros
from twopair.live import holder
from twopair.live.holder import Held, held
from twopair.live.patience import Patience
from twopair.live.subscribers import open_subscribers
from twopair.live.subscribers.opened import _passing


@pytest.fixture
def locked(tmp_path: Path) -> sqlite3.Connection:
    """Somebody who has the whole file."""
    made(tmp_path / "hss.db").close()
    other = sqlite3.connect(tmp_path / "hss.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    return other


def said(folder: Path) -> str:
    return f'{folder / "home.toml"}: hss.url = "sqlite:///hss.db"'


@pytest.mark.parametrize(("freed_at", "lines"), [(0.5, 0), (1.5, 1), (4.8, 1)])
def test_a_lock_is_waited_for(
    tmp_path: Path, locked: sqlite3.Connection, caplog: pytest.LogCaptureFixture, freed_at: float, lines: int
) -> None:
    """Said after a second, and only once."""
    pending = Pending({freed_at: locked.close})
    opened(tmp_path, pending=pending)
    assert freed_at <= pending.now < freed_at + 0.1
    assert caplog.messages == [f"{said(tmp_path)}: is locked by another program; waiting"] * lines


def test_a_lock_is_not_waited_for_for_ever(tmp_path: Path, locked: sqlite3.Connection) -> None:
    """Exit code 3, after five seconds."""
    pending = Pending()
    with pytest.raises(LACKING) as error:
        opened(tmp_path, pending=pending)
    assert 4.99 < pending.now < 5.1
    assert str(error.value) == (
        f"{said(tmp_path)}: is locked by another program; "
        "end that program or its transaction, or give another path"
    )
    locked.close()
    opened(tmp_path)


def test_a_writer_is_waited_for_too(tmp_path: Path) -> None:
    """In WAL mode one can read meanwhile, but that is not enough."""
    made(tmp_path / "hss.db").close()
    other = sqlite3.connect(tmp_path / "hss.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pending = Pending({2: other.close})
    opened(tmp_path, pending=pending)
    assert pending.now >= 2


def test_other_faults_are_not_waited_for() -> None:
    def attempt() -> None:
        raise sqlite3.OperationalError("no such table")

    def sleep(_delay_s: float) -> None:
        raise AssertionError("slept")

    with pytest.raises(sqlite3.OperationalError):
        Patience(lambda: Micros(0), sleep).until_free("it", attempt, _passing)


# two home networks


@pytest.mark.parametrize("way", ["the same", "another folder", "a link"])
def test_the_second_home_network_is_told_who_the_first_is(tmp_path: Path, way: str) -> None:
    """Exit code 3, however the path is written; after `kill -9` of the first the next starts."""
    path = tmp_path / "hss.db"
    made(path).close()
    folder, url = {
        "the same": (tmp_path, "sqlite:///hss.db"),
        "another folder": (tmp_path / "etc", "sqlite:///../hss.db"),
        "a link": (tmp_path, "sqlite:///link.db"),
    }[way]
    (tmp_path / "etc").mkdir()
    (tmp_path / "link.db").symlink_to("hss.db")
    reader, writer = os.pipe()
    first = os.fork()
    if first == 0:
        with open_subscribers(tmp_path / "home.toml", "sqlite:///hss.db", [USER]):
            os.write(writer, b"r")
            signal.pause()
        os._exit(0)
    assert os.read(reader, 1) == b"r"
    try:
        with pytest.raises(LACKING) as error:
            opened(folder, url)
        assert str(error.value) == (
            f'{folder / "home.toml"}: hss.url = "{url}": is in use by another home network, '
            f"process {first} ({path}); end it, or give another path"
        )
    finally:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        os.close(reader)
        os.close(writer)
    pending = Pending()
    opened(folder, url, pending)
    assert pending.now == 0
    assert not (tmp_path / "hss.db.lock").exists()


def test_two_files_do_not_meet(tmp_path: Path) -> None:
    with open_subscribers(tmp_path / "home.toml", "sqlite:///one.db", [USER]):
        opened(tmp_path, "sqlite:///two.db")


def test_a_program_that_reads_and_writes_beside_it_is_served(tmp_path: Path) -> None:
    """A person with sqlite3, or a backup: the lock is between home networks only."""
    with open_subscribers(tmp_path / "home.toml", "sqlite:///hss.db", [USER]) as store:
        other = sqlite3.connect(tmp_path / "hss.db")
        with other:
            other.execute("UPDATE subscriber SET sqn = 96")
        other.close()
        assert store.sqn(USER.impi) == 96


def test_a_holder_that_has_not_written_its_number_yet(tmp_path: Path) -> None:
    """And what of its number is no text is no reason for a traceback."""
    path = tmp_path / "x"
    with held(path):
        for content, words in ((b"", ""), (b"\xff7", "\ufffd7")):
            path.with_name("x.lock").write_bytes(content)
            with pytest.raises(Held) as other, held(path):
                pass
            assert str(other.value) == words


def test_a_lock_that_was_removed_meanwhile_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and locking it, who had it until then may take it away; that file keeps nobody off."""
    path, times = tmp_path / "x.lock", 2
    really = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        nonlocal times
        times -= 1
        if times >= 0:
            path.unlink()
        really(descriptor, how)

    monkeypatch.setattr(holder, "flock", flock)
    with held(tmp_path / "x"):
        assert times == -1
        with pytest.raises(Held), held(tmp_path / "x"):
            pass


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(holder, "flock", flock)
    with pytest.raises(LACKING, match="cannot be used \\(No locks available\\); look at its disk"):
        opened(tmp_path)
