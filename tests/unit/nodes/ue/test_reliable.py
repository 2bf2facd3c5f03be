"""Reliable provisional answers, at either end of a call (RFC 3262, RFC 3312; UEP-09)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, Bench

from twopair.base import Impu, Received, Transport
from twopair.core.sa import PortName
from twopair.nodes.facts import CallChanged, CallStage
from twopair.nodes.ue import media
from twopair.nodes.wishes import Answer, Call, Register
from twopair.wire.sdp import Direction
from twopair.wire.sip import NameAddr, Request, make_request, make_response

BOB = Impu("sip:bob@home")


def registered(**config: Any) -> Bench:
    bench = Bench(preconditions=True, **config)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    return bench


# who calls


def calling() -> tuple[Bench, tuple[Request, Any]]:
    bench = registered()
    bench.feed(Call(BOB))
    return bench, bench.last


def rings(
    bench: Bench, invite: tuple[Request, Any], tag: str, rseq: int, status: int = 183, require: str = "100rel"
) -> None:
    """A provisional answer with that tag."""
    headers = [("Contact", "<sip:bob@far>"), ("Require", require), ("RSeq", str(rseq))]
    response = make_response(invite[0], status, to_tag=tag, headers=headers)
    bench.feed(Received(bench.response_flow(invite[1]), response.to_bytes()))


def pracks(bench: Bench) -> list[tuple[str | None, str | None]]:
    """What was acknowledged: tag of the dialog, and RAck."""
    sent = [request for request, _ in bench.requests if request.method == "PRACK"]
    return [(NameAddr.parse(request.get("To") or "").tag, request.get("RAck")) for request in sent]


def test_an_offer_with_preconditions() -> None:
    """RFC 3312 §4, §11: both ends' resources are mandatory, ours are not there yet."""
    _, (invite, _) = calling()
    assert {"100rel", "precondition"} <= set(invite.values("Supported"))
    stream = media.stream_in(invite.body)
    assert stream is not None
    assert media.ready(stream) is False
    assert b"a=des:qos mandatory remote sendrecv" in invite.body


def test_each_fork_is_acknowledged_in_its_dialog() -> None:
    """RFC 3262 §4: once each and in order; what is not reliable is not acknowledged."""
    bench, invite = calling()
    rings(bench, invite, "a", 5)
    rings(bench, invite, "b", 70)
    rings(bench, invite, "a", 5)  # again
    rings(bench, invite, "a", 7)  # one is missing
    rings(bench, invite, "a", 6, 180)
    rings(bench, invite, "c", 1, 180, require="timer")
    assert pracks(bench) == [("a", "5 1 INVITE"), ("b", "70 1 INVITE"), ("a", "6 1 INVITE")]


def test_no_more_early_dialogs_than_that() -> None:
    bench, invite = calling()
    for number in range(20):
        rings(bench, invite, f"t{number}", 1)
    assert len(pracks(bench)) == 8


# who is called


def called(*, taken: bool = False) -> Bench:
    bench = registered()
    lines = ("v=0", "o=b 1 1 IN IP4 10.0.9.9", "s=-", "c=IN IP4 10.0.9.9", "t=0 0", "m=audio 4000 RTP/AVP 0")
    body = "\r\n".join([*lines, "a=sendonly", ""]).encode()
    headers = [
        ("Contact", "<sip:bob@far>"),
        ("Supported", "100rel, precondition"),
        ("Content-Type", "application/sdp"),
    ]
    bench.request_from_network("INVITE", headers=headers, body=body)
    if taken:
        bench.feed(Answer())
    return bench


def prack(bench: Bench, rseq: str) -> int:
    """Acknowledge a provisional answer; the status of the answer to PRACK."""
    said = next(response for response, _ in reversed(bench.responses) if response.cseq.method == "INVITE")
    sa_set = bench.sets[max(bench.sets)]
    headers = [
        ("Via", f"SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKp{rseq}{len(bench.responses)}"),
        ("From", said.get("From") or ""),
        ("To", said.get("To") or ""),
        ("Call-ID", said.call_id),
        ("CSeq", f"{20 + len(bench.responses)} PRACK"),
        ("RAck", f"{rseq} 7 INVITE"),
    ]
    request = make_request("PRACK", f"sip:{ALICE}", headers)
    bench.feed(Received(sa_set.flow(Transport.UDP, PortName.PC, PortName.US), request.to_bytes()))
    [answer] = [r for r, _ in bench.responses if r.get("CSeq") == request.get("CSeq")]
    return answer.status


def test_180_follows_the_prack_and_200_the_next() -> None:
    """RFC 3262 §3, RFC 3264 §6.1: the 183 has our answer, its direction mirrored; the 200 has none."""
    bench = called(taken=True)
    [first] = [r for r, _ in bench.responses if r.cseq.method == "INVITE"]
    assert (first.status, first.get("Require")) == (183, "100rel")
    assert b"a=recvonly" in first.body
    assert prack(bench, "1") == 481
    assert prack(bench, first.get("RSeq") or "") == 200
    second = [r for r, _ in bench.responses if r.cseq.method == "INVITE"][-1]
    assert second.status == 180
    assert second.get("RSeq") == str(int(first.get("RSeq") or "") + 1)
    assert prack(bench, second.get("RSeq") or "") == 200
    final = [r for r, _ in bench.responses if r.cseq.method == "INVITE"][-1]
    assert (final.status, final.body) == (200, b"")


def test_nobody_acknowledges() -> None:
    """RFC 3262 §3: repeated, and after 64 * T1 the INVITE is answered 504."""
    bench = called()
    bench.pass_time(130)
    last = bench.facts_of(CallChanged)[-1]
    assert (last.stage, last.status) == (CallStage.ENDED, 504)


@pytest.mark.parametrize("direction", Direction)
def test_the_answer_mirrors_the_direction(direction: Direction) -> None:
    """RFC 3264 §6.1, §8.4: hold, resume, and a stream that nobody sends."""
    bench = registered()
    gm = bench.ue._gm
    answer = media.answer_to(gm, 1, media.audio(gm, 1, direction))
    stream = media.stream_in(answer)
    assert stream is not None
    assert stream.direction is media.MIRROR[direction]
    assert media.ready(stream) is None


def test_other_offers_are_none_that_we_take() -> None:
    assert media.stream_in(b"nonsense") is None
    gm = registered().ue._gm
    video = media.audio(gm, 1, Direction.SENDRECV).replace(b"audio", b"video")
    assert media.stream_in(video) is None
