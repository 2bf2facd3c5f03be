"""What a UE asks to know whether the P-CSCF still has its set (RFC 5626 §3.5.1; RFC 3261 §11; UNP-07)."""

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue
from tests.unit.nodes.pcscf.relay_bed import both, registered, status

from twopair.base import Refusal, Send, StreamOpened, Transport


@both
def test_an_options_that_goes_no_further_is_answered_here(transport: Transport) -> None:
    """RFC 3261 §16.3, item 3: no other node hears of it, and nothing is refused."""
    bed, ue = registered(transport)
    bed.receive(ue.uplink, ue.request("OPTIONS", Max_Forwards="0"))
    assert status(bed) == 200
    assert bed.to_ue()[1].get("Supported") == "path, sec-agree"
    assert bed.refusals == []


def test_other_requests_that_go_no_further_are_refused() -> None:
    """PCS-22."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("MESSAGE", Max_Forwards="0"))
    assert bed.refusals == [Refusal.TOO_MANY_HOPS]


def test_an_options_over_a_wrong_agreement_is_refused() -> None:
    """AGR-35, UEP-16: the UE learns that its set is of no use."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("OPTIONS", Max_Forwards="0", Security_Verify="ipsec-3gpp;alg=x"))
    assert status(bed) == 494


CHUNKS = [[b"\r\n\r\n"], [b"\r\n", b"\r\n"], [b"\r", b"\n\r", b"\n"], [b"\r\n\r\n\r\n\r\n"]]


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("protected", [True, False])
def test_a_ping_is_answered_by_one_crlf(chunks: list[bytes], protected: bool) -> None:
    """RFC 5626 §3.5.1, over a set and in the clear, cut anywhere."""
    bed = Bed()
    ue = Ue(transport=TCP)
    bed.register(ue)
    flow = ue.uplink if protected else ue.flow(7777, 5060)
    if not protected:
        bed.feed(StreamOpened(flow))
    sent = [action for chunk in chunks for action in bed.receive(flow, chunk)]
    assert sent == [Send(flow, b"\r\n")]


@pytest.mark.parametrize("chunk", [b"\r\n", b"\r", b""])
def test_less_is_no_ping(chunk: bytes) -> None:
    """A single CRLF is an answer, or white space before a message."""
    bed, ue = registered(TCP)
    assert bed.receive(ue.uplink, chunk) == []


def test_a_ping_between_messages() -> None:
    bed, ue = registered(TCP)
    fresh = bed.receive(ue.uplink, b"\r\n\r\n" + ue.request())
    pong, onward = [action for action in fresh if isinstance(action, Send)]
    assert pong == Send(ue.uplink, b"\r\n")
    assert onward.data.startswith(b"MESSAGE ")


def test_datagrams_of_nothing_are_not_answered() -> None:
    """RFC 5626 has STUN on UDP; what is sent to keep a NAT awake is dropped."""
    bed, ue = registered(UDP)
    assert bed.receive(ue.uplink, b"\r\n\r\n") == []
