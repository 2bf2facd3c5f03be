"""SAD: sets go in whole or not at all, and are found."""

from collections.abc import Callable, Collection

import pytest
from tests.figure1_sets import GCM, PCSCF, PORTS, SPIS, UE, Dice, sa_set

from twopair.base import Port, Spi
from twopair.core.esp import CELLS, InstalledSet, Named, Sad, SecurityAssociation, Selector, make_transform
from twopair.core.sa import ARROWS, End, Ports, SaSet, Spis

OTHER_PORTS = Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062))
OTHER_SPIS = Spis(uc=Spi(5097), us=Spi(5098), pc=Spi(9193), ps=Spi(9194))


def nothing(_sa: SecurityAssociation) -> None:
    return None


def add(sad: Sad[None], of: SaSet) -> InstalledSet[None]:
    named = [(a.sender is of.end, Named(a.name, of.association(a))) for a in ARROWS]
    outbound = tuple(n for ours, n in named if ours)
    return sad.add(of.set_id, outbound, tuple(n for ours, n in named if not ours), [0] * CELLS)


def snapshot(sad: Sad[None]) -> list[list[str]]:
    """All the state there is, of any name: keys of dictionaries."""
    return [sorted(map(repr, table)) for table in vars(sad).values() if isinstance(table, Collection)]


def second(end: End, **changes: object) -> SaSet:
    """A set that could stand beside the first, but for `changes`."""
    wanted: dict[str, object] = {"set_id": 2, "ports": OTHER_PORTS, "spis": OTHER_SPIS} | changes
    return sa_set(end, **wanted)  # type: ignore[arg-type]


def test_entries_are_found_by_selector_and_by_destination_and_spi() -> None:
    """SA-18."""
    sad: Sad[None] = Sad(nothing)
    add(sad, sa_set(End.UE))
    up = sad.outbound(Selector(src=UE, src_port=PORTS.uc, dst=PCSCF, dst_port=PORTS.ps))
    down = sad.inbound(UE, SPIS.uc)
    assert up is not None
    assert down is not None
    assert (up.name, down.name) == ("SA1-up", "SA1-dn")
    assert sad.inbound(PCSCF, SPIS.uc) is None
    assert sad.protects_inbound(Selector(src=PCSCF, src_port=PORTS.ps, dst=UE, dst_port=PORTS.uc))
    assert not sad.protects_inbound(Selector(src=PCSCF, src_port=PORTS.pc, dst=UE, dst_port=PORTS.uc))


def test_removal_leaves_nothing() -> None:
    """ERR-31: afterwards the tables equal those before."""
    sad: Sad[None] = Sad(nothing)
    add(sad, second(End.PCSCF))
    before = snapshot(sad)
    add(sad, sa_set(End.PCSCF))
    assert 1 in sad
    sad.remove(1)
    assert snapshot(sad) == before
    assert sad.remove(1) is None


@pytest.mark.parametrize("failing", range(4))
def test_an_sa_that_cannot_be_made_leaves_nothing(failing: int) -> None:
    """SA-01: whichever of the four it is."""
    calls = iter(range(8))

    def make(_sa: SecurityAssociation) -> None:
        if next(calls) == failing:
            raise ValueError("no")

    sad: Sad[None] = Sad(make)
    before = snapshot(sad)
    with pytest.raises(ValueError, match="no"):
        add(sad, sa_set(End.UE))
    assert snapshot(sad) == before


def test_one_watch_for_repeated_ivs_per_set() -> None:
    """KEY-08: both inbound SAs share key and salt, so they share the watch; CBC needs none."""
    maker: Callable[[SecurityAssociation], object] = lambda sa: make_transform(sa, Dice())  # noqa: E731
    sad: Sad[object] = Sad(maker)
    gcm = add(sad, sa_set(End.UE, GCM))  # type: ignore[arg-type]
    cbc = add(sad, second(End.UE))  # type: ignore[arg-type]
    assert gcm.inbound[0].ivs is gcm.inbound[1].ivs is not None
    assert cbc.inbound[0].ivs is None
