"""A predecessor and its successor on one store: what goes on, what is forgotten (MGP-14)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.live.keeping.test_codec import VALUE

from twopair.live.keeping.kept import Kept
from twopair.stores.sqlite import SqliteStore

ONE, TWO = VALUE, VALUE._replace(token="two", sets=VALUE.sets[:1])
SET_ID = VALUE.sets[0].sa_set.set_id


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
        assert [one.set_id for one in kept.sets()] == [SET_ID] * 3
        assert {value.token for value in kept.take_up({SET_ID})} == {"token", "two"}


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
        assert len(kept.take_up({SET_ID})) == 2
    assert caplog.text.count("it is left out, and others like it") == 1
    assert keys(tmp_path) == {"token", "two"}
    (tmp_path / "kept.key").unlink()
    with opened(tmp_path) as kept:
        assert kept.take_up({SET_ID}) == ()
    assert keys(tmp_path) == set()


def test_everything_once_more(tmp_path: Path) -> None:
    with opened(tmp_path) as kept:
        kept.keep_all(lambda: {ONE.token: ONE, TWO.token: TWO})
    assert keys(tmp_path) == {"token", "two"}
