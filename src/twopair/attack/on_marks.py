"""The attacker's view of a simulated network: marked packets, whose flow is hidden by the mark."""

from collections.abc import Mapping

from twopair.attack.sight import Forged, Sight, Trick
from twopair.base import Endpoint, Flow, Port, Transport
from twopair.sim import Kind, Packet

_HIDDEN = Port(0)
_TRICKS = {
    Trick.DATAGRAM: (Kind.DATAGRAM, Transport.UDP),
    Trick.SEGMENT: (Kind.DATA, Transport.TCP),
    Trick.RESET: (Kind.RST, Transport.TCP),
}


class Marks:
    """A `Wire` of `twopair.sim`.

    Args:
        names: names of the hosts by address.
        readable: whether ESP does without encryption, so that marked packets can be read.
    """

    def __init__(self, names: Mapping[str, str], *, readable: bool) -> None:
        self._names = names
        self._readable = readable

    def see(self, packet: Packet) -> Sight:
        """See `Wire`."""
        flow, mark = packet.flow, packet.mark
        ends = (flow.local, flow.remote)
        src, dst = ends if mark is None else (Endpoint(end.address, _HIDDEN) for end in ends)
        return Sight(
            self._names.get(src.address, ""),
            self._names.get(dst.address, ""),
            src,
            dst,
            flow.transport if mark is None else None,
            mark.spi if mark else None,
            b"",
            packet.data if mark is None or self._readable else b"",
        )

    def rewritten(self, packet: Packet, text: bytes) -> Packet:
        """See `Wire`."""
        return packet._replace(data=text, mark=packet.mark.altered() if packet.mark else None)

    def reflected(self, packet: Packet) -> Packet:
        """See `Wire`; the ports are behind the addresses and stay where they are."""
        flow = packet.flow
        src, dst = flow.local, flow.remote
        back = Flow(flow.transport, Endpoint(dst.address, src.port), Endpoint(src.address, dst.port))
        return packet._replace(flow=back)

    def damaged(self, packet: Packet) -> Packet:
        """See `Wire`."""
        return packet._replace(mark=packet.mark.altered() if packet.mark else None)

    def forged(self, forged: Forged) -> Packet | None:
        """See `Wire`; there is no ICMP here."""
        known = _TRICKS.get(forged.trick)
        if known is None:
            return None
        kind, transport = known
        return Packet(kind, Flow(transport, forged.src, forged.dst), None, forged.data)
