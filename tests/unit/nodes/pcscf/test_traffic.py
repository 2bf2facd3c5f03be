"""Messages are counted by kind, on streams and in datagrams; nobody can add kinds."""

from tests.unit.nodes.pcscf.bed import TCP, Bed, Ue

from twopair.base import StreamOpened
from twopair.nodes.pcscf.traffic import CLASSES, KINDS, OTHER, Traffic, requests, responses
from twopair.wire.sip import METHODS


def some(counts: object) -> dict[str, int]:
    return {kind: number for kind, number in dict(counts).items() if number}  # type: ignore[call-overload]


def test_a_registration_and_a_message() -> None:
    """SM1, SM2, SM5, SM6 to SM12: two REGISTERs come and go, and so do a 401 and a 200."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    assert some(bed.pcscf.traffic.received) == {"REGISTER": 2, "4xx": 1, "2xx": 1}
    assert some(bed.pcscf.traffic.sent) == {"REGISTER": 2, "4xx": 1, "2xx": 1}
    bed.receive(ue.uplink, ue.request())
    bed.core(bed.to_core(), 200)
    assert some(bed.pcscf.traffic.received) == {"REGISTER": 2, "MESSAGE": 1, "4xx": 1, "2xx": 2}
    assert some(bed.pcscf.traffic.sent) == {"REGISTER": 2, "MESSAGE": 1, "4xx": 1, "2xx": 2}


def test_what_one_chunk_of_a_stream_has_is_counted_message_by_message() -> None:
    bed, ue = Bed(), Ue(transport=TCP)
    bed.register(ue)
    before = bed.pcscf.traffic.received["MESSAGE"]
    two = ue.request() + ue.request()
    bed.receive(ue.uplink, two[:100])
    bed.receive(ue.uplink, two[100:])
    assert bed.pcscf.traffic.received["MESSAGE"] == before + 2


def test_a_keep_alive_is_no_message() -> None:
    """RFC 5626 §3.5.1."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.clear))
    pong = bed.receive(ue.clear, b"\r\n\r\n")
    assert [action.data for action in pong] == [b"\r\n"]
    assert not some(bed.pcscf.traffic.sent)
    assert not some(bed.pcscf.traffic.received)


def test_every_kind_has_a_name() -> None:
    traffic = Traffic()
    for method in METHODS:
        traffic.goes(f"{method} sip:a@b SIP/2.0\r\n".encode())
    for status in (100, 200, 302, 404, 500, 603):
        traffic.goes(f"SIP/2.0 {status} x\r\n".encode())
    assert traffic.sent == {kind: int(kind != OTHER) for kind in KINDS}
    assert dict(requests(traffic.sent)) == {kind: int(kind != OTHER) for kind in KINDS if kind not in CLASSES}
    assert dict(responses(traffic.sent)) == dict.fromkeys(CLASSES, 1)


def test_what_a_peer_invents_is_other() -> None:
    """Also a method that begins like one of ours; memory is bounded."""
    traffic = Traffic()
    invented = [f"X{number} sip:a@b SIP/2.0\r\n" for number in range(1000)]
    for text in (
        "SUBSCRIBER sip:a@b SIP/2.0\r\n",
        "INVITEE sip:a@b SIP/2.0\r\n",
        "register sip:b SIP/2.0\r\n",
    ):
        traffic.goes(text.encode())
    for text in invented:
        traffic.goes(text.encode())
    assert traffic.sent[OTHER] == 1003
    assert set(traffic.sent) == set(KINDS)
    assert len(traffic._by_beginning) <= 256


def test_a_method_that_nobody_knows_is_other_when_it_comes() -> None:
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.uplink, ue.request("FROBNICATE"))
    assert bed.pcscf.traffic.received[OTHER] == 1
