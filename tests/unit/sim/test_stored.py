"""What the next owner of a P-CSCF finds: all but the last moments of a machine that was lost (ADR 20)."""

from typing import cast

from twopair.backends.memory import MemoryBackend
from twopair.base import Micros
from twopair.core.esp import HOST_BLOCK, HOST_BLOCKS, Positions
from twopair.core.registration.kept import KeptRegistration
from twopair.sim.stored import BEHIND, LOOK, Stored

OLD, NEW, OTHER = (cast("KeptRegistration", name) for name in ("old", "new", "other"))
DIED = Micros(10 * BEHIND)
JUST = Micros(DIED - 1)


class Counting:
    """A back end whose set 1 receives a packet between any two looks."""

    def __init__(self) -> None:
        self.looks = 0

    def moved(self) -> dict[int, tuple[int, int]]:
        self.looks += 1
        return {1: (self.looks, 0)}


def test_what_was_not_written_yet_is_lost() -> None:
    stored = Stored()
    stored.put(Micros(0), "a", OLD)
    stored.put(Micros(0), "b", OLD)
    stored.put(JUST, "a", NEW)
    stored.put(JUST, "a", OTHER)
    stored.put(JUST, "b", None)
    stored.put(JUST, "c", NEW)
    stored.lose(DIED)
    assert stored.values == {"a": OLD, "b": OLD}


def test_what_was_written_is_there_and_lost_once() -> None:
    stored = Stored()
    stored.put(Micros(DIED - BEHIND), "a", OLD)
    stored.lose(DIED)
    assert stored.values == {"a": OLD}
    stored.put(JUST, "a", NEW)
    stored.lose(DIED)
    stored.lose(DIED)
    assert stored.values == {"a": OLD}


def test_windows_are_those_of_the_last_look() -> None:
    """SA-06: a look at each half second; what came after it is not known to the next owner."""
    stored, backend = Stored(), cast("MemoryBackend", counting := Counting())
    stored.installed(1, 1)
    stored.epoch = 3
    assert stored.positions(1) == Positions(2 * HOST_BLOCK, (0, 0))
    for moment in (LOOK - 1, LOOK, LOOK + 1, 2 * LOOK - 1):
        stored.look(Micros(moment), backend)
    assert (counting.looks, stored.looked_at) == (1, LOOK)
    assert stored.positions(1) == Positions(2 * HOST_BLOCK, (1, 0))
    stored.installed(1, 3)
    assert stored.positions(1) == Positions(0, (0, 0))
    stored.epoch = 3 + HOST_BLOCKS
    assert stored.positions(1) is None
