"""How much a P-CSCF has of everything."""

from tests.unit.nodes.pcscf.bed import TCP, Bed, Ue

from twopair.base import StreamOpened
from twopair.core.sa import Stage
from twopair.nodes.pcscf import tally as tallies
from twopair.nodes.pcscf.tally import AUTHENTICATING, ENDING, REGISTERED, Tally


def tally(bed: Bed) -> Tally:
    *portions, whole = bed.pcscf.tally(bed.now)
    assert not any(portions)
    assert whole is not None
    return whole


def test_nothing() -> None:
    found = tally(Bed())
    assert found.subscribers == {REGISTERED: 0, AUTHENTICATING: 0, ENDING: 0}
    assert found.stages == {
        Stage.TEMPORARY: 0, Stage.NEWLY_ESTABLISHED: 0, Stage.IN_USE: 0, Stage.OLD: 0,
    }  # fmt: skip
    assert found[2:] == (0, 0, 0, 0)


def test_states_and_stages() -> None:
    """A UE that re-registers is registered meanwhile; its old set is not yet in use no more."""
    bed, first, second = Bed(), Ue(), Ue(2)
    bed.register(first)
    bed.sm6(second, bed.sm1(second))
    assert tally(bed).subscribers == {REGISTERED: 1, AUTHENTICATING: 1, ENDING: 0}
    assert tally(bed).stages[Stage.IN_USE] == tally(bed).stages[Stage.TEMPORARY] == 1
    bed.sm1(Ue(3))
    assert tally(bed).pending == 1
    assert tally(bed).transactions > 0


def test_a_registration_is_over_before_its_set() -> None:
    """TMR-02: the set lives 30 s longer."""
    bed, ue = Bed(), Ue()
    bed.register(ue, expires=600)
    bed.wait(610)
    assert tally(bed).subscribers == {REGISTERED: 0, AUTHENTICATING: 0, ENDING: 1}
    bed.wait(60)
    assert sum(tally(bed).subscribers.values()) == 0


def test_connections_in_the_clear_and_inside_a_set() -> None:
    bed, ue = Bed(), Ue(transport=TCP)
    bed.register(ue)
    bed.feed(StreamOpened(Ue(2, transport=TCP).clear))
    assert (tally(bed).clear_streams, tally(bed).protected_streams) == (2, 1)


def test_others_work_between_portions() -> None:
    """What ends meanwhile is not counted."""
    bed = Bed()
    for number in range(3):
        bed.register(Ue(number), expires=600)
    counting = tallies.tally(bed.pcscf.tables, bed.now, portion=2)
    assert next(counting) is None
    bed.wait(700)
    whole = next(counting)
    assert whole is not None
    assert whole.subscribers[REGISTERED] == 2
