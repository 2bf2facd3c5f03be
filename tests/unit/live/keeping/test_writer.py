"""The writer: batches, outages, overflow, end; nobody waits for it (MGP-14)."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from twopair.live.keeping import writer as writers
from twopair.live.keeping.journal import Journal
from twopair.live.keeping.writer import Writer
from twopair.stores.contract import Changes, StoreError
from twopair.stores.memory import MemoryStore


class Moody(MemoryStore):
    """A store that fails, or is slow, as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False
        self.gate = Event()
        self.gate.set()
        self.batches: list[dict[str, bytes | None]] = []

    def write(self, changes: Changes) -> None:
        self.gate.wait(10)
        if self.fails:
            raise StoreError("does not answer", passes=True)
        self.batches.append(dict(changes))
        super().write(changes)


class Bed:
    def __init__(self, folder: Path, waiting: dict[str, bytes | None] | None = None) -> None:
        self.store = Moody()
        self.journal = Journal(folder / "j")
        self.overflown = Event()
        self.writer = Writer(self.store, self.journal, waiting or {}, self.overflown.set)

    def content(self) -> dict[str, bytes]:
        return dict(self.store.load())


def until(condition: Callable[[], bool]) -> None:
    over = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < over
        time.sleep(0.005)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    bed = Bed(tmp_path)
    yield bed
    bed.store.fails = False
    bed.store.gate.set()
    bed.writer.close()


def test_changes_are_gathered_and_the_last_one_counts(bed: Bed) -> None:
    for number in range(100):
        bed.writer.put("a", b"%d" % number)
    bed.writer.put("b", b"1")
    bed.writer.put("b", None)
    until(lambda: not bed.writer.lag().waiting)
    assert bed.content() == {"a": b"99"}
    assert len(bed.store.batches) < 5
    until(lambda: bed.journal.octets == 0)


def test_a_slow_store_holds_nobody_up(bed: Bed) -> None:
    bed.store.gate.clear()
    bed.writer.put("a", b"1")
    time.sleep(0.1)
    assert 0.05 < bed.writer.lag().behind_s < 1
    began = time.monotonic()
    for number in range(1_000):
        bed.writer.put(f"{number}", b"x" * 1_000)
    assert time.monotonic() - began < 1
    bed.store.gate.set()
    until(lambda: len(bed.content()) == 1_001)
    until(lambda: bed.writer.lag().behind_s == 0)


def test_an_outage_is_said_once_and_caught_up_with(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    bed.store.fails = True
    bed.writer.put("a", b"1")
    until(lambda: bed.writer.lag().failures > 1)
    bed.writer.put("a", b"2")
    bed.writer.put("b", b"3")
    lag = bed.writer.lag()
    assert (lag.waiting, lag.why) == (2, "does not answer")
    assert lag.behind_s >= lag.failing_s > 0
    bed.store.fails = False
    until(lambda: not bed.writer.lag().waiting)
    assert bed.content() == {"a": b"2", "b": b"3"}
    first, last = (record.getMessage() for record in caplog.records)
    assert first.startswith("store: does not answer; ")
    assert last.startswith("store: caught up after ")


def test_what_a_predecessor_left_in_the_journal_is_written_first(tmp_path: Path) -> None:
    old = Journal(tmp_path / "j")
    old.append("a", b"1")
    old.append("gone", None)
    bed = Bed(tmp_path, old.replay())
    until(lambda: not bed.writer.lag().waiting)
    assert bed.content() == {"a": b"1"}
    bed.writer.close()
    assert Journal(tmp_path / "j").replay() == {}


def test_the_end_writes_what_waits(tmp_path: Path) -> None:
    bed = Bed(tmp_path)
    bed.writer.put("a", b"1")
    assert bed.writer.close()
    assert bed.content() == {"a": b"1"}


def test_what_cannot_be_written_at_the_end_is_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "FAREWELL_S", 0.3)
    bed = Bed(tmp_path)
    bed.store.fails = True
    bed.writer.put("a", b"1")
    assert not bed.writer.close()
    assert Journal(tmp_path / "j").replay() == {"a": b"1"}


def test_values_beyond_the_bound_are_asked_for_again(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; what is left out is written anew when the store is back. That a key goes is not."""
    monkeypatch.setattr(writers, "MOST_WAITING", 2)
    bed.store.fails = True
    for key in ("a", "b", "c"):
        bed.writer.put(key, b"1")
    bed.writer.put("a", b"2")
    bed.writer.put("d", None)
    assert bed.writer.lag().waiting == 3
    bed.store.fails = False
    assert bed.overflown.wait(5)
    assert bed.content() == {"a": b"2", "b": b"1"}


def test_a_journal_that_fails_is_said_once(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_key: str, _value: bytes | None) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bed.journal, "append", full)
    for number in range(3):
        bed.writer.put("a", b"%d" % number)
    until(lambda: bed.content() == {"a": b"2"})
    assert bed.writer.lag().unjournaled == 3
    assert caplog.text.count("No space left on device") == 1
