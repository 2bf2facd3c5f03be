"""The observer's other front end: a simulated world, whose packets carry marks instead of ESP."""

from typing import Final

from twopair.core.sa import ARROWS, SaSet
from twopair.inspect.dialogue import Carrier, Dialogue
from twopair.inspect.keyring import Keyring, KnownSa
from twopair.inspect.seen import ACK, SYN, EspHead, Seen, SeenFault, SeenPacket, Segment
from twopair.sim import Kind, Observed
from twopair.wire import esp, ip

_FLAGS: Final = {Kind.SYN: SYN, Kind.DATA: ACK}
_SENDER: Final = {arrow.name: arrow.sender for arrow in ARROWS}


class TraceObserver:
    """Turns what a world observed on one network into what was said on it.

    A mark shows the SPI only, so the SA is taken from the set that its sender installed.
    """

    def __init__(self) -> None:
        self._keyring = Keyring()
        self._dialogue = Dialogue()

    def learn(self, sa_set: SaSet) -> None:
        """Be told a set; both ends may tell of theirs."""
        self._keyring.learn(sa_set)

    def observed(self, one: Observed) -> list[Seen]:
        """Take one packet with data, or the opening of a connection."""
        flow = one.flow
        known = self._sender_sa(one)
        head, protocol = None, ip.TCP if flow.transport.reliable else ip.UDP
        if one.spi is not None:
            head = EspHead(one.spi, None)
            protocol = esp.ESP
        if head is not None and known is not None:
            head = head._replace(sa=known.name, held_by=known.held_by)
        segment = Segment(flow.transport, flow.local, flow.remote, one.data, flags=_FLAGS.get(one.kind, 0))
        src, dst = flow.local.address, flow.remote.address
        seen: list[Seen] = [SeenPacket(one.time, src, dst, protocol, len(one.data), head, segment)]
        if head is not None and known is None:
            seen.append(SeenFault(one.time, src, dst, f"no known set has SPI 0x{head.spi:08x}"))
        elif one.kind is Kind.SYN:
            self._dialogue.begin(flow.local, flow.remote)
            self._dialogue.begin(flow.remote, flow.local)
        elif one.data:
            carrier = Carrier(flow.transport, flow.local, flow.remote)
            if head is not None:
                carrier = carrier._replace(sa=head.sa, spi=head.spi, held_by=head.held_by)
            seen += self._dialogue.octets(one.time, carrier, one.data)
        return seen

    def _sender_sa(self, one: Observed) -> KnownSa | None:
        """The SA with which the sender made the mark."""
        if one.spi is None:
            return None
        candidates = self._keyring.candidates(ip.address_octets(one.flow.remote.address), one.spi)
        return next((c for c in candidates if _SENDER[c.name] in c.held_by), None)
