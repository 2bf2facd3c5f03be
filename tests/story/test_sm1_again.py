"""The same SM1 again after SM6, at both ends of Mw, with real answers (RFC 3261 §17.2.2; MGP-05, MGP-08)."""

import pytest
from tests.story.pcscf_and_home import PcscfAndHome
from tests.unit.nodes.homenet.core_side import CoreSide
from tests.unit.nodes.pcscf.bed import TCP
from tests.unit.nodes.pcscf.flow_bed import FlowUe

from twopair.base import StreamClosed, StreamOpened
from twopair.nodes.facts import Deregistered
from twopair.wire.sip import Request, Response


def on_new_connection(bed: PcscfAndHome, ue: FlowUe, sm1: bytes, port: int) -> Response:
    """SM1 on a connection that is closed behind its answer."""
    came = ue.flow(port, 5060)
    bed.feed(StreamOpened(came))
    bed.receive(came, sm1)
    answer = bed.last(ue)
    bed.feed(StreamClosed(came))
    return answer


@pytest.mark.parametrize("times", [2, 4])
def test_the_last_sm6_counts(times: int) -> None:
    """MGP-05, ERR-05: each is a fresh challenge, the card answers the last, and that registers."""
    bed, ue = PcscfAndHome(), FlowUe(transport=TCP)
    sm1 = ue.register()
    answers = [on_new_connection(bed, ue, sm1, 40_000 + number) for number in range(times)]
    assert [answer.status for answer in answers] == [401] * times
    assert len({answer.get("WWW-Authenticate") for answer in answers}) == times
    assert bed.proves(ue, answers[-1]).status == 200
    assert len(bed.at_pcscf) == len(bed.at_home) == len(bed.installed) == 1


def test_after_sm12_it_ends_nothing() -> None:
    """ERR-30, MGP-08: refused for its ports; the user stays registered, at both, and is reached."""
    bed, ue = PcscfAndHome(), FlowUe(transport=TCP)
    sm1 = ue.register()
    first = on_new_connection(bed, ue, sm1, 40_000)
    assert bed.proves(ue, first).status == 200
    held = bed.installed
    assert on_new_connection(bed, ue, sm1, 40_001).status == 403
    assert bed.installed == held
    assert len(bed.at_pcscf) == len(bed.at_home) == 1
    [(address, message)] = bed.message()
    assert (address, message.method) == (ue.address, "MESSAGE")


def test_after_deregistration_it_is_a_first_registration() -> None:
    """MGP-10, MGU-12: the CSeq of a binding that is gone binds nobody (RFC 3261 §10.3)."""
    bed, ue = PcscfAndHome(), FlowUe(transport=TCP)
    sm1 = ue.register()
    assert bed.proves(ue, on_new_connection(bed, ue, sm1, 40_000)).status == 200
    bed.again(ue, expires="0")
    bed.wait(129)
    assert bed.installed == set()
    assert on_new_connection(bed, ue, sm1, 40_001).status == 401
    assert bed.at_home == []


class TestTheHomeNetworkAlone:
    """SM2 with the same Call-ID and CSeq, on another branch: a P-CSCF that lost its transaction asks so."""

    def again(self, core: CoreSide, cseq: int) -> Request:
        core.alice.cseq = cseq - 1
        return core.register(core.alice)

    def test_the_same_sm2_gets_a_fresh_challenge(self) -> None:
        """MGP-05: the answer to the former is not taken any more."""
        core = CoreSide()
        first = core.ask(self.again(core, 1))
        former = core.respond(core.alice, first)
        second = core.ask(self.again(core, 1))
        assert second.status == 401
        assert first.get("WWW-Authenticate") != second.get("WWW-Authenticate")
        fields = core.respond(core.alice, second)
        assert core.ask(core.register(core.alice, fields, protected="yes")).status == 200
        assert core.ask(core.register(core.alice, former, protected="yes")).status != 200

    def test_after_sm8_it_is_challenged_and_the_registration_stays(self) -> None:
        """UNP-03, ERR-30: nothing in the clear ends a registration."""
        core = CoreSide()
        core.registered(core.alice)
        before = list(core.facts)
        assert core.ask(self.again(core, 1)).status == 401
        assert core.facts == before
        core.later(240_000_000)
        assert not any(isinstance(fact, Deregistered) for fact in core.facts)
