"""The observer of a simulated world: marks instead of ESP."""

import pytest
from tests.figure1_sets import sa_set

from twopair.base import Endpoint, Flow, Micros, Port, Secret, Transport
from twopair.core.sa import End, PortName
from twopair.crypto.annex_i import EspKeys
from twopair.inspect import Seen, SeenFault, SeenMessage, SeenPacket, TraceObserver
from twopair.sim import Kind, Observed
from twopair.wire.sip import make_request

UE_SET = sa_set(End.UE)
UP = UE_SET.flow(Transport.UDP, PortName.UC, PortName.PS)
TCP = UE_SET.flow(Transport.TCP, PortName.UC, PortName.PS)
MESSAGE = make_request(
    "MESSAGE", "sip:b@ims.example", [("CSeq", "1 MESSAGE"), ("Call-ID", "c")], b"hi"
).to_bytes()


def told(*sets: object) -> TraceObserver:
    observer = TraceObserver()
    for one in sets or (UE_SET, sa_set(End.PCSCF)):
        observer.learn(one)  # type: ignore[arg-type]
    return observer


def observed(flow: Flow, data: bytes, *, spi: int | None = None, kind: Kind = Kind.DATAGRAM) -> Observed:
    return Observed(Micros(5), "gm", flow, spi, data, kind)


def message(seen: list[Seen]) -> SeenMessage:
    [found] = [one for one in seen if isinstance(one, SeenMessage)]
    return found


def test_a_marked_datagram_has_the_sa_of_its_spi() -> None:
    """SA-28: the SPI shows on the wire, ports and SA follow from the set."""
    found = message(told().observed(observed(UP, MESSAGE, spi=UE_SET.spis.ps)))
    assert (found.sa, found.spi, found.held_by) == ("SA1-up", UE_SET.spis.ps, (End.UE, End.PCSCF))
    assert found.message.body == b"hi"


def test_the_set_of_the_sender_counts_where_keys_differ() -> None:
    """ERR-01: the mark says nothing of keys, so the sender's set is taken."""
    other = EspKeys(Secret(bytes(20)), Secret(bytes(16)), Secret(b""))
    theirs = sa_set(End.PCSCF)._replace(keys=other)
    found = message(told(UE_SET, theirs).observed(observed(UP, MESSAGE, spi=UE_SET.spis.ps)))
    assert found.held_by == (End.UE,)


def test_clear_text_and_unknown_spis() -> None:
    clear = Flow(Transport.UDP, UP.local, Endpoint(UP.remote.address, Port(5060)))
    assert message(told().observed(observed(clear, MESSAGE))).sa is None
    packet, fault = told().observed(observed(UP, MESSAGE, spi=99999))
    assert isinstance(packet, SeenPacket)
    assert not packet.readable
    assert isinstance(fault, SeenFault)
    assert "0x0001869f" in fault.what


@pytest.mark.parametrize("cut", [1, 20, len(MESSAGE) - 1])
def test_a_stream_is_cut_into_messages(cut: int) -> None:
    observer = told()
    [opening] = observer.observed(observed(TCP, b"", spi=UE_SET.spis.ps, kind=Kind.SYN))
    assert isinstance(opening, SeenPacket)
    assert opening.segment is not None
    assert opening.segment.opens_connection
    first = observer.observed(observed(TCP, MESSAGE[:cut], spi=UE_SET.spis.ps, kind=Kind.DATA))
    assert not [one for one in first if isinstance(one, SeenMessage)]
    second = observer.observed(observed(TCP, MESSAGE[cut:], spi=UE_SET.spis.ps, kind=Kind.DATA))
    assert message(second).sa == "SA1-up"
    assert not message(second).again


def test_a_new_connection_forgets_half_a_message() -> None:
    observer = told()
    observer.observed(observed(TCP, MESSAGE[:30], spi=UE_SET.spis.ps, kind=Kind.DATA))
    observer.observed(observed(TCP, b"", spi=UE_SET.spis.ps, kind=Kind.SYN))
    whole = observer.observed(observed(TCP, MESSAGE, spi=UE_SET.spis.ps, kind=Kind.DATA))
    assert message(whole).message.body == b"hi"
