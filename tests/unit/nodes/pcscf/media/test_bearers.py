"""Bearers of calls, and what becomes of calls without (24.229 §5.2.7, §5.2.8.1; 29.214 §4.4; PCS-19)."""

from typing import Any

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue, make_response
from tests.unit.nodes.pcscf.call_bed import FAR, FROM_CORE, SCSCF, Called, Caller, endings, requests, statuses
from tests.unit.nodes.pcscf.media.media_bed import (
    OF_FAR,
    OF_UE,
    SDP,
    asked,
    ended,
    invite,
    offering,
    questions,
    reported,
)
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.core.policy import FlowStatus, FlowUsage
from twopair.nodes.facts import BearerGone, BearerRefused
from twopair.nodes.media import MediaAnchored
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, Verdict


def calling(bearers: str = "optional") -> tuple[Bed, Ue, Caller, AskPolicy]:
    """A UE that calls with an offer, and what policy control was asked."""
    bed, ue = registered(bearers=bearers)
    call = offering(bed, ue)
    (first,) = asked(bed)
    return bed, ue, call, first


def answers(call: Caller, status: int, body: str = OF_FAR, tag: str = "far") -> None:
    response = make_response(call.sent, status, to_tag=tag, headers=[("Contact", f"<{FAR}>"), SDP])
    response.set("Record-Route", f"{SCSCF}, {call.sent.get('Record-Route')}")
    response.body = body.encode()
    call.bed.receive(FROM_CORE, response.to_bytes())


def up() -> tuple[Bed, Caller, str]:
    """A call that stands, with its bearer."""
    bed, _ue, call, first = calling()
    answers(call, 200)
    call.says("ACK")
    return bed, call, first.session


def test_asked_at_the_offer_and_at_the_answer() -> None:
    """29.214 §4.4.1: preliminary, then final; nothing waits for it."""
    bed, ue, call, first = calling()
    assert (first.address, first.impu, first.final) == (ue.address, ue.impu, False)
    assert call.sent.body == OF_UE.encode()
    (stream,) = first.components
    assert stream.flows[0].downlink == "permit out 17 from any to 10.10.1.1 49152"
    answers(call, 183)
    (second,) = asked(bed)
    assert (second.session, second.final) == (first.session, True)
    (stream,) = second.components
    assert stream.flows[0].uplink == "permit in 17 from 10.10.1.1 to 10.30.0.9 30000"
    assert statuses(bed, core=False) == [183]
    answers(call, 200)
    assert asked(bed) == []  # it says the same again


def test_the_ue_is_called() -> None:
    bed, ue = registered(bearers="optional")
    call = Called(bed, ue, body=OF_FAR, Content_Type="application/sdp")
    (first,) = asked(bed)
    assert first.components[0].flows[0].uplink == f"permit in 17 from {ue.address} to 10.30.0.9 30000"
    response = make_response(call.invite, 200, to_tag="ue", headers=[("Contact", "<sip:me@x>"), SDP])
    response.body = OF_UE.encode()
    bed.receive(ue.uplink, response.to_bytes())
    (second,) = asked(bed)
    assert second.components[0].codecs[0].startswith("downlink\noffer\n")


def test_hold_and_the_end() -> None:
    bed, call, session = up()
    held = OF_UE + "a=sendonly\r\n"
    typed = {"Content_Type": "application/sdp", "Content_Length": str(len(held)), "Contact": "<sip:me@x>"}
    call.says("INVITE", body=held, **typed)
    assert asked(bed) == []  # what is offered counts when it is answered
    call.sent = bed.to_core()
    answers(call, 200, OF_FAR + "a=recvonly\r\n")
    (change,) = asked(bed)
    assert change.session == session
    assert change.components[0].status is FlowStatus.ENABLED_UPLINK
    call.says("ACK")
    call.says("BYE")
    assert ended(bed) == [session]


def test_a_call_that_is_refused_by_the_far_end() -> None:
    bed, _ue, call, first = calling()
    call.answer(486)
    assert ended(bed) == [first.session]


@pytest.mark.parametrize(
    ("verdict", "bearers", "status"),
    [
        (Verdict.NOT_AUTHORISED, "optional", 403),
        (Verdict.NOT_ACCEPTABLE, "optional", 488),
        (Verdict.UNKNOWN_BEARER, "required", 503),
        (Verdict.UNREACHABLE, "required", 503),
        (Verdict.FAILED, "required", 503),
    ],
)
def test_a_call_without_a_bearer_ends(verdict: Verdict, bearers: str, status: int) -> None:
    """24.229 §5.2.7: whoever asked is told, whoever was asked gets a CANCEL."""
    bed, _ue, call, first = calling(bearers)
    call.answer(180)
    bed.feed(PolicyAnswered(first.session, verdict, "5063"))
    assert statuses(bed, core=False) == [status]
    assert bed.to_core().method == "CANCEL"
    assert [(fact.verdict, fact.why) for fact in reported(bed, BearerRefused)] == [(verdict.value, "5063")]
    assert ended(bed) == [first.session]


@pytest.mark.parametrize("verdict", [Verdict.UNREACHABLE, Verdict.FAILED, Verdict.UNKNOWN_BEARER])
def test_where_policy_control_is_optional_its_silence_ends_no_call(verdict: Verdict) -> None:
    bed, _ue, _call, first = calling()
    bed.feed(PolicyAnswered(first.session, verdict))
    assert len(reported(bed, BearerRefused)) == 1
    assert bed.nothing_sent()
    assert len(bed.pcscf.tables.sessions) == 1


def test_granted() -> None:
    bed, _ue, _call, first = calling()
    bed.feed(PolicyAnswered(first.session, Verdict.GRANTED))
    assert bed.fresh == []


@pytest.mark.parametrize("event", ["ASR", "RAR for all", "RAR for the stream"])
def test_a_bearer_that_is_lost_ends_the_call_at_both_ends(event: str) -> None:
    """PCS-19, 24.229 §5.2.8.1.2: BYE both ways."""
    bed, _call, session = up()
    components = frozenset({1}) if event == "RAR for the stream" else frozenset[int]()
    bed.feed(BearerLost(session, components, ended=event == "ASR", why="BEARER_RELEASED"))
    assert [request.method for request in requests(bed, core=True)] == ["BYE"]
    assert [request.method for request in requests(bed, core=False)] == ["BYE"]
    reason = requests(bed, core=False)[0].get("Reason") or ""
    assert reason.startswith("SIP;cause=503")
    assert [fact.why for fact in reported(bed, BearerGone)] == ["BEARER_RELEASED"]
    assert endings(bed) == ["the bearer of the UE is gone"]
    assert ended(bed) == ([] if event == "ASR" else [session])


def test_a_stream_of_several_that_is_lost_ends_no_call() -> None:
    bed, ue = registered(bearers="optional")
    two = OF_UE + "m=video 49200 RTP/AVP 99\r\n"
    typed = {"Content_Type": "application/sdp", "Content_Length": str(len(two))}
    Caller(bed, ue, body=two, **typed)
    (first,) = asked(bed)
    bed.feed(BearerLost(first.session, frozenset({2}), ended=False))
    assert len(reported(bed, BearerGone)) == 1
    assert bed.nothing_sent()
    bed.feed(BearerLost(first.session, frozenset({1, 2}), ended=False))
    assert not bed.nothing_sent()


@pytest.mark.parametrize(
    "event", [BearerLost("nobody", frozenset(), True), PolicyAnswered("nobody", Verdict.FAILED)]
)
def test_of_nobody(event: BearerLost | PolicyAnswered) -> None:
    bed, _ = registered(bearers="required", signalling_path=True)
    bed.feed(event)
    assert bed.fresh == []


def test_what_cannot_be_read_asks_for_nothing() -> None:
    bed, ue = registered(bearers="optional")
    bed.receive(ue.uplink, invite(ue, body="v=1\r\n"))
    assert asked(bed) == []
    assert bed.to_core().body == b"v=1\r\n"


def test_an_emergency_call_says_so() -> None:
    bed, ue = registered(bearers="optional")
    _, _, rest = invite(ue).partition(b" SIP/2.0")
    bed.receive(ue.uplink, b"INVITE urn:service:sos.fire SIP/2.0" + rest)
    assert [one.emergency for one in asked(bed)] == [True]


def test_with_a_relay_the_bearer_carries_what_the_ue_sees() -> None:
    """The UE's flows end at the relay: its own offer before, the answer after it."""
    bed, ue = registered(bearers="optional", anchoring="optional")
    bed.receive(ue.uplink, invite(ue))
    (first,) = asked(bed)
    (question,) = questions(bed)
    bed.feed(MediaAnchored(question.ticket, OF_FAR.replace("10.30.0.9", "10.20.0.77").encode()))
    sent = bed.to_core()
    response = make_response(sent, 200, to_tag="far", headers=[("Contact", f"<{FAR}>"), SDP])
    response.body = OF_FAR.encode()
    bed.receive(FROM_CORE, response.to_bytes())
    (question,) = questions(bed)
    assert asked(bed) == []
    bed.feed(MediaAnchored(question.ticket, OF_FAR.replace("10.30.0.9", "10.10.0.77").encode()))
    (second,) = asked(bed)
    assert second.session == first.session
    assert second.components[0].flows[0].uplink == "permit in 17 from 10.10.1.1 to 10.10.0.77 30000"


# signalling


def watched() -> tuple[Bed, Ue, AskPolicy]:
    bed, ue = Bed(bearers="optional", signalling_path=True), Ue()
    bed.register(ue)
    (path,) = [action for action in bed.actions if isinstance(action, AskPolicy)]
    return bed, ue, path


def test_the_signalling_path_of_a_registration_is_watched() -> None:
    """29.214 §4.4.5: once, with the one flow of ESP that it has."""
    bed, ue, path = watched()
    (component,) = path.components
    assert (component.number, path.address, path.final) == (0, ue.address, True)
    (flow,) = component.flows
    assert flow.usage is FlowUsage.AF_SIGNALLING
    assert flow.uplink == f"permit in 50 from {ue.address} to 10.10.0.1"
    bed.reregister(ue)
    assert len([action for action in bed.actions if isinstance(action, AskPolicy)]) == 1


def test_it_ends_with_the_registration() -> None:
    bed, ue, path = watched()
    bed.reregister(ue, expires=0)
    bed.wait(200)
    assert EndPolicy(path.session) in bed.actions
    assert bed.pcscf.tables.subscribers.of(ue.impi) is None


def test_a_signalling_path_that_is_lost_ends_every_call_of_the_ue() -> None:
    """PCS-19; 24.229 §5.2.8.1.1."""
    bed, ue, path = watched()
    offering(bed, ue).answer(200)
    offering(bed, ue).answer(200)
    bed.feed(BearerLost(path.session, frozenset(), ended=True, why="released"))
    assert [request.method for request in requests(bed, core=True)] == ["BYE", "BYE"]
    assert len(bed.pcscf.tables.sessions) == 0
    assert [fact.call_id for fact in reported(bed, BearerGone)] == [""]


@pytest.mark.parametrize("changes", [{}, {"signalling_path": True}, {"bearers": "optional"}])
def test_nothing_is_asked_unless_it_is_wanted(changes: dict[str, Any]) -> None:
    bed, ue = Bed(**changes), Ue()
    bed.register(ue)
    assert [action for action in bed.actions if isinstance(action, AskPolicy)] == []
    if not changes.get("bearers"):
        assert bed.pcscf.tables.gate is None
        offering(bed, ue)
        assert asked(bed) == []
