"""A REGISTER over a set that repeats the set's own ports and SPIs (RRG-02, Q-16, Q-22)."""

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue

from twopair.base import Port, Refusal, Spi
from twopair.core.sa import InstallSas, RemoveSas, Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import Deregistered, RegistrationFailed
from twopair.wire.sip import Request

OLD = Terms(Spi(10_010), Spi(10_011), Port(6100), Port(6101))
REPEATED = [
    OLD,
    Terms(Spi(10_010), Spi(50_001), Port(7000), Port(6101)),
    Terms(Spi(50_000), Spi(10_010), Port(7000), Port(6101)),
    Terms(Spi(50_000), Spi(50_001), Port(6100), Port(6101)),
    Terms(Spi(10_010), Spi(10_011), Port(7000), Port(6101)),
]
"""All old values, and some of them."""


def again(bed: Bed, ue: Ue, terms: Terms, expires: str = "600000") -> Request:
    """A REGISTER over the set in use that offers `terms`, as it reaches the core."""
    flow = ue.uplink
    ue.renew(terms)
    return bed.sm1(ue, flow, port="6101", response="d" * 32, expires=expires)


def registered() -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue()
    bed.register(ue)
    assert ue.terms == OLD
    return bed, ue


@pytest.mark.parametrize("terms", REPEATED)
def test_a_refresh_with_old_values(terms: Terms) -> None:
    """RRG-02, RRG-05, Q-22: forwarded; a 200 changes lifetimes only."""
    bed, ue = registered()
    bed.ok(again(bed, ue, terms), ue)
    assert bed.refusals == []
    assert bed.stages(ue) == [Stage.IN_USE]
    ue.renew(OLD)
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"


@pytest.mark.parametrize("terms", REPEATED)
def test_a_deregistration_with_old_values(terms: Terms) -> None:
    """RRG-02, MGP-10, Q-22."""
    bed, ue = registered()
    bed.ok(again(bed, ue, terms, "0"), ue, 0)
    assert len(bed.facts(Deregistered)) == 1
    bed.wait(129)
    assert bed.installed == set()


@pytest.mark.parametrize("terms", REPEATED)
@pytest.mark.parametrize("expires", ["600000", "0"])
def test_a_challenge_asks_for_new_values(terms: Terms, expires: str) -> None:
    """PORTS_REUSED. RRG-02, ERR-30: 403 over the set, nothing installed or removed; it goes on as before."""
    bed, ue = registered()
    sm2 = again(bed, ue, terms, expires)
    bed.challenge(sm2)
    flow, answer = bed.to_ue()
    assert flow == ue.flow(6101, ue.pc)
    assert answer.status == 403  # type: ignore[union-attr]
    assert bed.refusals == [Refusal.PORTS_REUSED]
    assert [fact.refusal for fact in bed.facts(RegistrationFailed)] == [Refusal.PORTS_REUSED]
    assert not [a for a in bed.fresh if isinstance(a, InstallSas | RemoveSas)]
    assert bed.stages(ue) == [Stage.IN_USE]
    ue.renew(OLD)
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"
    bed.reregister(ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_a_challenge_beside_another_live_set() -> None:
    """PORTS_REUSED. RRG-02, RRG-03: values of any live set of the UE, not only of the one it comes over."""
    bed, ue = registered()
    bed.reregister(ue)
    bed.challenge(again(bed, ue, OLD))
    assert bed.refusals == [Refusal.PORTS_REUSED]
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]


def test_values_of_an_unanswered_challenge_may_be_offered_again() -> None:
    """MGP-05: its set goes first."""
    bed, ue = registered()
    bed.sm6(ue, bed.sm1_over(ue))
    offered, server = ue.terms, ue.server
    ue.renew(OLD)
    flow = ue.uplink
    ue.renew(offered)
    live = bed.pcscf.tables.sets.at(flow)
    assert live is not None
    sm2 = bed.sm1(ue, flow, port="6101", response="d" * 32, Security_Verify=live.server.lines[0])
    bed.sm6(ue, sm2)
    assert ue.server != server
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        (OLD._replace(spi_c=Spi(70_000), spi_s=Spi(70_001)), Refusal.PORT_COLLISION),
        (OLD._replace(port_c=Port(7000)), Refusal.OFFER_INVALID),
    ],
)
def test_values_of_a_neighbour_are_refused_at_once(terms: Terms, refusal: Refusal) -> None:
    """PORT_COLLISION, OFFER_INVALID. SA-15, SA-22: those of another subscriber at the same address."""
    bed, ue = registered()
    other = Ue(2, address=ue.address)
    other.renew(Terms(Spi(60_000), Spi(60_001), Port(6200), Port(6201)))
    bed.register(other)
    flow = other.uplink
    other.renew(terms._replace(port_s=Port(6201)))
    bed.receive(flow, other.register(port="6201", response="d" * 32))
    assert bed.refusals == [refusal]
    assert bed.stages(ue) == [Stage.IN_USE]
