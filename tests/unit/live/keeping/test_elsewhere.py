"""What a host finds that another one has kept: where to go on, and what of its own is stale (ADR 20)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.live.keeping.test_kept import IDS, ONE, TWO, keys

from twopair.core.esp import HOST_BLOCK, HOST_BLOCKS, Positions
from twopair.live.keeping.kept import Kept
from twopair.live.keeping.keys import KeyFault
from twopair.stores.sqlite import SqliteStore
from twopair.stores.tenancy import Owner, Term


@contextmanager
def opened(folder: Path, host: str, epoch: int, *, continues: bool = False) -> Iterator[Kept]:
    """A host's own files, on one store."""
    store = SqliteStore(folder / "kept.db")
    own = folder / host
    own.mkdir(exist_ok=True)
    term = Term(Owner(epoch, host), continues)
    kept = Kept(store, own / "journal", folder / "kept.key", term)
    yield kept
    kept.close()
    store.close()


def test_each_owner_has_a_block_of_each_set(tmp_path: Path) -> None:
    """KEY-08: counted from the epoch in which the set was installed, also when it is written anew."""
    with opened(tmp_path, "a", 3) as kept:
        kept.keep(ONE.token, ONE)
    with opened(tmp_path, "b", 4) as kept:
        assert {at.sent for at in kept.positions().values()} == {HOST_BLOCK}
        kept.take_up(IDS)
        kept.keep(ONE.token, ONE._replace(contact="sip:elsewhere"))
        kept.keep(TWO.token, TWO)
    with opened(tmp_path, "a", 9) as kept:
        assert {set_id: at.sent for set_id, at in kept.positions().items()} == {
            1: 6 * HOST_BLOCK,
            2: 6 * HOST_BLOCK,
            3: 5 * HOST_BLOCK,
        }
    with opened(tmp_path, "b", 3 + HOST_BLOCKS) as kept:
        assert set(kept.positions()) == {3}, "the others have no block left"


def test_windows_are_there_for_the_next(tmp_path: Path) -> None:
    """SA-06: those of sets that are gone are not."""
    with opened(tmp_path, "a", 1) as kept:
        kept.keep(ONE.token, ONE)
        kept.windows.moved({1: (5, 6), 2: (7, 0), 77: (1, 1)})
        kept.windows.moved({1: (8, 6)})
        kept.windows.only((1, 2))
    assert keys(tmp_path) == {ONE.token, "window/1", "window/2"}
    with opened(tmp_path, "b", 2) as kept:
        assert kept.positions() == {1: Positions(HOST_BLOCK, (8, 6)), 2: Positions(HOST_BLOCK, (7, 0))}
        kept.take_up((1,))
    assert keys(tmp_path) == {ONE.token, "window/1"}


def test_the_journal_of_who_was_not_the_last_is_stale(tmp_path: Path) -> None:
    with opened(tmp_path, "a", 1) as kept:
        kept.keep(ONE.token, ONE)
        journal = kept._journal
        journal.append("two", kept._codec.encode(TWO))  # the store has not got it
    with opened(tmp_path, "b", 2) as kept:
        assert set(kept.values) == {ONE.token}
    with opened(tmp_path, "a", 3) as kept:
        assert set(kept.values) == {ONE.token}
        assert not list((tmp_path / "a/journal").iterdir())


def test_the_journal_of_the_last_owner_is_read(tmp_path: Path) -> None:
    with opened(tmp_path, "a", 1) as kept:
        kept._journal.append("two", kept._codec.encode(TWO))
    with opened(tmp_path, "a", 1, continues=True) as kept:
        assert set(kept.values) == {"two"}


def test_another_key_takes_nothing_away(tmp_path: Path) -> None:
    """What cannot be opened is left to the hosts that can."""
    with opened(tmp_path, "a", 1) as kept:
        kept.keep(ONE.token, ONE)
    (tmp_path / "kept.key").unlink()
    with pytest.raises(KeyFault, match="give the key file of the other hosts"), opened(tmp_path, "b", 2):
        pass
    assert keys(tmp_path) == {ONE.token}


def test_the_epoch_of_a_set_is_sealed_with_its_keys(tmp_path: Path) -> None:
    """KEY-08: who can write to the store cannot have a block used twice."""
    with opened(tmp_path, "a", 1) as kept:
        kept.keep(ONE.token, ONE)
    store = SqliteStore(tmp_path / "kept.db")
    octets = dict(store.load())[ONE.token]
    assert octets.count(b'"since":1,') == 2
    store.write({ONE.token: octets.replace(b'"since":1,', b'"since":2,')})
    store.close()
    with pytest.raises(KeyFault, match="has been changed"), opened(tmp_path, "b", 2):
        pass
