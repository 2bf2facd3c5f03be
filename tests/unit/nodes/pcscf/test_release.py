"""Sessions that the P-CSCF ends on behalf of their ends (24.229 §5.2.8.1; PCS-19)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, HOME, TCP, UDP, Bed, Ue
from tests.unit.nodes.pcscf.call_bed import FAR, SCSCF, Called, Caller, endings, requests, statuses
from tests.unit.nodes.pcscf.relay_bed import both, registered

from twopair.base import Flow, Transport
from twopair.nodes.pcscf.relay.session import Ending
from twopair.wire.sip import NameAddr, Request

CAUSES = pytest.mark.parametrize("why", [Ending.BEARER_LOST, Ending.POLICY, Ending.DEREGISTERED])


def release(bed: Bed, ue: Ue, why: Ending = Ending.BEARER_LOST) -> None:
    """Every session of a UE is ended by the P-CSCF."""
    bed.fresh = []
    owner = bed.pcscf.tables.subscribers.of(ue.impi)
    assert owner is not None
    for session in bed.pcscf.tables.sessions.of(owner):
        bed.pcscf.releases.release(session, why, bed.now, bed.fresh)
    bed.actions += bed.fresh


def byes(bed: Bed) -> tuple[Request, Request]:
    """BYE to the far end, and BYE to the UE."""
    [far], [ue] = requests(bed, core=True), requests(bed, core=False)
    assert far.method == ue.method == "BYE"
    return far, ue


@both
@CAUSES
def test_a_call_of_the_ue_is_ended_at_both_ends(transport: Transport, why: Ending) -> None:
    """PCS-19: as the other end would have ended it: dialog, target, route, next CSeq, Reason (RFC 3326)."""
    bed, ue = registered(transport)
    call = Caller(bed, ue)
    call.answer(200)
    call.says("INFO")
    call.hears("OPTIONS", cseq=700)
    release(bed, ue, why)
    far, near = byes(bed)
    asked = call.sent
    assert (far.uri, far.values("Route")) == (FAR, [SCSCF])
    assert (far.get("From"), far.get("To")) == (asked.get("From"), f"{asked.get('To')};tag=far")
    assert far.cseq.number == ue.cseq + 1
    assert near.uri == f"sip:me@{ue.address}:6101"
    assert (near.get("From"), near.get("To")) == (far.get("To"), far.get("From"))
    assert (near.cseq.number, near.get("Route")) == (701, None)
    for bye in (far, near):
        assert bye.call_id == asked.call_id
        assert bye.get("Reason") == f'SIP;cause={why.status};text="{why.words}"'
    flows = [flow for flow, _ in bed.sent]
    assert flows == [Flow(UDP, CORE, HOME), ue.flow(ue.terms.port_s, ue.pc)]
    assert endings(bed) == [why.words]
    bed.core(far, 200)
    assert bed.nothing_sent()
    release(bed, ue)
    assert bed.fresh == []


def test_a_call_to_the_ue_is_ended_at_both_ends() -> None:
    """PCS-19."""
    bed, ue = registered()
    call = Called(bed, ue)
    call.answer(200)
    call.hears("ACK")
    release(bed, ue)
    far, near = byes(bed)
    assert (far.uri, far.values("Route")) == (FAR, [SCSCF])
    assert far.get("From") == f"{call.invite.get('To')};tag=ue"
    assert near.get("From") == call.invite.get("From")
    assert near.cseq.number == call.invite.cseq.number + 1


def test_a_call_that_the_ue_is_making() -> None:
    """PCS-19: CANCEL to who rings, once something was heard; the reason to the caller (24.229 §5.2.8.1.1)."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(180, "a")
    call.answer(180, "b")
    release(bed, ue)
    [cancel] = requests(bed, core=True)
    assert (cancel.method, cancel.branch) == ("CANCEL", call.sent.branch)
    assert statuses(bed, core=False) == [503]
    assert endings(bed) == [Ending.BEARER_LOST.words] * 2
    call.answer(487)
    assert [m.method for m in requests(bed, core=True)] == ["ACK"]
    assert statuses(bed, core=False) == []


def test_a_call_that_was_not_heard_of_yet() -> None:
    """PCS-19, RFC 3261 §9.1: the CANCEL waits for a provisional answer."""
    bed, ue = registered()
    call = Caller(bed, ue)
    release(bed, ue)
    assert (requests(bed, core=True), statuses(bed, core=False)) == ([], [503])
    call.answer(100)
    assert [m.method for m in requests(bed, core=True)] == ["CANCEL"]


def test_a_call_that_rings_at_the_ue() -> None:
    """PCS-19: CANCEL to the UE, 503 to the core."""
    bed, ue = registered()
    call = Called(bed, ue)
    call.answer(180)
    release(bed, ue)
    assert [m.method for m in requests(bed, core=False)] == ["CANCEL"]
    assert statuses(bed, core=True) == [503]
    call.answer(487)
    assert [m.method for m in requests(bed, core=False)] == ["ACK"]


def test_a_call_that_rang_at_a_ue_that_has_gone() -> None:
    """Nothing answers the CANCEL; the INVITE is given up all the same, by timer C (RFC 3261 §9.1)."""
    bed, ue = registered()
    Called(bed, ue).answer(180)
    release(bed, ue)
    bed.wait(330)
    assert (bed.pcscf.transactions, {*statuses(bed, core=True)}) == (0, {503})


def test_lost_sets_end_calls() -> None:
    """PCS-19, MGP-12: when the last set goes; the UE hears nothing, since nothing protects it (UNP-02)."""
    bed, ue = registered(TCP)
    Caller(bed, ue).answer(200)
    ringing = Caller(bed, ue)
    ringing.answer(180)
    bed.wait(190)
    ringing.answer(180)
    bed.wait(600_000 - 191)
    assert len(bed.pcscf.tables.sessions) == 1
    bed.wait(35)
    assert {(flow.local == CORE, m.method, m.branch) for flow, m in bed.sent if isinstance(m, Request)} == {
        (True, "BYE", requests(bed, core=True)[0].branch)
    }
    assert len(bed.pcscf.tables.sessions) == 0
    assert endings(bed)[-1] == Ending.SETS_LOST.words


@both
def test_an_answer_to_what_was_given_up(transport: Transport) -> None:
    """PCS-19, RFC 3261 §9.1: a 200 that crosses the CANCEL is acknowledged, and ended, from either side."""
    bed, ue = registered(transport)
    call = Caller(bed, ue)
    call.answer(180)
    release(bed, ue)
    call.answer(200)
    ack, bye = requests(bed, core=True)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert (ack.cseq.number, bye.cseq.number) == (ue.cseq, ue.cseq + 1)
    for sent in (ack, bye):
        assert (sent.uri, sent.values("Route")) == (FAR, [SCSCF])
        assert NameAddr.parse(sent.get("To") or "").tag == "far"
    assert statuses(bed, core=False) == []
    called = Called(bed, ue)
    called.answer(180)
    release(bed, ue)
    called.answer(200)
    ack, bye = requests(bed, core=False)
    assert (ack.method, bye.method, ack.uri) == ("ACK", "BYE", f"sip:me@{ue.address}:6101")
    assert statuses(bed, core=True) == []


def test_a_new_set_carries_the_bye() -> None:
    """PCS-19, RRG-01: a re-registration moves what a session needs to the new set."""
    bed, ue = registered()
    Caller(bed, ue).answer(200)
    bed.reregister(ue)
    bed.receive(ue.uplink, ue.request())
    release(bed, ue)
    _, near = byes(bed)
    assert near.method == "BYE"
    assert bed.sent[1][0] == ue.flow(ue.terms.port_s, ue.pc)
