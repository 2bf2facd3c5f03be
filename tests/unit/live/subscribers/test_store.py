"""Subscribers in SQLite (AKA-13, AKA-17, AKA-50)."""

import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.live.subscribers.bed import database, to_schema_1

from twopair.base import Impi, Impu, Secret
from twopair.core.aka import AkaKeys, SqnProfile, Subscriber
from twopair.crypto import TuakSizes
from twopair.live.config import ConfigError
from twopair.live.subscribers import SqliteStore, open_subscribers
from twopair.nodes.homenet import MemoryStore, SubscriberStore

K, OTHER = Secret(b"k" * 16), Secret(b"o" * 16)
ALICE, TEL = Impu("sip:alice@home"), Impu("tel:+49301")
FIRST = Subscriber.from_imsi("001010000000001", AkaKeys(K, opc=OTHER), (ALICE, TEL))
WITH_OP = Subscriber.from_imsi("001010000000002", AkaKeys(K, op=OTHER))
WITH_TUAK = Subscriber(
    Impi("carol@home"),
    (Impu("sip:carol@home"),),
    AkaKeys(Secret(b"k" * 32), op=Secret(b"t" * 32), algorithm="tuak", sizes=TuakSizes(res=16, iterations=2)),
    amf=b"\x80\x00",
    sqn_profile=SqnProfile(4, 1000, 50),
)
ALL = (FIRST, WITH_OP, WITH_TUAK)
SHARED = Subscriber(Impi("tablet@home"), (ALICE,), AkaKeys(K, op=K), subscription="smith")
FILE = Path("home.toml")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "hss.db"
    path.touch(0o600)
    return path


def reopened(path: Path) -> SqliteStore:
    return SqliteStore(path)


@pytest.mark.parametrize("subscriber", ALL, ids=lambda s: s.impi)
def test_everything_about_a_subscriber_comes_back(path: Path, subscriber: Subscriber) -> None:
    """AKA-50, AKA-51: OP stays OP, OPc stays OPc."""
    store = SqliteStore(path)
    store.provision(ALL)
    store.close()
    again = reopened(path)
    assert again.get(subscriber.impi) == subscriber
    assert [again.owners(impu) for impu in subscriber.impus] == [(subscriber.impi,)] * len(subscriber.impus)
    assert again.sqn(subscriber.impi) == 0


def test_a_saved_sequence_number_is_there_for_another_process_at_once(path: Path) -> None:
    """AKA-13: nothing waits for an orderly end."""
    store = SqliteStore(path)
    store.provision(ALL)
    store.save_sqn(FIRST.impi, (1 << 48) - 1)
    assert reopened(path).sqn(FIRST.impi) == (1 << 48) - 1


def test_provisioning_again_keeps_the_sequence_number(path: Path) -> None:
    """AKA-13: else every restart would need a resynchronisation."""
    store = SqliteStore(path)
    store.provision(ALL)
    store.save_sqn(FIRST.impi, 99)
    changed = Subscriber.from_imsi("001010000000001", AkaKeys(OTHER, op=K))
    store.provision([changed])
    assert store.sqn(FIRST.impi) == 99
    assert store.get(FIRST.impi) == changed
    assert store.owners(ALICE) == ()
    assert store.get(WITH_OP.impi) == WITH_OP


def test_unknown_identities(path: Path) -> None:
    store = SqliteStore(path)
    store.provision(ALL)
    for text in ("nobody@home", "", "\udcff@home", "a\x00b"):
        assert store.get(Impi(text)) is None
        assert store.owners(Impu(text)) == ()


def test_an_identity_of_two_subscribers_is_refused_and_nothing_is_changed(path: Path) -> None:
    store = SqliteStore(path)
    store.provision([FIRST])
    thief = Subscriber(Impi("thief@home"), (ALICE,), AkaKeys(K, op=K))
    with pytest.raises(ValueError, match="two subscribers"):
        store.provision([WITH_OP, thief])
    assert store.get(WITH_OP.impi) is None
    assert store.owners(ALICE) == (FIRST.impi,)


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """AKA-32: keys stand in it, and in what SQLite puts beside it."""
    with open_subscribers(FILE, f"sqlite:///{tmp_path / 'new.db'}", ALL):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"new.db", "new.db-wal", "new.db.lock"} <= set(modes)


@pytest.mark.parametrize("scheme", ["memory:", "sqlite:///"])
def test_both_kinds_serve_the_subscribers_of_the_file(path: Path, scheme: str) -> None:
    url = scheme if scheme == "memory:" else f"{scheme}{path}"
    with open_subscribers(FILE, url, ALL) as store:
        served: SubscriberStore = store
        assert served.get(FIRST.impi) == FIRST
        served.save_sqn(FIRST.impi, 7)
        assert served.sqn(FIRST.impi) == 7


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_faults_of_entries_are_told_as_configuration(path: Path, kind: str) -> None:
    url = "memory:" if kind == "memory" else f"sqlite:///{path}"
    thief = Subscriber(Impi("thief@home"), (ALICE,), AkaKeys(K, op=K))
    with (
        pytest.raises(ConfigError, match="belongs to two subscribers"),
        open_subscribers(FILE, url, [FIRST, thief]),
    ):
        pass


def test_faults_of_the_service_itself_are_not_told_as_configuration(path: Path) -> None:
    """An error inside the `with` is the service's own."""
    with pytest.raises(sqlite3.Error), open_subscribers(FILE, f"sqlite:///{path}", ALL):
        raise sqlite3.OperationalError


@pytest.mark.parametrize("asked", ["tel:+4-93-01", "TEL:+49301", "sip:+49301@home;user=phone"])
def test_an_identity_however_it_is_written(path: Path, asked: str) -> None:
    """RFC 3966 §4: the owner is found, and no other may have it; the text stays as configured."""
    store = SqliteStore(path)
    written = Subscriber(
        FIRST.impi, (ALICE, Impu("tel:+49-301"), Impu("sip:+49301@HOME;user=phone")), FIRST.keys
    )
    store.provision([written])
    assert store.owners(Impu(asked)) == (FIRST.impi,)
    assert store.get(FIRST.impi) == written
    with pytest.raises(ValueError, match="two subscribers"):
        store.provision([Subscriber(WITH_OP.impi, (Impu(asked),), WITH_OP.keys)])


@pytest.mark.parametrize("version", [0, 1])
def test_a_file_of_an_earlier_version(path: Path, version: int) -> None:
    """Its identities get what they are looked up by; its sequence numbers stay."""
    store = SqliteStore(path)
    store.provision(ALL)
    store.save_sqn(FIRST.impi, 77)
    store.close()
    to_schema_1(path)
    if version == 0:
        database(path, "DROP INDEX impu_key; ALTER TABLE impu DROP COLUMN key;")
        database(path, "PRAGMA application_id = 0; PRAGMA user_version = 0;")
    again = reopened(path)
    assert [again.owners(Impu("tel:+4-9301")), again.sqn(FIRST.impi)] == [(FIRST.impi,), 77]
    assert [again.get(subscriber.impi) for subscriber in ALL] == list(ALL)
    again.provision([replace(FIRST, subscription="smith", services=("mmtel", "chat")), SHARED])
    assert again.get(FIRST.impi) == replace(FIRST, subscription="smith", services=("mmtel", "chat"))
    assert again.owners(ALICE) == (FIRST.impi, SHARED.impi)
    again.close()
    assert reopened(path).owners(ALICE) == (FIRST.impi, SHARED.impi)


def test_a_subscription_shares_identities(path: Path) -> None:
    """23.228 §4.3.3.4: two private identities, one public; nobody else gets it."""
    for store in (SqliteStore(path), MemoryStore()):
        one = replace(FIRST, subscription="smith")
        for subscriber in (one, SHARED):
            store.provision([subscriber]) if isinstance(store, SqliteStore) else store.add(subscriber)
        assert store.owners(ALICE) == (one.impi, SHARED.impi)
        assert store.owners(TEL) == (one.impi,)
        for other in (
            replace(WITH_OP, impus=(ALICE,)),
            replace(WITH_OP, impus=(ALICE,), subscription="jones"),
        ):
            with pytest.raises(ValueError, match="two subscribers"):
                store.provision([other]) if isinstance(store, SqliteStore) else store.add(other)


def test_wildcards_are_whose_identities_they_stand_for(path: Path) -> None:
    """23.003 §13.4A.3: one that somebody has itself is theirs."""
    wild = Subscriber(Impi("pbx@home"), (Impu("sip:pbx@home"), Impu("sip:+4930!.*!@home")), AkaKeys(K, op=K))
    own = Subscriber(Impi("desk@home"), (Impu("sip:+49307@home"),), AkaKeys(K, op=K))
    sqlite = SqliteStore(path)
    sqlite.provision([wild, own])
    for store in (sqlite, MemoryStore([wild, own])):
        assert store.owners(Impu("sip:+49301@home")) == (wild.impi,)
        assert store.owners(Impu("sip:+49307@home")) == (own.impi,)
        assert store.owners(Impu("sip:+48307@home")) == ()


def test_subscribers_are_listed_and_removed(path: Path) -> None:
    store = SqliteStore(path)
    store.provision(ALL)
    assert store.impis() == tuple(sorted(one.impi for one in ALL))
    store.remove([FIRST.impi, Impi("nobody@home")])
    assert store.impis() == tuple(sorted((WITH_OP.impi, WITH_TUAK.impi)))
    assert store.owners(ALICE) == ()
