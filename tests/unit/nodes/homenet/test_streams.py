"""The core over TCP (RFC 3261 §18.3), and the node's life."""

import pytest
from tests.unit.nodes.homenet.core_side import DOMAIN, HOME, CoreSide, Numbers

from twopair.base import (
    Bind,
    CloseStream,
    Endpoint,
    Flow,
    IllegalStep,
    Micros,
    Port,
    Received,
    Refusal,
    Refused,
    Report,
    Send,
    Transport,
)
from twopair.nodes.events import Register, Start, StreamClosed, StreamOpened
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore

STREAM = Flow(Transport.TCP, HOME, Endpoint("10.20.0.1", Port(41000)))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_messages_are_cut_out_of_any_chunks(size: int) -> None:
    core = CoreSide()
    core.feed(StreamOpened(STREAM))
    data = b"".join(core.request("OPTIONS", f"sip:{DOMAIN}").to_bytes() for _ in range(3))
    sends: list[Send] = []
    for start in range(0, len(data), size):
        actions = core.home.feed(Received(STREAM, data[start : start + size]), core.now)
        sends += [action for action in actions if isinstance(action, Send)]
    assert [send.flow for send in sends] == [STREAM] * 3


def test_a_stream_that_cannot_be_cut_is_closed() -> None:
    """STREAM_BROKEN: no Content-Length; what still comes is not read."""
    core = CoreSide()
    core.feed(StreamOpened(STREAM))
    broken = b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP 10.20.0.1;branch=z9hG4bK1\r\n\r\n"
    report, close = core.home.feed(Received(STREAM, broken), core.now)
    assert isinstance(report, Report)
    assert isinstance(report.fact, Refused)
    assert report.fact.refusal is Refusal.STREAM_BROKEN
    assert close == CloseStream(STREAM)
    assert list(core.home.feed(Received(STREAM, broken), core.now)) == []


def test_a_closed_stream_is_forgotten() -> None:
    core = CoreSide()
    core.feed(StreamOpened(STREAM))
    half = core.request("OPTIONS", f"sip:{DOMAIN}").to_bytes()[:20]
    core.feed(Received(STREAM, half))
    core.feed(StreamClosed(STREAM))
    core.feed(StreamOpened(STREAM))
    assert core.ask(core.request("OPTIONS", f"sip:{DOMAIN}"), STREAM).status == 200


def test_start_binds_the_core_endpoint() -> None:
    home = HomeNetwork(HomeConfig(DOMAIN, HOME.address), MemoryStore(), Numbers())
    assert list(home.feed(Start(), Micros(0))) == [Bind(HOME)]
    assert home.next_deadline() is None


def test_a_wish_that_is_not_ours_is_our_own_mistake() -> None:
    with pytest.raises(IllegalStep):
        CoreSide().home.feed(Register(), Micros(0))
