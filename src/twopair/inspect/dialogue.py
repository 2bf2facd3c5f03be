"""From octets that came in order to SIP messages, with what an observer knows of each."""

from collections import OrderedDict
from hashlib import blake2b
from typing import Final, NamedTuple

from twopair.base import Endpoint, Micros, Transport, WireError
from twopair.core.sa import End
from twopair.inspect.procedure import Procedures
from twopair.inspect.seen import SeenFault, SeenMessage
from twopair.wire.sip import StreamFramer, parse

_DIGESTS_KEPT: Final = 10_000
_STREAMS_KEPT: Final = 10_000


class Carrier(NamedTuple):
    """How octets travelled: both ends, and the SA they came in, if any."""

    transport: Transport
    src: Endpoint
    dst: Endpoint
    sa: str | None = None
    spi: int | None = None
    held_by: tuple[End, ...] = ()


class Dialogue:
    """Cuts datagrams and streams into messages, names their steps and marks retransmissions.

    Memory is bounded: the streams and messages that were quiet longest are forgotten.
    """

    def __init__(self) -> None:
        self._procedures = Procedures()
        self._framers: OrderedDict[tuple[Endpoint, Endpoint], StreamFramer] = OrderedDict()
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def begin(self, src: Endpoint, dst: Endpoint) -> None:
        """A new connection: nothing of an earlier one between these ends belongs to it."""
        self._framers.pop((src, dst), None)

    def octets(self, time: Micros, carrier: Carrier, data: bytes) -> list[SeenMessage | SeenFault]:
        """The messages that are complete with these octets: a datagram, or the next of a stream."""
        if carrier.transport is Transport.UDP:
            return [self._message(time, carrier, data)] if data.strip(b"\r\n\0") else []
        try:
            whole = self._framer(carrier).feed(data)
        except WireError as error:
            self._framers[carrier.src, carrier.dst] = _Spoiled()
            return [_fault(time, carrier, f"stream cannot be cut into messages: {error}")]
        return [self._message(time, carrier, one) for one in whole]

    def _framer(self, carrier: Carrier) -> StreamFramer:
        ends = carrier.src, carrier.dst
        framer = self._framers.pop(ends, None) or StreamFramer()
        self._framers[ends] = framer
        if len(self._framers) > _STREAMS_KEPT:
            self._framers.popitem(last=False)
        return framer

    def _message(self, time: Micros, carrier: Carrier, data: bytes) -> SeenMessage | SeenFault:
        try:
            message = parse(data)
        except WireError as error:
            return _fault(time, carrier, f"not a SIP message: {error}")
        return SeenMessage(
            time=time,
            transport=carrier.transport,
            src=carrier.src,
            dst=carrier.dst,
            sa=carrier.sa,
            spi=carrier.spi,
            message=message,
            step=self._procedures.step(message),
            held_by=carrier.held_by,
            again=carrier.transport is Transport.UDP and self._again(carrier, data),
        )

    def _again(self, carrier: Carrier, data: bytes) -> bool:
        digest = blake2b(f"{carrier.src} {carrier.dst} ".encode() + data, digest_size=16).digest()
        if digest in self._digests:
            return True
        self._digests[digest] = None
        if len(self._digests) > _DIGESTS_KEPT:
            self._digests.popitem(last=False)
        return False


class _Spoiled(StreamFramer):
    """A stream that cannot be cut any further: one fault is told, the rest is passed over."""

    def feed(self, chunk: bytes) -> list[bytes]:
        return []


def _fault(time: Micros, carrier: Carrier, what: str) -> SeenFault:
    return SeenFault(time, str(carrier.src), str(carrier.dst), what)
