"""A predecessor and its successor on one store: what goes on, what is forgotten (MGP-14)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.live.keeping.test_codec import VALUE

from twopair.live.keeping.journal import Journal
from twopair.live.keeping.kept import Kept
from twopair.stores.sqlite import SqliteStore

SECOND_SET = VALUE.sets[1]._replace(sa_set=VALUE.sets[1].sa_set._replace(set_id=2))
ONE = VALUE._replace(sets=(VALUE.sets[0], SECOND_SET))
TWO = VALUE._replace(
    token="two", sets=(VALUE.sets[0]._replace(sa_set=VALUE.sets[0].sa_set._replace(set_id=3)),)
)
IDS = (1, 2, 3)


@contextmanager
def opened(folder: Path) -> Iterator[Kept]:
    store = SqliteStore(folder / "kept.db")
    kept = Kept(store, folder / "kept.journal", folder / "kept.key")
    yield kept
    kept.close()
    store.close()


def keys(folder: Path) -> set[str]:
    store = SqliteStore(folder / "kept.db")
    found = {key for key, _ in store.load()}
    store.close()
    return found


def tokens(kept: Kept) -> set[str]:
    return {value.token for value in kept.values.values()}


def test_a_successor_has_what_was_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as kept:
        kept.keep(ONE.token, ONE)
        kept.keep(TWO.token, TWO)
        kept.keep("gone", TWO._replace(token="gone"))
        kept.forget("gone")
    with opened(tmp_path) as kept:
        assert tokens(kept) == {"token", "two"}
        assert sorted(one.set_id for one in kept.sets()) == [1, 2, 3]
        assert {value.token for value in kept.take_up(IDS)} == {"token", "two"}


def test_two_that_say_they_have_one_set(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SA-01: an id names one set, whatever somebody has written into the store."""
    with opened(tmp_path) as kept:
        kept.keep(ONE.token, ONE)
        kept.keep(TWO.token, TWO._replace(sets=VALUE.sets[:1]))
    with opened(tmp_path) as kept:
        (left,) = kept.take_up(IDS)
        assert [one.sa_set.set_id for one in left.sets] == [1, 2]
    assert keys(tmp_path) == {"token"}
    assert "1 of 2 registrations are not taken up" in caplog.text


def test_a_value_under_the_key_of_another(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Copied from row to row it is left out: a registration has one key."""
    with opened(tmp_path) as kept:
        kept.keep(ONE.token, ONE)
    store = SqliteStore(tmp_path / "kept.db")
    store.write({"copy": dict(store.load())[ONE.token]})
    store.close()
    with opened(tmp_path) as kept:
        assert tokens(kept) == {"token"}
        kept.take_up(IDS)
    assert "stands under the key of another" in caplog.text
    assert keys(tmp_path) == {"token"}


def test_the_journal_is_ahead_of_the_store(tmp_path: Path) -> None:
    """What has changed since, and what is gone since, is read from there alone."""
    with opened(tmp_path) as kept:
        for value in (ONE, TWO):
            kept.keep(value.token, value)
        newer = TWO._replace(contact="sip:elsewhere")
    with opened(tmp_path) as kept:
        octets = kept._codec.encode(newer)
    journal = Journal(tmp_path / "kept.journal")
    journal.append("two", octets)
    journal.append("token", None)
    journal.close()
    with opened(tmp_path) as kept:
        assert {key: value.contact for key, value in kept.values.items()} == {"two": "sip:elsewhere"}
    assert keys(tmp_path) == {"two"}


def test_what_stands_no_more_is_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its SA sets are gone: the UE registers anew, and nothing of it stays in the store."""
    with opened(tmp_path) as kept:
        kept.keep(ONE.token, ONE)
    with opened(tmp_path) as kept:
        assert kept.take_up(()) == ()
    assert keys(tmp_path) == set()
    assert "1 of 1 registrations are not taken up" in caplog.text


def test_what_cannot_be_read_is_said_once_and_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another key file, or somebody has written into it: the others go on."""
    with opened(tmp_path) as kept:
        kept.keep(ONE.token, ONE)
        kept.keep(TWO.token, TWO)
    store = SqliteStore(tmp_path / "kept.db")
    store.write({"bad": b"{}", "worse": b"\xff"})
    store.close()
    caplog.set_level(logging.WARNING, "twopair")
    with opened(tmp_path) as kept:
        assert len(kept.take_up(IDS)) == 2
    assert caplog.text.count("it is left out, and others like it") == 1
    assert keys(tmp_path) == {"token", "two"}
    (tmp_path / "kept.key").unlink()
    with opened(tmp_path) as kept:
        assert kept.take_up(IDS) == ()
    assert keys(tmp_path) == set()


def test_everything_once_more(tmp_path: Path) -> None:
    with opened(tmp_path) as kept:
        kept.keep_all(lambda: {ONE.token: ONE, TWO.token: TWO})
    assert keys(tmp_path) == {"token", "two"}
