"""What may come in where: UNP-01, SA-25, MGP-13, and bytes that are no SIP (33.203 §7.1)."""

from itertools import product

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue, make_response

from twopair.base import CloseStream, Refusal, StreamOpened
from twopair.core.sa import Stage
from twopair.nodes.pcscf import Limits
from twopair.nodes.pcscf.gm.access import CLEAR, PROTECTED, Door, Kind
from twopair.wire.sip import Request


def test_clear_table_is_complete() -> None:
    assert set(CLEAR) == set(product(Kind, [False, True]))


def test_nothing_over_a_temporary_set_but_register() -> None:
    """MGP-13."""
    assert [row for row in PROTECTED if row[2] is Stage.TEMPORARY] == [
        (Door.SERVER, Kind.REGISTER, Stage.TEMPORARY)
    ]
    assert not [row for row in PROTECTED if row[2] is Stage.DELETED]


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE", "SUBSCRIBE", "OPTIONS"])
def test_clear_non_register(method: str) -> None:
    """CLEAR_NON_REGISTER. UNP-01, ERR-18: 403 without state from an address without SAs."""
    bed, ue = Bed(), Ue()
    data = ue.request(method)
    bed.receive(ue.clear, data)
    first = bed.sent
    assert first[0][1].status == 403  # type: ignore[union-attr]
    assert bed.refusals == [Refusal.CLEAR_NON_REGISTER]
    assert len(bed.pcscf.tables.layer) == 0
    bed.receive(ue.clear, data)
    assert bed.sent[0][1].to_bytes() == first[0][1].to_bytes()


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE", "ACK"])
def test_clear_from_protected_ue(method: str) -> None:
    """CLEAR_FROM_PROTECTED_UE. UNP-01: silence towards an address that has SAs."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.clear, ue.request(method))
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.CLEAR_FROM_PROTECTED_UE]


def test_an_ack_in_the_clear_is_never_answered() -> None:
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, ue.request("ACK"))
    assert bed.nothing_sent()
    assert len(bed.refusals) == 1


def test_a_clear_response_answers_nothing() -> None:
    """UNP-01: in particular none to a request that went over a set."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.from_core(ue)
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    bed.receive(ue.clear, make_response(request, 200).to_bytes())
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.CLEAR_FROM_PROTECTED_UE]


def test_no_sa_set() -> None:
    """NO_SA_SET. SA-25: protected ports, but no set has them."""
    bed, ue = Bed(), Ue()
    bed.receive(ue.uplink, ue.request())
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.NO_SA_SET]


def test_set_not_usable() -> None:
    """SET_NOT_USABLE. MGP-13, ERR-21: MESSAGE over a temporary set, of a UE that is registered."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.sm6(ue, bed.sm1_over(ue))
    bed.receive(ue.uplink, ue.request())
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.SET_NOT_USABLE]
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]


def test_requests_do_not_come_on_port_pc() -> None:
    """SET_NOT_USABLE. MSG-01: a UE's requests go to port_ps."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.flow(ue.terms.port_s, ue.pc), ue.request())
    assert bed.refusals == [Refusal.SET_NOT_USABLE]


def test_an_answer_of_another_user() -> None:
    """SA-25: an answer is tied to the user whom the request went to."""
    bed, ue, other = Bed(), Ue(1), Ue(2)
    bed.register(ue)
    bed.register(other)
    bed.from_core(ue)
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    answer = make_response(request, 200, to_tag="x").to_bytes()
    bed.receive(other.uplink, answer)
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.UNMATCHED_RESPONSE]
    bed.receive(ue.uplink, answer)
    assert len(bed.sent) == 1


def test_foreign_credentials() -> None:
    """IMPI_MISMATCH. SA-25: a request with the IMPI of another subscriber."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    for name in ("Authorization", "Proxy_Authorization"):
        bed.receive(ue.uplink, ue.request(**{name: 'Digest username="king@ims"'}))
        assert bed.refusals == [Refusal.IMPI_MISMATCH]
    bed.receive(ue.uplink, ue.request(Authorization=f'Digest username="{ue.impi}"'))
    assert bed.to_core().method == "MESSAGE"


@pytest.mark.parametrize("data", [b"hello", b"\xff" * 40, b"REGISTER sip:x SIP/2.0\r\n", b"\r\n\r\nxx"])
def test_malformed_sip(data: bytes) -> None:
    """MALFORMED_SIP: a counted silent drop."""
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, data)
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.MALFORMED_SIP]


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\r\n", b"\0", b""])
def test_keep_alives_are_no_messages(data: bytes) -> None:
    bed, ue = Bed(), Ue()
    assert bed.receive(ue.clear, data) == []


def test_a_request_without_via_is_dropped() -> None:
    """MALFORMED_SIP: nobody can be answered."""
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, ue.register(Via=""))
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.MALFORMED_SIP]


def test_stream_broken() -> None:
    """STREAM_BROKEN: a stream that cannot be cut is closed."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.clear))
    bed.receive(ue.clear, b"REGISTER sip:x SIP/2.0\r\nTo: x\r\n\r\n")
    assert bed.refusals == [Refusal.STREAM_BROKEN]
    assert CloseStream(ue.clear) in bed.fresh
    assert bed.receive(ue.clear, b"more") == []


def test_stream_without_a_set() -> None:
    """NO_SA_SET: a connection to port_ps that belongs to no set is closed."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.uplink))
    assert bed.refusals == [Refusal.NO_SA_SET]
    assert CloseStream(ue.uplink) in bed.fresh


def test_clear_streams_are_bounded() -> None:
    """OVERLOADED."""
    bed = Bed(limits=Limits(connections=1))
    one, two = Ue(1, TCP), Ue(2, TCP)
    bed.feed(StreamOpened(one.clear))
    bed.feed(StreamOpened(two.clear))
    assert CloseStream(two.clear) in bed.fresh
    assert bed.refusals == [Refusal.OVERLOADED]
    bed.wait(301)  # the silent one is closed in the end
    assert CloseStream(one.clear) in bed.fresh
    bed.feed(StreamOpened(two.clear))
    assert bed.fresh == []


def test_a_clear_stream_that_speaks_stays_open() -> None:
    bed, ue = Bed(), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.clear))
    bed.wait(200)
    bed.receive(ue.clear, b"\r\n\r\n")
    bed.wait(200)
    assert CloseStream(ue.clear) not in bed.fresh
    bed.wait(200)
    assert CloseStream(ue.clear) in bed.actions


def test_chunks_of_any_size() -> None:
    """RFC 3261 §18.3: messages cut anywhere, and two in one chunk."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.clear))
    data = ue.register()
    for i in range(len(data) - 1):
        bed.receive(ue.clear, data[i : i + 1])
        assert bed.nothing_sent()
    bed.receive(ue.clear, data[-1:] + ue.register(Call_ID="second"))
    assert len(bed.sent) == 2


def test_register_from_the_core_is_not_for_us() -> None:
    bed, ue = Bed(), Ue(transport=UDP)
    bed.from_core(ue, "REGISTER")
    assert bed.refusals == [Refusal.NO_PATH_TOKEN]


def test_a_request_that_is_unfit_is_answered() -> None:
    """BAD_REQUEST. RFC 4475 §3.1.2: Content-Length larger than the datagram; access decides first."""
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, ue.register(Content_Length="9999"))
    assert bed.refusals == [Refusal.BAD_REQUEST]
    assert bed.sent[0][1].status == 400  # type: ignore[union-attr]
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(Content_Length="9999"))
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)
    bed.receive(ue.clear, ue.request(Content_Length="9999"))
    assert bed.refusals == [Refusal.CLEAR_FROM_PROTECTED_UE]
    bed.receive(ue.uplink, ue.request("ACK", Content_Length="9999"))
    assert bed.refusals == [Refusal.MALFORMED_SIP]
    assert bed.nothing_sent()


def test_a_via_that_cannot_be_read_to_its_end() -> None:
    """MALFORMED_SIP or an answer to the source, never an exception, also when it is answered much later."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.from_core(ue, Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKq;rport x=1; =")
    bed.wait(300)
    bed.receive(ue.clear, ue.register(Via='SIP/2.0/UDP x;branch=z9hG4bKr;rport ="; =,'))
    bed.wait(300)
