"""One user with several registrations: P-CSCF and home network do not differ (MGU-09, PCS-18; ADR 12)."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from tests.story.pcscf_and_home import USER, PcscfAndHome
from tests.unit.nodes.pcscf.flow_bed import OTHER_PHONE, FlowUe, emergency, flow

from twopair.base import Refusal, Refused, StreamClosed, Transport
from twopair.core.registration.flows import RegFlow
from twopair.nodes.facts import MessageAnswered

Step = Callable[[PcscfAndHome], object]


def names(*ues: FlowUe) -> list[RegFlow]:
    """How both nodes call these registrations."""
    return sorted(RegFlow(ue.instance, 0 if ue.sos else ue.reg_id, ue.sos) for ue in ues)


def both_have(bed: PcscfAndHome, *ues: FlowUe) -> None:
    assert (bed.at_pcscf, bed.at_home) == (names(*ues), names(*ues))


def two_flows(**changes: Any) -> tuple[PcscfAndHome, FlowUe, FlowUe]:
    bed, first, second = PcscfAndHome(**changes), flow(1), flow(2)
    assert bed.enter(first).status == 200
    assert bed.enter(second).status == 200
    return bed, first, second


class TestBeside:
    def test_two_flows_over_two_accesses(self) -> None:
        """RFC 5626 §6: the 200 confirms outbound, and lists both with the own one first."""
        bed, first, second = two_flows()
        both_have(bed, first, second)
        answer = bed.again(first)
        assert answer.get("Require") == "outbound"
        there = [value.partition(";")[0] for value in answer.values("Contact")]
        assert there == [f"<sip:{ue.address}:{ue.terms.port_s}>" for ue in (first, second)]
        assert bed.relayed(first)
        assert bed.relayed(second)

    def test_a_home_network_without_flows(self) -> None:
        """MGU-09, first sentence: the second takes the place of the first at both."""
        bed, first, second = two_flows(outbound=False)
        second.reg_id = 0
        both_have(bed, second)
        assert not bed.relayed(first)

    def test_emergency_beside_flows(self) -> None:
        """PCS-18."""
        bed, first, second = two_flows()
        urgent = emergency()
        assert bed.enter(urgent).status == 200
        both_have(bed, first, second, urgent)
        assert [to for to, _ in bed.message()] == [second.address]

    def test_a_refresh_that_forgets_its_reg_id(self) -> None:
        """ADR 12: it is of the flow it came over, and the other flow stays."""
        bed, first, second = two_flows()
        first.reg_id = 0
        assert bed.again(first).status == 200
        first.reg_id = 1
        both_have(bed, first, second)

    def test_each_expires_by_itself(self) -> None:
        bed, first, second = two_flows()
        assert bed.again(second, expires="600").status == 200
        bed.wait(601)
        both_have(bed, first)
        bed.wait(40)
        assert bed.relayed(first)
        assert [to for to, _ in bed.message()] == [first.address]

    def test_star_ends_all_but_emergency(self) -> None:
        """RFC 3261 §10.2.2; PCS-18."""
        bed, first, _ = two_flows()
        urgent = emergency()
        bed.enter(urgent)
        assert bed.again(first, Contact="*", expires="0").status == 200
        both_have(bed, urgent)


class TestReached:
    """Requests to the user, over the flow that works (RFC 5626 §7)."""

    def test_the_flow_that_was_used_last(self) -> None:
        bed, first, second = two_flows()
        assert [to for to, _ in bed.message()] == [second.address]
        bed.again(first)
        assert [to for to, _ in bed.message()] == [first.address]

    def test_the_other_flow_where_a_connection_is_refused(self) -> None:
        """RFC 5626 §5.3.1: TCP to the second fails, 430, and the first gets it."""
        bed, first, second = PcscfAndHome(), flow(1), flow(2, transport=Transport.TCP)
        bed.enter(first)
        bed.enter(second)
        assert [to for to, _ in bed.message()] == [second.address]
        [way] = bed.opened()
        bed.feed(StreamClosed(way, "connection refused"))
        [(to, request)] = bed.down
        assert to == first.address
        bed.answers(first, request, 200)
        assert bed.told[-1] == MessageAnswered(USER, 200, request.call_id)

    def test_no_flow_where_the_p_cscf_was_started_again(self) -> None:
        """FLOW_FAILED for each; to the sender nobody is there, which is no matter of flows."""
        bed, first, _ = two_flows()
        bed.restart_pcscf()
        assert bed.message() == []
        assert bed.told[-1].status == 480
        assert [fact.refusal for fact in bed.facts(Refused)] == [Refusal.FLOW_FAILED] * 2
        bed.enter(first)
        assert [to for to, _ in bed.message()] == [first.address]


def _enters(ue: FlowUe) -> Step:
    return lambda bed: bed.enter(ue)


def _over_its_set(ue: FlowUe, **changes: str) -> Step:
    """While it is registered."""
    return lambda bed: names(ue)[0] in bed.at_pcscf and bed.again(ue, **changes)


def _renamed(ue: FlowUe, reg_id: int) -> Step:
    """A re-registration over the set, with another reg-id than that of the set."""

    def step(bed: PcscfAndHome) -> None:
        before = ue.reg_id
        if names(ue)[0] in bed.at_pcscf:
            ue.reg_id = reg_id
            assert bed.again(ue).status == 200
            ue.reg_id = before if before else reg_id

    return step


def _steps() -> dict[str, Step]:
    first, second, plain, urgent = flow(1), flow(2), FlowUe(call_id="plain"), emergency()
    other = flow(1, "10.99.7.7", instance=OTHER_PHONE)
    other.call_id = "other"
    nameless = FlowUe(instance="", address="10.99.8.8", call_id="nameless")
    return {
        "flow 1": _enters(first),
        "flow 2": _enters(second),
        "plain": _enters(plain),
        "sos": _enters(urgent),
        "another phone": _enters(other),
        "a phone without instance": _enters(nameless),
        "refresh of flow 1": _over_its_set(first),
        "end of flow 1": _over_its_set(first, expires="0"),
        "end of plain": _over_its_set(plain, expires="0"),
        "end of sos": _over_its_set(urgent, expires="0"),
        "star": _over_its_set(first, Contact="*", expires="0"),
        "star over sos": _over_its_set(urgent, Contact="*", expires="0"),
        "flow 1 forgets its reg-id": _renamed(first, 0),
        "plain is flow 3 now": _renamed(plain, 3),
    }


@pytest.mark.parametrize("begins", _steps())
def test_they_believe_the_same_whatever_comes(begins: str) -> None:
    """All orders of three steps: what stands at the P-CSCF stands at the home network, and is reached."""
    for more in product(_steps(), repeat=2):
        bed, steps, taken = PcscfAndHome(), _steps(), (begins, *more)
        for step in taken:
            steps[step](bed)
            assert bed.at_pcscf == bed.at_home, taken
        assert len(bed.message()) == any(not name.sos for name in bed.at_home), taken
