"""Matching, refusing, failing flows, CANCEL, bounds (RFC 3261 §9, §17.1.3, §17.2.3)."""

import pytest
from tests.unit.core.sip.bed import PCSCF, TCP, UDP, Bed, request

from twopair.base import Endpoint, Flow, IllegalStep, Port, Refusal, Transport
from twopair.core.sip import GM, OF_THE_UE, OVER_ITS_SETS, State, Timers, Trouble, Why
from twopair.core.sip.ack import make_ack
from twopair.wire.sip import Response, make_response, parse


def refusals(bed: Bed) -> list[Refusal]:
    return [report.fact.refusal for report in bed.reports]  # type: ignore[attr-defined]


# matching


@pytest.mark.parametrize(
    ("method", "branch"), [("MESSAGE", "z9hG4bK2"), ("OPTIONS", "z9hG4bK1")], ids=["branch", "method"]
)
def test_a_response_must_fit_branch_and_method(method: str, branch: str) -> None:
    """RFC 3261 §17.1.3."""
    bed = Bed()
    txn = bed.start(request())
    bed.answer(txn, 200, request(method, branch))
    assert bed.told == ["stray 200"]
    assert txn.state is State.TRYING


@pytest.mark.parametrize(
    "other",
    [
        request(branch="z9hG4bK2"),
        request("OPTIONS"),
        request(Via="SIP/2.0/UDP 10.0.1.1:6103;branch=z9hG4bK1"),
        request(Via="SIP/2.0/UDP 10.0.1.2:6101;branch=z9hG4bK1"),
    ],
    ids=["branch", "method", "port", "host"],
)
def test_a_request_that_differs_in_its_key_is_a_new_one(other: object) -> None:
    """RFC 3261 §17.2.3: branch, sent-by and method."""
    bed = Bed()
    bed.receive(request())
    bed.receive(other)  # type: ignore[arg-type]
    assert len(bed.told) == 2


def test_one_address_cannot_meet_the_transaction_of_another() -> None:
    """Whoever copies branch and sent-by gets a transaction of his own (33.203 §7.1)."""
    bed = Bed(respond_with=(200,))
    bed.receive(request())
    thief = Flow(Transport.UDP, Endpoint("10.0.1.66", Port(6100)), PCSCF)
    bed.receive(request(), thief)
    assert bed.told == ["request MESSAGE"] * 2
    assert bed.sends[1].flow == thief.mirrored()


def test_letter_case_and_order_of_via_do_not_matter() -> None:
    bed = Bed()
    bed.receive(request(Via="SIP/2.0/UDP UE.test:6101;rport;branch=z9hG4bK1"))
    bed.receive(request(Via="SIP/2.0/UDP ue.TEST:6101;branch=z9hG4bK1;rport"))
    assert bed.told == ["request MESSAGE"]


def test_branches_of_rfc_2543() -> None:
    """Without the magic cookie the request is told by what does not change in retransmissions (§17.2.3)."""
    bed = Bed(respond_with=(486,))
    old = "SIP/2.0/UDP 10.0.1.1:6101;branch=1"
    bed.receive(request("INVITE", Via=old))
    bed.receive(request("INVITE", Via=old))
    bed.receive(request("ACK", Via=old, CSeq="1 ACK", To="<sip:b@ims.test>;tag=x"))
    assert bed.told == ["request INVITE"]
    assert bed.servers[0].state is State.CONFIRMED
    bed.receive(request("INVITE", Via=old, CSeq="2 INVITE"))
    bed.receive(request("INVITE", Via=old, Call_ID="call-2"))
    bed.receive(request("INVITE", Via=old, From="<sip:a@ims.test>;tag=other"))
    bed.receive(request("INVITE", Via="SIP/2.0/UDP 10.0.1.1:6101"))
    assert bed.told == ["request INVITE"] * 5


def test_a_user_can_judge_a_response_before_the_transaction_takes_it() -> None:
    """UNP-04: an answer in the clear to a protected request must not use up the transaction."""
    bed = Bed()
    txn = bed.start(request())
    assert bed.layer.client_of(make_response(request(), 200)) is txn
    assert bed.layer.client_of(make_response(request("OPTIONS"), 200)) is None
    garbled = parse(b"SIP/2.0 200 OK\r\nVia: nothing\r\nContent-Length: 0\r\n\r\n")
    assert isinstance(garbled, Response)
    assert bed.layer.client_of(garbled) is None


# ACK and CANCEL


def test_an_ack_to_a_2xx_is_the_users() -> None:
    bed = Bed()
    bed.receive(request("ACK", "z9hG4bKother", CSeq="1 ACK"))
    assert bed.told == ["ack"]
    assert len(bed.layer) == 0


def test_the_ack_of_a_failure() -> None:
    """RFC 3261 §17.1.1.3; Route and sec-agree headers are those of the INVITE (AGR-25)."""
    invite = request(
        "INVITE", Route="<sip:10.0.0.1:5062;lr>", Security_Verify="ipsec-3gpp;q=0.1", Require="sec-agree"
    )
    invite.add("Via", "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKbelow")
    ack = make_ack(invite, make_response(invite, 486, to_tag="gone"))
    assert ack.to_bytes().decode().split("\r\n") == [
        "ACK sip:b@ims.test SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.1.1:6101;branch=z9hG4bK1",
        "Max-Forwards: 70",
        "Route: <sip:10.0.0.1:5062;lr>",
        "Security-Verify: ipsec-3gpp;q=0.1",
        "Require: sec-agree",
        "From: <sip:a@ims.test>;tag=ue",
        "To: <sip:b@ims.test>;tag=gone",
        "Call-ID: call-1",
        "CSeq: 1 ACK",
        "Content-Length: 0",
        "",
        "",
    ]


def test_cancel() -> None:
    """RFC 3261 §9.2: answered by itself, and the INVITE by itself; after the answer nothing changes."""
    bed = Bed()
    bed.receive(request("INVITE"))
    bed.receive(request("CANCEL"))
    assert bed.told == ["request INVITE", "cancel INVITE"]
    assert [line for _, line in bed.sent] == ["200", "487"]
    bed.receive(request("CANCEL"))
    assert [line for _, line in bed.sent] == ["200", "487", "200"]


def test_cancel_of_nothing() -> None:
    bed = Bed()
    bed.receive(request("CANCEL"))
    assert bed.told == []
    assert bed.sent == [(0, "481")]


# what cannot be served


@pytest.mark.parametrize(
    "broken",
    [
        request(CSeq="1 OPTIONS"),
        request(CSeq="many"),
        request("INVITE", Via="SIP/2.0/UDP 10.0.1.1", From="<"),
    ],
    ids=["other method", "garbled", "no From for an old branch"],
)
def test_a_request_without_a_readable_key_is_refused(broken: object) -> None:
    bed = Bed()
    bed.receive(broken)  # type: ignore[arg-type]
    assert refusals(bed) == [Refusal.BAD_REQUEST]
    assert bed.sent == [(0, "400")]
    assert (bed.told, len(bed.layer)) == ([], 0)


@pytest.mark.parametrize("broken", [request(Via="?"), request("ACK", CSeq="1 INVITE")], ids=["Via", "ACK"])
def test_what_cannot_be_answered_is_only_counted(broken: object) -> None:
    bed = Bed()
    bed.receive(broken)  # type: ignore[arg-type]
    assert refusals(bed) == [Refusal.BAD_REQUEST]
    assert (bed.sent, bed.told) == ([], [])


def test_a_response_without_a_readable_key_is_counted() -> None:
    bed = Bed()
    bed.receive(
        parse(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n")
    )
    assert refusals(bed) == [Refusal.MALFORMED_SIP]


def test_beyond_the_bound_requests_are_refused() -> None:
    """Refusal.OVERLOADED: bounded state; retransmissions and our own requests are still served."""
    bed = Bed(limit=3)
    for n in range(4):
        bed.receive(request(branch=f"z9hG4bK{n}"))
    assert refusals(bed) == [Refusal.OVERLOADED]
    assert bed.sent == [(0, "503")]
    assert len(bed.layer) == 3
    bed.receive(request(branch="z9hG4bK0"))
    bed.receive(request("ACK", branch="z9hG4bK9", CSeq="1 ACK"))
    bed.start(request(branch="z9hG4bKours"))
    assert len(refusals(bed)) == 1
    assert len(bed.layer) == 4


def test_before_that_answered_transactions_are_forgotten() -> None:
    """The one that would end next makes room, and only then: what it absorbed counts as new."""
    bed = Bed(limit=3, respond_with=(200,))
    for n in range(5):
        bed.receive(request(branch=f"z9hG4bK{n}"))
        bed.run(n + 1)
    assert refusals(bed) == []
    assert bed.told.count("request MESSAGE") == 5
    assert [line for line in bed.told if "terminated" in line] == ["terminated at 3.0", "terminated at 4.0"]
    assert len(bed.layer) == 3
    bed.receive(request(branch="z9hG4bK4"))
    assert bed.told.count("request MESSAGE") == 5
    bed.run(1000)
    assert len(bed.layer) == 0


# flows


def test_a_stream_that_fails_fails_what_waits_on_it() -> None:
    """RFC 3261 §17.1.4; what has its final response, or waits elsewhere, is not touched."""
    bed = Bed()
    done = request("INVITE", "z9hG4bKdone")
    txn = bed.start(done.copy(), TCP)
    bed.answer(txn, 200, done, TCP)
    bed.start(request("MESSAGE", "z9hG4bKwaits"), TCP)
    bed.start(request("MESSAGE", "z9hG4bKudp"), UDP)
    other = TCP._replace(local=TCP.local._replace(port=Port(6102)))
    bed.start(request("MESSAGE", "z9hG4bKother"), other)
    bed.run(1)
    bed.layer.flow_failed(TCP, bed.now, bed.out)
    assert bed.told == ["response 200", "timeout at 1.0", "terminated at 1.0"]
    bed.layer.flow_failed(TCP, bed.now, bed.out)
    assert (len(bed.told), len(bed.layer)) == (3, 3)


def test_a_response_may_come_on_another_flow() -> None:
    """MSG-06: the connection is gone and the answer comes on a new one."""
    bed = Bed()
    sip = request()
    txn = bed.start(sip.copy(), TCP)
    bed.answer(txn, 200, sip, Flow(Transport.TCP, Endpoint("10.0.1.1", Port(6101)), PCSCF))
    assert bed.told == ["response 200", "terminated at 0.0"]


def test_a_stream_that_is_lost_leaves_time_for_an_answer_on_another() -> None:
    """MSG-06: after T4 the request is taken for lost, unless a provisional answer said that it arrived."""
    bed = Bed()
    methods = ("MESSAGE", "MESSAGE", "INVITE", "INVITE")
    sips = [request(method, f"z9hG4bK{n}") for n, method in enumerate(methods)]
    txns = [bed.start(sip.copy(), TCP) for sip in sips]
    bed.answer(txns[3], 180, sips[3], TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    bed.run(10)
    bed.answer(txns[0], 200, sips[0], TCP._replace(local=TCP.local._replace(port=Port(6101))))
    bed.run(100)
    assert [line for line in bed.told if not line.startswith("terminated")] == [
        "response 180",
        "response 200",
        "timeout at 17.0",
        "timeout at 17.0",
    ]
    assert txns[3].state is State.PROCEEDING


@pytest.mark.parametrize("allowed", [True, False])
def test_a_request_that_comes_again_on_another_connection(*, allowed: bool) -> None:
    """RFC 3261 §17.2.2, §18.2.2: one request for the user; its flow is where the answer goes."""
    bed = Bed(comes_again=lambda before, flow: allowed and before != flow)
    first, second = (TCP.mirrored()._replace(remote=TCP.local._replace(port=Port(p))) for p in (1, 2))
    for flow in (first, second):
        bed.layer.receive(parse(request().to_bytes()), flow, bed.now, bed.out)
    assert bed.told == ["request MESSAGE"]
    assert bed.servers[0].flow == (second if allowed else first)


@pytest.mark.parametrize("there", [True, False])
def test_an_ack_asks_whether_its_stream_stands(*, there: bool) -> None:
    """RFC 3261 §17.1.1.3: the failure came on another connection, that of the INVITE is gone."""
    asked: list[Flow] = []
    bed = Bed(reach=lambda flow: asked.append(flow) or there)  # type: ignore[func-returns-value]
    sip = request("INVITE")
    txn = bed.start(sip.copy(), TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    bed.answer(txn, 486, sip, TCP._replace(local=TCP.local._replace(port=Port(6101))))
    assert asked == [TCP, TCP]
    assert [line for _, line in bed.sent] == (["INVITE", "INVITE", "ACK"] if there else ["INVITE"])


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
@pytest.mark.parametrize("there", [True, False])
def test_a_request_of_which_nothing_was_heard_is_sent_again(method: str, *, there: bool) -> None:
    """MSG-06: on a new stream with the same branch, where there may be one; three times and no more."""
    bed = Bed(reach=lambda _flow: there)
    txn = bed.start(request(method), TCP)
    for _ in range(5):
        bed.layer.flow_closed(TCP, bed.now, bed.out)
    bed.collect()
    assert [line for _, line in bed.sent] == [method] * (4 if there else 1)
    bed.answer(txn, 200, request(method), TCP)
    assert bed.told[0] == "response 200"


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_a_ue_tries_a_refused_stream_again_for_a_while(method: str) -> None:
    """MSG-06, MGP-14: its P-CSCF is killed, refuses connections, and is there again after five seconds."""
    bed = Bed(OF_THE_UE)
    txn = bed.start(request(method), TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    for second in range(1, 6):
        bed.layer.flow_failed(TCP, bed.now, bed.out, "connection refused")
        bed.run(second)
    assert bed.moments(method) == [0, 1, 1, 2, 3, 4, 5]
    assert bed.told == []
    bed.answer(txn, 200, request(method), TCP)
    assert bed.told[0] == "response 200"


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_a_new_request_of_a_ue_waits_for_a_pcscf_that_starts(method: str) -> None:
    """MGP-14: over a set it is never the end that its first stream is refused, for as long as over UDP."""
    bed = Bed(OVER_ITS_SETS)
    txn = bed.start(request(method), TCP)
    for second in range(1, 31):
        bed.layer.flow_failed(TCP, bed.now, bed.out, "connection refused")
        bed.run(second)
    assert bed.moments(method) == [0, *range(1, 31)]
    assert bed.told == []
    bed.answer(txn, 200, request(method), TCP)
    assert bed.told[0] == "response 200"


@pytest.mark.parametrize("timers", [GM, OF_THE_UE, OVER_ITS_SETS])
def test_a_new_request_that_is_refused_is_given_up(timers: Timers) -> None:
    """RFC 3261 §17.1.4: at once, or after 64*T1 where one insists (§17.1.2.2)."""
    bed = Bed(timers)
    bed.start(request(), TCP)
    for second in range(1, 140):
        bed.layer.flow_failed(TCP, bed.now, bed.out, "connection refused")
        bed.run(second)
    assert bed.told[0] == f"timeout at {128.0 if timers.insists else 0.0}"
    assert bed.troubles[0].why is (Why.TIMER if timers.insists else Why.NO_STREAM)


def test_who_insists_knows_other_troubles_for_the_end() -> None:
    """RFC 3261 §18.4: what the network says of a datagram, and a user who wants no answer any more."""
    bed = Bed(OVER_ITS_SETS)
    bed.start(request(), UDP)
    bed.layer.undeliverable(UDP, bed.now, bed.out, "port unreachable")
    bed.start(request(branch="z9hG4bK2"), TCP).abandon(bed.now, bed.out)
    bed.collect()
    assert [trouble.why for trouble in bed.troubles] == [Why.UNREACHABLE, Why.ABANDONED]


@pytest.mark.parametrize("timers", [GM, OF_THE_UE])
def test_a_refusal_ends_it_where_there_are_other_ways_or_the_time_is_over(timers: Timers) -> None:
    """A P-CSCF goes on over UDP at once (PCS-26); a UE gives up after T4."""
    bed = Bed(timers)
    bed.start(request(), TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    for second in range(1, 20):
        bed.layer.flow_failed(TCP, bed.now, bed.out, "connection refused")
        bed.run(second)
    told = 17.0 if timers.reopen else 0.0
    assert bed.told[0] == f"timeout at {told}"


def test_what_was_heard_of_is_not_sent_again() -> None:
    """RFC 3261 §17.1.1.2: a provisional response says that the request has arrived."""
    bed = Bed()
    sip = request("INVITE")
    txn = bed.start(sip.copy(), TCP)
    bed.answer(txn, 180, sip, TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    bed.collect()
    assert [line for _, line in bed.sent] == ["INVITE"]


def test_an_answer_that_was_lost_with_its_stream_is_sent_again() -> None:
    """MSG-06: the request comes once more on a new stream, and the user does not hear of it."""
    bed = Bed(respond_with=(200,))
    bed.receive(request(), TCP)
    bed.run(16)
    bed.receive(request(), TCP)
    assert bed.told == ["request MESSAGE"]
    assert bed.moments("200") == [0, 16]
    bed.run(20)
    assert bed.told[1:] == ["terminated at 17.1"]


def test_100_is_not_sent_on_a_stream_that_is_gone() -> None:
    """RFC 3261 §17.2.1."""
    bed = Bed(reach=lambda _flow: False)
    bed.layer.receive(parse(request("INVITE").to_bytes()), TCP.mirrored(), bed.now, bed.out)
    bed.run(1)
    assert bed.sent == []


def test_what_the_user_is_told_of_the_trouble() -> None:
    """RFC 3261 §8.1.3.1: why no answer came, with the driver's words where it has some."""
    bed = Bed()
    bed.start(request("MESSAGE", "z9hG4bKa"), TCP)
    bed.layer.flow_failed(TCP, bed.now, bed.out, "connection refused")
    bed.start(request("MESSAGE", "z9hG4bKb"), TCP)
    bed.layer.flow_closed(TCP, bed.now, bed.out)
    bed.start(request("MESSAGE", "z9hG4bKc"))
    bed.start(request("INVITE", "z9hG4bKd")).abandon(bed.now, bed.out)
    bed.run(200)
    assert bed.troubles == [
        Trouble(Why.NO_STREAM, "connection refused"),
        Trouble(Why.ABANDONED),
        Trouble(Why.LOST),
        Trouble(Why.TIMER),
    ]


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_silence_is_told_when_the_first_retransmission_has_brought_nothing(method: str) -> None:
    """PCS-24: at 3 * T1, and over UDP at each retransmission from then on; no octet more is sent."""
    bed = Bed()
    bed.start(request(method, "z9hG4bKudp"))
    bed.run(20)
    assert bed.silences == [6.0, 14.0]
    over_tcp = Bed()
    over_tcp.start(request(method, "z9hG4bKtcp"), TCP)
    over_tcp.run(100)
    assert over_tcp.silences == [6.0]
    assert len(over_tcp.sent) == 1


@pytest.mark.parametrize("flow", [UDP, TCP])
@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_any_answer_ends_the_silence(method: str, flow: Flow) -> None:
    """PCS-24: a provisional one too."""
    bed = Bed()
    sip = request(method)
    bed.answer(bed.start(sip.copy(), flow), 100, sip, flow)
    bed.run(100)
    assert bed.silences == []


# our own mistakes


def test_an_ack_or_a_branch_in_use_starts_no_transaction() -> None:
    bed = Bed()
    with pytest.raises(IllegalStep):
        bed.start(request("ACK", CSeq="1 ACK"))
    bed.start(request())
    with pytest.raises(IllegalStep):
        bed.start(request())


def test_owner_and_request() -> None:
    """The owner stays; the request is let go with the final response, for it may be big and J is long."""
    bed = Bed()
    sip = request()
    txn = bed.layer.start(sip.copy(), UDP, bed.now, bed.out, owner="somebody")
    assert (txn.owner, txn.request.method, repr(txn)) == (
        "somebody",
        "MESSAGE",
        "<non-INVITE client MESSAGE, trying>",
    )
    bed.answer(txn, 200, sip)
    assert txn.owner == "somebody"
    assert not hasattr(txn, "request")
