"""SAD: what may be installed beside what, whole or not at all."""

from collections import Counter
from collections.abc import Callable

import pytest
from tests.figure1_sets import GCM, PCSCF, PORTS, SPIS, UE, Dice, sa_set

from twopair.base import Port, Spi
from twopair.core.esp import Conflict, InstalledSet, Named, Sad, SecurityAssociation, Selector, make_transform
from twopair.core.sa import ARROWS, End, Ports, SaSet, Spis

OTHER_PORTS = Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062))
OTHER_SPIS = Spis(uc=Spi(5097), us=Spi(5098), pc=Spi(9193), ps=Spi(9194))


def nothing(_sa: SecurityAssociation) -> None:
    return None


def add(sad: Sad[None], of: SaSet) -> InstalledSet[None] | Conflict:
    named = [(a.sender is of.end, Named(a.name, of.association(a))) for a in ARROWS]
    outbound = tuple(n for ours, n in named if ours)
    return sad.add(of.set_id, outbound, tuple(n for ours, n in named if not ours))


def snapshot(sad: Sad[None]) -> list[list[str]]:
    """All the state there is, of any name: keys of dictionaries, counts of counters."""
    tables = [part for part in vars(sad).values() if not callable(part)]
    return [sorted(map(repr, t.items() if isinstance(t, Counter) else t)) for t in tables]


def second(end: End, **changes: object) -> SaSet:
    """A set that could stand beside the first, but for `changes`."""
    wanted: dict[str, object] = {"set_id": 2, "ports": OTHER_PORTS, "spis": OTHER_SPIS} | changes
    return sa_set(end, **wanted)  # type: ignore[arg-type]


BAD: list[tuple[Conflict, End, dict[str, object]]] = [
    (Conflict.SET_ID_IN_USE, End.UE, {"set_id": 1}),
    (Conflict.MIXED_FAMILIES, End.UE, {"ue": "fd00::7"}),
    (Conflict.SPI_OUT_OF_RANGE, End.UE, {"spis": OTHER_SPIS._replace(ps=Spi(255))}),
    (Conflict.SPI_OUT_OF_RANGE, End.PCSCF, {"spis": OTHER_SPIS._replace(uc=Spi(2**32))}),
    # SA-15: spi_uc != spi_us
    (Conflict.SPIS_NOT_DISTINCT, End.UE, {"spis": OTHER_SPIS._replace(uc=OTHER_SPIS.us)}),
    # SA-16: spi_pc != spi_ps, and both differ from the UE's: else a packet could be sent back
    (Conflict.SPIS_NOT_DISTINCT, End.PCSCF, {"spis": OTHER_SPIS._replace(pc=OTHER_SPIS.ps)}),
    (Conflict.SPIS_NOT_DISTINCT, End.PCSCF, {"spis": OTHER_SPIS._replace(ps=OTHER_SPIS.uc)}),
    (Conflict.SPIS_NOT_DISTINCT, End.UE, {"spis": OTHER_SPIS._replace(pc=OTHER_SPIS.us)}),
    # SA-15 at the UE: in use in an existing SA, inbound or outbound
    (Conflict.OWN_SPI_IN_USE, End.UE, {"spis": OTHER_SPIS._replace(uc=SPIS.us)}),
    (Conflict.OWN_SPI_IN_USE, End.UE, {"spis": OTHER_SPIS._replace(us=SPIS.ps)}),
    # SA-16 at the P-CSCF: likewise, and whatever the UE
    (Conflict.OWN_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(ps=SPIS.pc), "ue": "10.0.1.2"}),
    (Conflict.OWN_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(pc=SPIS.uc), "ue": "10.0.1.2"}),
    # SA-15 seen from the P-CSCF: the UE names one of its own SAs again, outbound or inbound
    (Conflict.PEER_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(uc=SPIS.us)}),
    (Conflict.PEER_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(us=SPIS.ps)}),
    # SA-22: address and ports of another set
    (Conflict.SELECTOR_IN_USE, End.PCSCF, {"ports": OTHER_PORTS._replace(uc=PORTS.uc)}),
    (Conflict.SELECTOR_IN_USE, End.UE, {"ports": PORTS}),
]


@pytest.mark.parametrize(("conflict", "end", "changes"), BAD)
def test_conflict_is_refused_and_nothing_is_left(
    conflict: Conflict, end: End, changes: dict[str, object]
) -> None:
    """SA-01, SA-08, SA-15, SA-16, SA-17, SA-22."""
    sad: Sad[None] = Sad(nothing)
    assert isinstance(add(sad, sa_set(end)), InstalledSet)
    before = snapshot(sad)
    assert add(sad, second(end, **changes)) is conflict
    assert snapshot(sad) == before


def test_every_conflict_is_met() -> None:
    assert {conflict for conflict, _, _ in BAD} == set(Conflict)
    assert all(conflict.clause and conflict.words for conflict in Conflict)


@pytest.mark.parametrize("end", End)
def test_two_sets_of_one_ue_stand_side_by_side(end: End) -> None:
    """RRG-06: new client ports and SPIs are enough."""
    sad: Sad[None] = Sad(nothing)
    assert isinstance(add(sad, sa_set(end)), InstalledSet)
    assert isinstance(add(sad, second(end)), InstalledSet)
    assert len(sad) == 2


def test_two_ues_may_choose_the_same_spis() -> None:
    """SA-18: the outbound key is (UE address, SPI), never the SPI alone."""
    sad: Sad[None] = Sad(nothing)
    assert isinstance(add(sad, sa_set(End.PCSCF)), InstalledSet)
    same = Spis(uc=SPIS.uc, us=SPIS.us, pc=OTHER_SPIS.pc, ps=OTHER_SPIS.ps)
    assert isinstance(add(sad, second(End.PCSCF, ue="10.0.1.2", spis=same)), InstalledSet)


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
    assert isinstance(gcm, InstalledSet)
    assert isinstance(cbc, InstalledSet)
    assert gcm.inbound[0].ivs is gcm.inbound[1].ivs is not None
    assert cbc.inbound[0].ivs is None
