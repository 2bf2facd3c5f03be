"""The journal: what was appended is there for the next process, whenever this one ended (MGP-14)."""

from pathlib import Path

import pytest

from twopair.live.keeping import journal as journals
from twopair.live.keeping.journal import Journal


def test_the_last_change_of_each_key_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for key, value in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("b", None), ("c", b"")):
        journal.append(key, value)
    assert Journal(tmp_path / "j").replay() == {"a": b"3", "b": None, "c": b""}


def test_segments_go_with_their_batches(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append("a", b"1")
    first = journal.turn()
    journal.append("a", b"2")
    journal.append("b", b"3")
    assert journal.octets > 0
    journal.drop(first)
    assert Journal(tmp_path / "j").replay() == {"a": b"2", "b": b"3"}
    journal.drop(journal.turn())
    assert journal.octets == 0
    assert Journal(tmp_path / "j").replay() == {}


def test_a_successor_writes_behind_its_predecessor(tmp_path: Path) -> None:
    Journal(tmp_path / "j").append("a", b"1")
    second = Journal(tmp_path / "j")
    second.append("a", b"2")
    assert Journal(tmp_path / "j").replay() == {"a": b"2"}
    second.drop(second.turn())
    assert Journal(tmp_path / "j").replay() == {}


def test_every_end_of_the_writer(tmp_path: Path) -> None:
    """Cut off after any octet, all whole records before it are there, and nothing else."""
    journal = Journal(tmp_path / "j")
    ends = [0]
    for number in range(4):
        journal.append(f"k{number}", b"v" * number)
        ends.append(journal.octets)
    [segment] = (tmp_path / "j").iterdir()
    octets = segment.read_bytes()
    for size in range(len(octets) + 1):
        segment.write_bytes(octets[:size])
        whole = sum(end <= size for end in ends) - 1
        assert len(Journal(tmp_path / "j").replay()) == whole


def test_a_damaged_record_ends_its_segment(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append("a", b"1")
    journal.append("b", b"2")
    [segment] = (tmp_path / "j").iterdir()
    octets = bytearray(segment.read_bytes())
    octets[-1] ^= 1
    segment.write_bytes(octets)
    assert Journal(tmp_path / "j").replay() == {"a": b"1"}


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MOST_OCTETS", 100)
    journal = Journal(tmp_path / "j")
    while journal.octets < 100:
        journal.append("key", b"value")
    with pytest.raises(OSError, match="octets already"):
        journal.append("key", b"value")
