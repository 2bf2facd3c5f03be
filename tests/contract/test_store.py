"""What every store promises, whatever it is made of."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot
from tests.contract.redis_server import NEEDS_REDIS, RedisServer

from twopair.stores.contract import Store, StoreError
from twopair.stores.memory import MemoryStore
from twopair.stores.redis import RedisStore
from twopair.stores.redis_tenancy import RedisTenancy
from twopair.stores.sqlite import SqliteStore

Open = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite", pytest.param("redis", marks=NEEDS_REDIS)])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one and the same store, as often as a test wants."""
    if request.param == "memory":
        only = MemoryStore()
        yield lambda: only
    elif request.param == "sqlite":
        yield lambda: SqliteStore(tmp_path / "kept.db")
    else:
        server = RedisServer(tmp_path)
        yield lambda: RedisStore(server.url, "pcscf1")
        server.stop()


def content(store: Store) -> dict[str, bytes]:
    return dict(store.load())


def test_what_was_written_is_there_for_the_next(opens: Open) -> None:
    store = opens()
    assert content(store) == {}
    store.write({"a": b"1", "b": bytes(range(256))})
    store.write({"a": b"2", "c": b"3", "b": None, "never": None})
    store.close()
    store.close()
    again = opens()
    assert content(again) == {"a": b"2", "c": b"3"}


def test_an_empty_batch_changes_nothing(opens: Open) -> None:
    store = opens()
    store.write({"a": b""})
    store.write({})
    assert content(store) == {"a": b""}


def test_many(opens: Open) -> None:
    store = opens()
    many = {f"{number:08x}": b"x" * 100 for number in range(5_000)}
    store.write(many)
    assert content(store) == many
    store.write(dict.fromkeys(many))
    assert content(store) == {}


@NEEDS_REDIS
def test_a_redis_that_is_away_is_said_and_comes_back(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    store = RedisStore(server.url, "pcscf1")
    store.write({"a": b"1"})
    server.stop()
    with pytest.raises(StoreError, match="does not answer") as raised:
        store.write({"a": b"2"})
    assert raised.value.passes
    server.start()
    assert content(store) == {"a": b"1"}
    server.stop()


@NEEDS_REDIS
def test_all_keys_of_a_node_are_in_one_slot(tmp_path: Path) -> None:
    """ADR 22: a cluster of Redis hashes what is in braces, and a transaction has keys of one slot only."""
    server = RedisServer(tmp_path)
    tenancy = RedisTenancy(server.url, "pcscf1")
    term = tenancy.claim("a", 30)
    assert term is not None
    tenancy.ask("b", 30)
    RedisStore(server.url, "pcscf1", term.owner).write({"a": b"1"})
    keys = {key.decode() for key in RedisStore(server.url, "pcscf1")._redis.scan_iter()}
    assert keys == {f"twopair:{{pcscf1}}{end}" for end in ("", ":owner", ":lease", ":wanted")}
    assert len({key_slot(key.encode()) for key in keys}) == 1
    server.stop()


@NEEDS_REDIS
def test_nodes_do_not_see_each_other(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    RedisStore(server.url, "pcscf1").write({"a": b"1"})
    assert content(RedisStore(server.url, "pcscf2")) == {}
    server.stop()


def test_a_locked_file_passes_and_a_foreign_one_does_not(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "kept.db")
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as raised:
        store.write({"a": b"1"})
    assert raised.value.passes
    other.execute("ROLLBACK")
    store.write({"a": b"1"})
    assert content(store) == {"a": b"1"}
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE somebody (s)")
    foreign.commit()
    with pytest.raises(StoreError, match="another program") as raised:
        SqliteStore(tmp_path / "foreign.db")
    assert not raised.value.passes
