"""TCP connections of a UE, each with the octets of a message that is not yet whole (MSG-07)."""

from twopair.base import CloseStream, Endpoint, Flow, OpenStream, Transport
from twopair.nodes.actions import Action
from twopair.wire.sip import StreamFramer


class Streams:
    """Connections that are open or opening."""

    def __init__(self) -> None:
        self._framers: dict[Flow, StreamFramer] = {}
        self._opening: set[Flow] = set()

    def __contains__(self, flow: Flow) -> bool:
        return flow in self._framers

    def ensure(self, flow: Flow, out: list[Action]) -> None:
        """Open the connection of a TCP flow unless it is there; what is sent meanwhile is queued."""
        if flow.transport is Transport.TCP and flow not in self._framers:
            self._framers[flow] = StreamFramer()
            self._opening.add(flow)
            out.append(OpenStream(flow))

    def opened(self, flow: Flow) -> None:
        """A connection stands, opened by either side."""
        self._framers.setdefault(flow, StreamFramer())
        self._opening.discard(flow)

    def stands(self, flow: Flow) -> bool:
        """Whether a connection is open, and not only opening."""
        return flow in self._framers and flow not in self._opening

    def closed(self, flow: Flow) -> bool:
        """A connection has ended; whether it was known."""
        self._opening.discard(flow)
        return self._framers.pop(flow, None) is not None

    def close(self, flow: Flow, out: list[Action]) -> None:
        """End a connection."""
        if self.closed(flow):
            out.append(CloseStream(flow))

    def forget_at(self, local: Endpoint) -> None:
        """The connections of a port that is given back."""
        for flow in [flow for flow in self._framers if flow.local == local]:
            self.closed(flow)

    def feed(self, flow: Flow, chunk: bytes) -> list[bytes]:
        """The messages that a chunk completes.

        Raises:
            WireError: the stream can no longer be cut into messages (RFC 3261 §18.3).
        """
        framer = self._framers.get(flow)
        return framer.feed(chunk) if framer is not None else []
