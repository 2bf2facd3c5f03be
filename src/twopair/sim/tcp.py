"""The TCP of a simulated host: connections by flow, opened, accepted, closed, refused."""

from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from twopair.base import Endpoint, Flow, Received, StreamClosed, StreamOpened, seconds
from twopair.sim.packet import Kind, Packet

if TYPE_CHECKING:
    from twopair.sim.host import Host

CONNECT_TIMEOUT = seconds(127)
"""How long a SYN goes unanswered before the host gives up (six repetitions)."""


class _Stage(Enum):
    OPENING = "opening"
    OPEN = "open"


class Tcp:
    """Connections of one host. A segment is carried whole and in order; what is dropped is lost."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._connections: dict[Flow, _Stage] = {}
        self._waiting: dict[Flow, list[bytes]] = {}
        self.listening: dict[Endpoint, None] = {}

    def open(self, flow: Flow) -> None:
        """Send a SYN; the outcome is an event."""
        if flow in self._connections:
            return
        self._connections[flow] = _Stage.OPENING
        self._waiting[flow] = []
        self._host.emit(Kind.SYN, flow)
        self._host.agenda.after(CONNECT_TIMEOUT, lambda: self._give_up(flow))

    def send(self, flow: Flow, data: bytes) -> bool:
        """Append to a stream; False where there is none."""
        stage = self._connections.get(flow)
        if stage is _Stage.OPENING:
            self._waiting[flow].append(data)
        elif stage is _Stage.OPEN:
            self._host.emit(Kind.DATA, flow, data)
        return stage is not None

    def close(self, flow: Flow) -> None:
        """Close; the peer is told, this node is not."""
        if self._connections.pop(flow, None) is not None:
            self._waiting.pop(flow, None)
            self._host.emit(Kind.FIN, flow)

    def abort(self, flow: Flow, reason: str) -> None:
        """Forget a connection without a word to the peer, and tell this node why."""
        if self._connections.pop(flow, None) is not None:
            self._waiting.pop(flow, None)
            self._host.feed(StreamClosed(flow, reason))

    def abort_all_of(self, local: Endpoint) -> None:
        """Close what was opened or accepted on a port that is being unbound."""
        for flow in [flow for flow in self._connections if flow.local == local]:
            self.close(flow)

    def take(self, packet: Packet) -> None:
        """A packet of TCP that the back end let through; its flow is the sender's."""
        self._TAKE[packet.kind](self, packet.flow.mirrored(), packet.data)

    def open_flows(self) -> list[Flow]:
        """Every connection, in the order in which they came to be."""
        return list(self._connections)

    def _syn(self, flow: Flow, _data: bytes) -> None:
        if flow.local not in self.listening:
            self._host.emit(Kind.RST, flow)
            return
        self._connections[flow] = _Stage.OPEN
        self._host.emit(Kind.ACCEPT, flow)
        self._host.feed(StreamOpened(flow))

    def _accept(self, flow: Flow, _data: bytes) -> None:
        if self._connections.get(flow) is not _Stage.OPENING:
            return
        self._connections[flow] = _Stage.OPEN
        for data in self._waiting.pop(flow):
            self._host.emit(Kind.DATA, flow, data)
        self._host.feed(StreamOpened(flow))

    def _data(self, flow: Flow, data: bytes) -> None:
        if self._connections.get(flow) is _Stage.OPEN:
            self._host.feed(Received(flow, data))
        else:
            self._host.emit(Kind.RST, flow)

    def _fin(self, flow: Flow, _data: bytes) -> None:
        self.abort(flow, "")

    def _rst(self, flow: Flow, _data: bytes) -> None:
        refused = self._connections.get(flow) is _Stage.OPENING
        self.abort(flow, "connection refused" if refused else "connection reset by peer")

    def _give_up(self, flow: Flow) -> None:
        if self._connections.get(flow) is _Stage.OPENING:
            self.abort(flow, "connection timed out")

    _TAKE: ClassVar = {
        Kind.SYN: _syn,
        Kind.ACCEPT: _accept,
        Kind.DATA: _data,
        Kind.FIN: _fin,
        Kind.RST: _rst,
    }
