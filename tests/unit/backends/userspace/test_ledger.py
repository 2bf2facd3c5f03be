"""Counters in a mapped file: no number comes twice, no window goes back, whatever the end (SA-07)."""

import os
import signal
from pathlib import Path

from tests.figure1_sets import sa_set
from tests.unit.backends.userspace.engines import entries

from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ledger import FileLedger
from twopair.core.esp import CELLS
from twopair.core.sa import End
from twopair.live.entropy import OsEntropy

ONE = sa_set(End.PCSCF)


def numbers(ledger: FileLedger, set_id: int) -> list[int]:
    cells = ledger.resume(set_id)
    assert cells is not None
    return list(cells.numbers)


def test_a_successor_finds_what_was_written(tmp_path: Path) -> None:
    first = FileLedger(tmp_path / "counters")
    words, at = first.begin(7)
    words[at], words[at + 3] = 5, 2**32 - 1
    first.begin(8)
    first.end(8)
    second = FileLedger(tmp_path / "counters")
    assert numbers(second, 7) == [5, 0, 0, 2**32 - 1]
    assert second.resume(8) is None
    second.only(set())
    assert FileLedger(tmp_path / "counters").resume(7) is None


def test_it_outlives_kill_9(tmp_path: Path) -> None:
    """The numbers are the kernel's once they are stored."""
    child = os.fork()
    if not child:
        words, at = FileLedger(tmp_path / "counters").begin(3)
        for number in range(1, 1_000):
            words[at + 1] = number
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert numbers(FileLedger(tmp_path / "counters"), 3) == [0, 999, 0, 0]


def test_many_sets_and_their_places_again(tmp_path: Path) -> None:
    ledger = FileLedger(tmp_path / "counters")
    for set_id in range(1, 10_000):
        words, at = ledger.begin(set_id)
        words[at] = set_id
    size = (tmp_path / "counters").stat().st_size
    for set_id in range(1, 10_000):
        ledger.end(set_id)
    for set_id in range(20_000, 29_000):
        assert ledger.begin(set_id).numbers[0] == 0
    assert (tmp_path / "counters").stat().st_size == size
    assert numbers(FileLedger(tmp_path / "counters"), 28_999) == [0] * CELLS


def test_after_a_boot_nothing_is_taken_up(tmp_path: Path) -> None:
    """What was not on the disk yet may have been used: no set goes on with such a number (KEY-08)."""
    ledger = FileLedger(tmp_path / "counters")
    words, at = ledger.begin(7)
    words[at] = 5
    ledger.remember_device(12)
    assert FileLedger(tmp_path / "counters").device == 12
    (tmp_path / "counters.boot").write_text("of-another-boot 12\n")
    later = FileLedger(tmp_path / "counters")
    assert later.resume(7) is None
    assert later.device == 0


def test_an_engine_goes_on_with_the_numbers_of_its_predecessor(tmp_path: Path) -> None:
    """SA-06, SA-07, KEY-08: sequence numbers and IVs beyond those used; what was accepted is a replay."""
    first = Engine(OsEntropy(), ledger=FileLedger(tmp_path / "counters"))
    first.install(ONE)
    sent, received = entries(first, ONE)
    for out in sent:
        out.words[out.cell] = out.sequence = 41
    for into in received:
        into.window.accept(17)
        into.words[into.cell] = into.window.top
    second = Engine(OsEntropy(), ledger=FileLedger(tmp_path / "counters"))
    assert second.adopt([ONE]) == {ONE.set_id}
    sent, received = entries(second, ONE)
    assert [out.sequence for out in sent] == [41, 41]
    assert [(sa.window.fresh(n)) for sa in received for n in (16, 17, 18)] == [False, False, True] * 2


def test_numbers_of_a_set_that_is_taken_over_are_there_with_its_name(tmp_path: Path) -> None:
    """SA-07, KEY-08: there is no moment at which a successor would find it with zeros."""
    ledger = FileLedger(tmp_path / "counters")
    ledger.begin(7, (2**26, 2**26, 5, 6))
    assert numbers(FileLedger(tmp_path / "counters"), 7) == [2**26, 2**26, 5, 6]
    ledger.begin(7)
    assert numbers(ledger, 7) == [0] * CELLS


def test_an_engine_without_counters_takes_up_nothing(tmp_path: Path) -> None:
    """SA-07: never with a sequence number of 0 again."""
    engine = Engine(OsEntropy(), ledger=FileLedger(tmp_path / "counters"))
    assert engine.adopt([ONE]) == set()
    assert list(engine.query()) == []
