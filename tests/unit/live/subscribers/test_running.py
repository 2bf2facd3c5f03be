"""A store that fails while it serves, and works again (29.228 §6.1.1.1; ADR 17)."""

import logging
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.unit.live.subscribers.bed import NEEDS_ROOT, USER, database, fill, in_child, made, on_disk

from twopair.core.aka import Subscriber
from twopair.live.entropy import OsEntropy
from twopair.live.subscribers import SqliteStore
from twopair.nodes.cx import Maa, Mar, Result
from twopair.nodes.homenet import StoreFailed
from twopair.nodes.homenet.hss import Hss

IMPI = USER.impi


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hss.db"


@pytest.fixture
def store(path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[SqliteStore]:
    caplog.set_level(logging.INFO, "twopair")
    store = made(path)
    yield store
    store.close()


def begins(path: Path, words: str) -> str:
    return f"subscribers in {path}: {words}; 500 to who needs them until that is over"


def ends(path: Path, requests: int) -> str:
    return f"subscribers in {path}: work again; failed requests: {requests}"


@contextmanager
def locked(path: Path, how: str = "IMMEDIATE") -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(f"BEGIN {how}")
    try:
        yield
    finally:
        other.close()


def test_one_line_when_it_fails_and_one_when_it_works(
    path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Twice, and never the words of SQLite; that it can be read meanwhile is no end of it."""
    for _ in range(2):
        caplog.clear()
        with locked(path):
            for _ in range(3):
                assert store.get(IMPI) == USER
                assert store.sqn(IMPI) == 0
                with pytest.raises(StoreFailed, match=r"^locked by another program$"):
                    store.save_sqn(IMPI, 32)
            assert caplog.messages == [begins(path, "locked by another program")]
        assert store.get(IMPI) == USER
        assert len(caplog.messages) == 1, "a reader proves nothing"
        store.save_sqn(IMPI, 0)
        assert caplog.messages == [begins(path, "locked by another program"), ends(path, 3)]


def test_a_lock_is_waited_for_once_and_shortly(path: Path, store: SqliteStore) -> None:
    """250 ms at the first request; everybody else waits too, so those after it fail at once."""

    def failing() -> float:
        begun = time.monotonic()
        with pytest.raises(StoreFailed):
            store.save_sqn(IMPI, 32)
        return time.monotonic() - begun

    with locked(path):
        assert failing() >= 0.25
        assert min(failing() for _ in range(3)) < 0.1
    store.save_sqn(IMPI, 32)
    with locked(path):
        assert failing() >= 0.25, "patience is back"


def test_a_file_that_is_gone_keeps_nothing_until_it_is_back(
    path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite itself would go on writing into what has no name any more."""
    path.rename(path.with_name("away"))
    with pytest.raises(StoreFailed):
        store.save_sqn(IMPI, 32)
    path.with_name("away").rename(path)
    store.save_sqn(IMPI, 64)
    assert caplog.messages == [begins(path, "moved or removed; put it back"), ends(path, 1)]
    again = sqlite3.connect(path)
    assert again.execute("SELECT sqn FROM subscriber").fetchone() == (64,)
    again.close()


def test_another_file_in_its_place_is_not_written(
    path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    path.rename(path.with_name("away"))
    path.write_bytes(b"new")
    for _ in range(2):
        with pytest.raises(StoreFailed):
            store.save_sqn(IMPI, 32)
    assert caplog.messages == [begins(path, "another file is in its place; start again")]
    store.close()
    assert path.read_bytes() == b"new"


def test_tables_that_are_gone(path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    """Reading fails too; after that a read is enough."""
    database(path, "ALTER TABLE subscriber RENAME TO other; ALTER TABLE impu RENAME TO more;")
    for call in (store.get, store.sqn):
        with pytest.raises(StoreFailed):
            call(IMPI)
    with pytest.raises(StoreFailed):
        store.owners(USER.impus[0])
    database(path, "ALTER TABLE other RENAME TO subscriber; ALTER TABLE more RENAME TO impu;")
    assert store.owners(USER.impus[0]) == (IMPI,)
    assert caplog.messages == [begins(path, "cannot be read or written"), ends(path, 3)]


def test_a_subscriber_who_is_taken_out_between_two_questions(path: Path, store: SqliteStore) -> None:
    """AKA-13: nothing was kept, so nothing may leave."""
    database(path, "DELETE FROM subscriber;")
    with pytest.raises(StoreFailed):
        store.sqn(IMPI)
    with pytest.raises(StoreFailed):
        store.save_sqn(IMPI, 32)
    assert store.get(IMPI) is None


@pytest.mark.parametrize(
    "nonsense",
    [
        *(
            "k = x'00'",
            "k = 'text'",
            "k = 16",
            "amf = 2",
            "opc = NULL",
            "algorithm = 'x'",
            "amf = x'00'",
            "amf = 'ab'",
            "ind_bits = 99",
        ),
        *("res = 'x'", "sqn = -1", "sqn = 'x'", "sqn = 1 << 48"),
    ],
)
def test_a_row_of_nonsense_fails_for_its_subscriber_alone(
    path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture, nonsense: str
) -> None:
    """Somebody's edit: no traceback with every REGISTER, and no word that the store as a whole fails."""
    other = Subscriber.from_imsi("001010000000002", USER.keys)
    store.provision([other])
    database(path, f"UPDATE subscriber SET {nonsense} WHERE impi = '{IMPI}';")
    hss = Hss(store, OsEntropy())
    assert hss.multimedia_auth(Mar(IMPI, USER.impus[0], "sip:s")) == Maa(Result.UNABLE_TO_COMPLY)
    assert hss.multimedia_auth(Mar(other.impi, other.impus[0], "sip:s")).vector is not None
    assert caplog.messages == []


def test_a_disk_that_does_not_take_it(tmp_path: Path) -> None:
    """A real error of a real write: no file of this process may grow."""
    path = tmp_path / "hss.db"

    def check() -> None:
        store = made(path)
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name("hss.db-wal").stat().st_size, most))
        for _ in range(2):
            with pytest.raises(StoreFailed, match=r"^cannot be read or written$"):
                store.save_sqn(IMPI, 32)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        assert store.sqn(IMPI) == 0
        store.save_sqn(IMPI, 64)
        assert store.sqn(IMPI) == 64

    assert in_child(lambda: None, check) == ""


@NEEDS_ROOT
def test_a_disk_that_is_full_and_has_room_again(tmp_path: Path) -> None:
    """The log has room within its own length at first; then nothing is kept until there is room."""

    def check() -> None:
        store, rest = made(tmp_path / "hss.db"), tmp_path / "rest"
        fill(rest)
        kept = 0
        with suppress(StoreFailed):
            for sqn in range(32, 32000, 32):
                store.save_sqn(IMPI, sqn)
                kept = sqn
        with pytest.raises(StoreFailed, match=r"^there is no room left on its disk$"):
            store.save_sqn(IMPI, 32000)
        assert store.sqn(IMPI) == kept
        rest.unlink()
        store.save_sqn(IMPI, 32000)
        assert store.sqn(IMPI) == 32000

    assert in_child(lambda: on_disk(tmp_path, "256k"), check) == ""
