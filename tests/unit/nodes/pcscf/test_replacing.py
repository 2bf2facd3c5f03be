"""``security.reuse = "replace"``: a challenge to old values, whose new set takes the place of the old (Q-16).

The back end is the one of the simulator: what cannot stand beside each other is refused there.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue

from twopair.backends.contract import InstallError
from twopair.backends.memory import MemoryBackend
from twopair.base import Port, Refusal, Spi, StreamOpened, Transport
from twopair.core.sa import InstallSas, RemoveSas, SasInstalled, SasRefused, Stage
from twopair.core.secagree import Terms
from twopair.nodes.events import Event
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.pcscf.register.attempts import TIME_TO_HEAR
from twopair.wire.sip import Response

OLD = Terms(Spi(10_010), Spi(10_011), Port(6100), Port(6101))
REPEATED = [OLD, OLD._replace(port_c=Port(7000)), OLD._replace(spi_c=Spi(70_000), spi_s=Spi(70_001))]


class BackendBed(Bed):
    """A P-CSCF whose sets are really installed, one after the other."""

    def __init__(self, **changes: Any) -> None:
        self.backend = MemoryBackend()
        self.install = False
        super().__init__(reuse="replace", **changes)
        self.install = False

    def feed(self, event: Event) -> list[Any]:
        fresh = list(super().feed(event))
        whole = list(fresh)
        for action in fresh:
            if isinstance(action, RemoveSas):
                self.backend.remove(action.set_id)
            elif isinstance(action, InstallSas):
                set_id = action.sa_set.set_id
                try:
                    self.backend.install(action.sa_set)
                    whole += self.feed(SasInstalled(set_id))
                except InstallError as error:
                    whole += self.feed(SasRefused(set_id, str(error)))
        self.fresh = whole
        return whole


def registered(transport: Transport = UDP) -> tuple[BackendBed, Ue]:
    bed, ue = BackendBed(), Ue(transport=transport)
    bed.register(ue)
    return bed, ue


def challenged(
    terms: Terms = OLD, expires: str = "600000", transport: Transport = UDP
) -> tuple[BackendBed, Ue]:
    """SM6 has left over the set in use."""
    bed, ue = registered(transport)
    flow = ue.uplink
    ue.renew(terms)
    sm2 = bed.sm1(ue, flow, port="6101", response="d" * 32, expires=expires)
    sm6 = bed.sm6(ue, sm2)
    assert sm6.status == 401
    return bed, ue


def sets_of(bed: BackendBed) -> Sequence[int]:
    return sorted({found.set_id for found in bed.backend.query()})


@pytest.mark.parametrize("terms", REPEATED)
def test_the_new_set_takes_the_place_of_the_old(terms: Terms) -> None:
    """RRG-02, RRG-03, FLOW-04, Q-16: SM6 over the old set, which stays until the UE has had time to hear."""
    bed, ue = challenged(terms)
    assert bed.refusals == []
    assert bed.stages(ue) == [Stage.IN_USE]
    old = sets_of(bed)
    bed.wait(2.9)
    assert (bed.stages(ue), sets_of(bed)) == ([Stage.IN_USE], old)
    bed.wait(0.2)
    assert bed.stages(ue) == [Stage.TEMPORARY]
    assert len(sets_of(bed)) == 1
    assert sets_of(bed) != old
    assert not bed.facts(Deregistered)
    bed.ok(bed.sm7(ue), ue)
    assert bed.to_ue()[0] == ue.flow(6101, ue.pc)
    assert bed.stages(ue) == [Stage.IN_USE]
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"
    bed.from_core(ue)
    assert bed.to_ue()[0] == ue.flow(6101, ue.pc)
    assert len(bed.facts(Registered)) == 2


def test_over_tcp() -> None:
    """RRG-10: the connections of the old set end with it; SM7 opens its own."""
    bed, ue = challenged(transport=TCP)
    bed.wait(3.1)
    assert ue.uplink not in bed.pcscf.tables.streams
    bed.feed(StreamOpened(ue.uplink))
    bed.receive(ue.uplink, ue.sm7())
    bed.ok(bed.to_core(), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_a_deregistration_that_is_challenged() -> None:
    """MGP-10, Q-22."""
    bed, ue = challenged(expires="0")
    bed.wait(3.1)
    bed.ok(bed.sm7(ue, expires="0"), ue, 0)
    assert len(bed.facts(Deregistered)) == 1
    bed.wait(129)
    assert sets_of(bed) == []


def test_a_lost_sm6_is_sent_again_over_the_old_set() -> None:
    """ERR-30, TMR-04: SM1 is repeated after T1."""
    bed, ue = registered()
    flow = ue.uplink
    sm1 = ue.register(port="6101", response="d" * 32)
    bed.receive(flow, sm1)
    bed.sm6(ue, bed.to_core())
    bed.wait(2)
    bed.receive(flow, sm1)
    way, again = bed.to_ue()
    assert isinstance(again, Response)
    assert again.get("Security-Server") == ue.server
    assert bed.pcscf.tables.sets.at(way) is not None


@pytest.mark.parametrize(
    "changes", [{"response": "", "auth": ',auts="AAAA"'}, {"response": ""}, {"response": "d" * 32}]
)
def test_who_speaks_over_the_old_set_keeps_it(changes: dict[str, str]) -> None:
    """ERR-03, ERR-04, ERR-30, AKA-22: the challenge was no use, or another REGISTER is tried."""
    bed, ue = challenged()
    old = sets_of(bed)
    bed.wait(1)
    live = bed.pcscf.tables.sets.at(ue.uplink)
    assert live is not None
    bed.receive(ue.uplink, ue.register(port="6101", Security_Verify=live.server.lines[0], **changes))
    assert bed.to_core().method == "REGISTER"
    bed.wait(10)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert sets_of(bed) == old


def test_a_newer_challenge_comes_first() -> None:
    """MGP-05: from another REGISTER, in the clear: what was to make room stays until that is confirmed."""
    bed, ue = challenged()
    ue.renew(Terms(Spi(60_000), Spi(60_001), Port(6200), Port(6101)))
    bed.sm6(ue, bed.sm1(ue, Security_Verify=""))
    bed.wait(10)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(sets_of(bed)) == 1


def test_an_answer_in_the_clear_is_refused_all_the_while() -> None:
    """ANSWER_IN_CLEAR. PCS-25: before and after the sets have changed."""
    bed, ue = challenged()
    for _ in range(2):
        bed.receive(ue.clear, ue.register(response="c" * 32, Security_Verify=""))
        assert bed.refusals == [Refusal.ANSWER_IN_CLEAR]
        bed.wait(3.1)
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_nobody_answers() -> None:
    """ERR-06: the UE has agreed to give its set up, and comes no more: at reg-await-auth all is gone."""
    bed, ue = challenged()
    bed.wait(241)
    assert bed.stages(ue) == []
    assert sets_of(bed) == []
    assert len(bed.facts(Deregistered)) == 1


def test_the_core_refuses_the_answer() -> None:
    """MGP-06, ERR-02: 403 over the new set, which then goes."""
    bed, ue = challenged()
    bed.wait(3.1)
    bed.core(bed.sm7(ue), 403)
    assert bed.to_ue()[1].status == 403  # type: ignore[union-attr]
    bed.wait(129)
    assert sets_of(bed) == []


def test_a_neighbour_is_faster() -> None:
    """SA-15, SA-22: what the set was to have beside old values has been taken; the old set stays."""
    bed, ue = challenged(OLD._replace(port_c=Port(7000)))
    other = Ue(2, address=ue.address)
    other.renew(Terms(Spi(60_000), Spi(60_001), Port(7000), Port(7001)))
    bed.sm6(other, bed.sm1(other))
    bed.wait(10)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(sets_of(bed)) == 2


def test_the_back_end_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """ERR-24, SA-01: nothing is left over."""
    bed, ue = challenged()
    monkeypatch.setattr(bed.backend, "install", refuses)
    bed.wait(3.1)
    assert bed.stages(ue) == []
    assert sets_of(bed) == []
    assert len(bed.facts(Deregistered)) == 1


def refuses(_sa_set: object) -> None:
    raise InstallError("no room")


def test_the_registration_ends_meanwhile() -> None:
    """MGP-10: an unchallenged de-registration of the set that was to make room."""
    bed, ue = BackendBed(), Ue()
    bed.register(ue, 1)
    bed.wait(29)
    flow = ue.uplink
    bed.sm6(ue, bed.sm1(ue, flow, port="6101", response="d" * 32))
    bed.wait(10)
    assert sets_of(bed) == []
    assert bed.stages(ue) == []


def test_new_values_are_dealt_with_as_ever() -> None:
    """RRG-02: both sets stand side by side."""
    bed, ue = registered()
    bed.reregister(ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_there_is_time_for_one_repetition() -> None:
    """TMR-04: more than T1, so that SM6 is sent twice at least; SM7 waits less than for its third time."""
    assert 2_000_000 < TIME_TO_HEAR < 6_000_000
