"""Every timer of RFC 3261 §17 and RFC 6026 in virtual time, with the values of TMR-04.

Transactions that only absorb end up to a tenth of a second late, all that are due by then in one go.
"""

import pytest
from tests.unit.core.sip.bed import TCP, UDP, Bed, request

from twopair.base import Port
from twopair.core.sip import CORE, GM, State, Timers
from twopair.wire.sip import make_response


def test_values() -> None:
    """TMR-04: 2, 16, 17 s on Gm; 0.5, 4, 5 s in the core."""
    assert (GM.t1, GM.t2, GM.t4, GM.life) == (2_000_000, 16_000_000, 17_000_000, 128_000_000)
    assert (CORE.t1, CORE.t2, CORE.t4, CORE.life) == (500_000, 4_000_000, 5_000_000, 32_000_000)


def test_a_and_b() -> None:
    """INVITE: retransmitted at doubling intervals, given up after 64*T1."""
    bed = Bed()
    bed.start(request("INVITE"))
    bed.run(1000)
    assert bed.moments("INVITE") == [0, 2, 6, 14, 30, 62, 126]
    assert bed.told == ["timeout at 128.0", "terminated at 128.0"]
    assert len(bed.layer) == 0


@pytest.mark.parametrize(
    ("timers", "moments"),
    [
        (GM, [0, 2, 6, 14, 30, 46, 62, 78, 94, 110, 126]),
        (CORE, [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]),
    ],
)
def test_e_and_f(timers: Timers, moments: list[float]) -> None:
    """Others: intervals double up to T2, given up after 64*T1 (TMR-04)."""
    bed = Bed(timers)
    bed.start(request())
    bed.run(1000)
    assert bed.moments("MESSAGE") == moments
    assert bed.told == [f"timeout at {timers.life / 1e6}", f"terminated at {timers.life / 1e6}"]


def test_e_in_proceeding() -> None:
    """After a provisional response the pending E still fires, then every T2; F stays."""
    bed = Bed()
    sip = request()
    txn = bed.start(sip.copy())
    bed.run(1)
    bed.answer(txn, 100, sip)
    bed.run(1000)
    assert bed.moments("MESSAGE") == [0, 2, 18, 34, 50, 66, 82, 98, 114]
    assert bed.told == ["response 100", "timeout at 128.0", "terminated at 128.0"]


def test_no_retransmission_of_an_invite_after_a_response() -> None:
    bed = Bed()
    sip = request("INVITE")
    txn = bed.start(sip.copy())
    bed.run(1)
    bed.answer(txn, 180, sip)
    bed.run(1000)
    assert bed.moments("INVITE") == [0]
    assert txn.state is State.PROCEEDING  # timer C is the user's


def test_d() -> None:
    """Each retransmitted failure is answered with the same ACK for 64*T1, then the transaction is gone."""
    bed = Bed()
    sip = request("INVITE")
    txn = bed.start(sip.copy())
    bed.answer(txn, 486, sip)
    bed.run(100)
    bed.answer(txn, 486, sip)
    bed.run(129)
    bed.answer(txn, 486, sip)
    assert bed.moments("ACK") == [0, 100]
    assert bed.told == ["response 486", "terminated at 128.1", "stray 486"]


def test_k() -> None:
    """Retransmitted responses are absorbed for T4."""
    bed = Bed()
    sip = request()
    txn = bed.start(sip.copy())
    bed.run(1)
    for _ in range(3):
        bed.answer(txn, 200, sip)
    bed.run(17.9)
    bed.answer(txn, 200, sip)
    bed.run(18.1)
    bed.answer(txn, 200, sip)
    assert bed.told == ["response 200", "terminated at 18.1", "stray 200"]
    assert bed.moments("MESSAGE") == [0]


def test_m() -> None:
    """Every 2xx to an INVITE is passed on for 64*T1 (RFC 6026 §8.4)."""
    bed = Bed()
    sip = request("INVITE")
    txn = bed.start(sip.copy())
    bed.answer(txn, 200, sip)
    bed.run(127)
    bed.answer(txn, 200, sip)
    bed.answer(txn, 486, sip)
    bed.run(129)
    bed.answer(txn, 200, sip)
    assert bed.told == ["response 200", "response 200", "terminated at 128.1", "stray 200"]
    assert bed.moments("ACK") == []


def test_100_after_200_ms() -> None:
    """An INVITE that the user has not answered yet gets 100 after 200 ms; one that it has does not."""
    bed = Bed()
    bed.receive(request("INVITE"))
    bed.run(1)
    assert bed.moments("100") == [0.2]
    bed.receive(request("INVITE"))
    assert bed.moments("100") == [0.2, 1]
    quick = Bed(respond_with=(180,))
    quick.receive(request("INVITE"))
    quick.run(1)
    assert quick.sent == [(0, "180")]


def test_g_and_h() -> None:
    """The answer of a failed INVITE is repeated until the ACK, at most for 64*T1."""
    bed = Bed(respond_with=(486,))
    bed.receive(request("INVITE"))
    bed.run(1000)
    assert bed.moments("486") == [0, 2, 6, 14, 30, 46, 62, 78, 94, 110, 126]
    assert bed.told == ["request INVITE", "terminated at 128.0"]


def test_i() -> None:
    """After the ACK everything late is absorbed for T4."""
    bed = Bed(respond_with=(486,))
    bed.receive(request("INVITE"))
    bed.run(3)
    ack = request("ACK", CSeq="1 ACK")
    bed.receive(ack)
    bed.run(10)
    bed.receive(ack)
    bed.receive(request("INVITE"))
    bed.run(30)
    assert bed.moments("486") == [0, 2]
    assert bed.told == ["request INVITE", "terminated at 20.1"]


def test_j() -> None:
    """A retransmitted request is answered with the same bytes for 64*T1."""
    bed = Bed(respond_with=(200,))
    bed.receive(request())
    bed.run(127)
    bed.receive(request())
    assert bed.sends[0] == bed.sends[1]
    bed.run(129)
    assert bed.told == ["request MESSAGE", "terminated at 128.1"]
    bed.receive(request())
    assert bed.told[2:] == ["request MESSAGE"]


def test_l() -> None:
    """Retransmitted INVITEs are absorbed for 64*T1 after a 2xx; the user repeats the 2xx (RFC 6026 §7.1)."""
    bed = Bed(respond_with=(200,))
    bed.receive(request("INVITE"))
    bed.run(100)
    bed.receive(request("INVITE"))
    bed.respond(bed.servers[0], 200, request("INVITE"))
    bed.respond(bed.servers[0], 500, request("INVITE"))
    bed.receive(request("ACK", CSeq="1 ACK"))
    bed.run(129)
    assert bed.sent == [(0, "200"), (100, "200")]
    assert bed.told == ["request INVITE", "ack", "terminated at 128.1"]


def test_streams_do_not_retransmit_and_do_not_wait() -> None:
    """A, E and G are off and D, I, K are zero where the transport repeats (RFC 3261 §17), J is T4."""
    bed = Bed()
    invite, message = request("INVITE", "z9hG4bKi"), request("MESSAGE", "z9hG4bKm")
    calling, trying = bed.start(invite.copy(), TCP), bed.start(message.copy(), TCP)
    bed.run(100)
    assert bed.sent == [(0, "INVITE"), (0, "MESSAGE")]
    bed.answer(calling, 486, invite, TCP)
    bed.answer(trying, 200, message, TCP)
    assert bed.told == ["response 486", "terminated at 100.0", "response 200", "terminated at 100.0"]
    server = Bed(respond_with=(486,))
    server.receive(message, TCP)
    server.run(50)
    assert server.told == ["request MESSAGE", "terminated at 17.1"]
    server.receive(invite, TCP)
    server.receive(request("ACK", "z9hG4bKi", CSeq="1 ACK"), TCP)
    assert server.moments("486") == [0, 50]
    assert server.told[2:] == ["request INVITE", "terminated at 50.0"]
    assert len(bed.layer) == len(server.layer) == 0


def test_b_f_and_h_hold_on_streams_too() -> None:
    bed = Bed(respond_with=(486,))
    bed.start(request("INVITE", "z9hG4bKi"), TCP)
    bed.start(request("MESSAGE", "z9hG4bKm"), TCP)
    bed.receive(request("INVITE", "z9hG4bKs"), TCP)
    bed.run(1000)
    assert bed.told.count("timeout at 128.0") == 2
    assert bed.told.count("terminated at 128.0") == 3


def test_deadlines_are_never_late_and_end() -> None:
    """Lapsed timers ask for no more than one wake-up, and nothing is left when all is over."""
    bed = Bed()
    sips = [request(branch=f"z9hG4bK{n}") for n in range(50)]
    txns = [bed.start(sip.copy()) for sip in sips]
    bed.run(0.5)
    for txn, sip in zip(txns, sips, strict=True):
        bed.answer(txn, 200, sip)
    bed.run(1000)
    assert bed.moments("MESSAGE") == [0] * 50
    assert bed.layer.next_deadline() is None
    assert len(bed.layer) == 0


def test_a_response_keeps_the_flow_of_the_first_answer() -> None:
    """MSG-01: the user picks the flow of an answer, retransmissions take the same."""
    bed = Bed()
    sip = request()
    bed.receive(sip)
    other = UDP.mirrored()._replace(local=UDP.remote._replace(port=Port(5064)))
    bed.servers[0].respond(make_response(sip, 200), other, bed.now, bed.out)
    bed.collect()
    bed.receive(sip)
    assert [send.flow for send in bed.sends] == [other, other]


def test_an_abandoned_transaction_ends_at_once_and_may_come_again() -> None:
    """RFC 4320 §4.2: where no way is left to answer, nothing is sent."""
    bed = Bed()
    bed.receive(request())
    bed.servers[0].abandon(bed.now, bed.out)
    assert (bed.out, bed.told[1:], len(bed.layer)) == ([], ["terminated at 0.0"], 0)
    bed.servers[0].abandon(bed.now, bed.out)
    bed.receive(request())
    assert bed.told[2:] == ["request MESSAGE"]
