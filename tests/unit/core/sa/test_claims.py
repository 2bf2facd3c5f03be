"""Claims: which sets may stand beside which."""

import pytest
from tests.figure1_sets import PORTS, SPIS, sa_set
from tests.insides import insides

from twopair.base import Port, Spi
from twopair.core.sa import Claims, Conflict, End, Ports, SaSet, Spis

OTHER_PORTS = Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062))
OTHER_SPIS = Spis(uc=Spi(5097), us=Spi(5098), pc=Spi(9193), ps=Spi(9194))


def snapshot(claims: Claims) -> list[list[str]]:
    """All the state there is, of any name."""
    tables = insides(claims).values()
    return [sorted(map(repr, table.items() if isinstance(table, dict) else table)) for table in tables]


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
    # and whichever of our addresses that SA has
    (Conflict.PEER_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(uc=SPIS.us), "pcscf": "10.0.0.2"}),
    (Conflict.PEER_SPI_IN_USE, End.PCSCF, {"spis": OTHER_SPIS._replace(us=SPIS.ps), "pcscf": "10.0.0.2"}),
    # SA-22: address and ports of another set
    (Conflict.SELECTOR_IN_USE, End.PCSCF, {"ports": OTHER_PORTS._replace(uc=PORTS.uc)}),
    (Conflict.SELECTOR_IN_USE, End.UE, {"ports": PORTS}),
]


@pytest.mark.parametrize(("conflict", "end", "changes"), BAD)
def test_conflict_is_refused_and_nothing_is_left(
    conflict: Conflict, end: End, changes: dict[str, object]
) -> None:
    """SA-01, SA-08, SA-15, SA-16, SA-17, SA-22."""
    claims = Claims()
    assert claims.take(sa_set(end)) is None
    before = snapshot(claims)
    assert claims.take(second(end, **changes)) is conflict
    assert snapshot(claims) == before


def test_every_conflict_is_met() -> None:
    assert {conflict for conflict, _, _ in BAD} == set(Conflict)
    assert all(conflict.clause and conflict.words for conflict in Conflict)


@pytest.mark.parametrize("end", End)
def test_two_sets_of_one_ue_stand_side_by_side(end: End) -> None:
    """RRG-06: new client ports and SPIs are enough."""
    claims = Claims()
    assert claims.take(sa_set(end)) is None
    assert claims.take(second(end)) is None


def test_two_ues_may_choose_the_same_spis() -> None:
    """SA-18: the outbound key is (UE address, SPI), never the SPI alone."""
    claims = Claims()
    assert claims.take(sa_set(End.PCSCF)) is None
    same = Spis(uc=SPIS.uc, us=SPIS.us, pc=OTHER_SPIS.pc, ps=OTHER_SPIS.ps)
    assert claims.take(second(End.PCSCF, ue="10.0.1.2", spis=same)) is None


def test_what_is_released_leaves_nothing() -> None:
    """ERR-31: afterwards the tables equal those before; two peers may have chosen one SPI."""
    claims = Claims()
    same = Spis(uc=SPIS.uc, us=SPIS.us, pc=OTHER_SPIS.pc, ps=OTHER_SPIS.ps)
    claims.take(second(End.PCSCF, ue="10.0.1.2", spis=same))
    before = snapshot(claims)
    claims.take(sa_set(End.PCSCF))
    claims.release(1)
    assert snapshot(claims) == before
    assert claims.take(second(End.UE, set_id=3, spis=same._replace(us=Spi(7)))) is Conflict.SPI_OUT_OF_RANGE
    assert snapshot(claims) == before
    claims.release(1)
    assert snapshot(claims) == before
    claims.release(2)
    assert not any(snapshot(claims))
