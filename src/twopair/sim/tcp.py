"""The TCP of a simulated host: connections by flow, opened, accepted, closed, refused."""

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from twopair.base import Endpoint, Flow, Micros, Received, StreamClosed, StreamOpened
from twopair.sim.packet import Kind, Packet

if TYPE_CHECKING:
    from twopair.sim.host import Host


class _Stage(Enum):
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"  # the node closed it before it stood: it opens, sends what waits, and ends


class Ear(Enum):
    """What becomes of a SYN that comes."""

    HEARS = "takes connections where it listens"
    REFUSES = "refuses TCP"
    SWALLOWS = "swallows every SYN"

    __hash__ = object.__hash__


class _Connection:
    """One connection; what is sent before it stands waits."""

    __slots__ = ("stage", "waiting")

    def __init__(self, stage: _Stage) -> None:
        self.stage = stage
        self.waiting: list[bytes] = []


class Tcp:
    """Connections of one host. A segment is carried whole and in order; what is dropped is lost.

    Attributes:
        listening: the endpoints that accept connections.
        ear: what the host does with whoever wants to open one.
    """

    def __init__(self, host: "Host") -> None:
        self.listening: dict[Endpoint, None] = {}
        self.ear = Ear.HEARS
        self._host = host
        self._connections: dict[Flow, _Connection] = {}

    # what the node asks for

    def open(self, flow: Flow, within: Micros) -> None:
        """Send a SYN; the outcome is an event. A connection that is there already stays as it is."""
        if flow in self._connections:
            return
        self._connections[flow] = connection = _Connection(_Stage.OPENING)
        self._host.emit(Kind.SYN, flow)
        self._host.agenda.after(within, partial(self._give_up, flow, connection))

    def send(self, flow: Flow, data: bytes) -> bool:
        """Append to a stream; False where there is none."""
        connection = self._connections.get(flow)
        if connection is None or connection.stage is _Stage.CLOSING:
            return False
        for piece in self._host.pieces(data):
            if connection.stage is _Stage.OPEN:
                self._host.emit(Kind.DATA, flow, piece)
            else:
                connection.waiting.append(piece)
        return True

    def close(self, flow: Flow) -> None:
        """Close after what was sent; the peer is told, this node is not."""
        connection = self._connections.get(flow)
        if connection is not None and connection.stage is _Stage.OPEN:
            del self._connections[flow]
            self._host.emit(Kind.FIN, flow)
        elif connection is not None:
            connection.stage = _Stage.CLOSING

    def abort(self, flow: Flow, reason: str) -> None:
        """Forget a connection without a word to the peer, and tell this node why, as its next event."""
        connection = self._connections.pop(flow, None)
        if connection is not None and connection.stage is not _Stage.CLOSING:
            self._host.later(StreamClosed(flow, reason))

    def reset_all_of(self, local: Endpoint) -> None:
        """End what was opened or accepted on a port that is being unbound; this node is not told."""
        for flow in [flow for flow in self._connections if flow.local == local]:
            del self._connections[flow]
            self._host.emit(Kind.RST, flow)

    def forget_all(self) -> None:
        """End everything without a word to anybody."""
        self._connections.clear()
        self.listening.clear()

    def open_flows(self) -> list[Flow]:
        """Every connection, in the order in which they came to be."""
        return list(self._connections)

    # what the network brings

    def take(self, packet: Packet) -> None:
        """A packet of TCP that the back end let through; its flow is the sender's."""
        self._TAKE[packet.kind](self, packet.flow.mirrored(), packet.data)

    def _syn(self, flow: Flow, _data: bytes) -> None:
        """The peer opens a connection. One of the same name is over: the peer has forgotten it."""
        if self.ear is Ear.SWALLOWS:
            return
        if flow.local not in self.listening or self.ear is Ear.REFUSES:
            self._host.emit(Kind.REFUSED, flow)
            return
        if self._connections.pop(flow, None) is not None:
            self._host.feed(StreamClosed(flow, "connection reset by peer"))
        self._connections[flow] = _Connection(_Stage.OPEN)
        self._host.emit(Kind.ACCEPT, flow)
        self._host.feed(StreamOpened(flow))

    def _accept(self, flow: Flow, _data: bytes) -> None:
        connection = self._connections.get(flow)
        if connection is None:  # given up meanwhile
            self._host.emit(Kind.RST, flow)
            return
        if connection.stage is _Stage.OPEN:
            return
        closing = connection.stage is _Stage.CLOSING
        connection.stage = _Stage.OPEN
        for data in connection.waiting:
            self._host.emit(Kind.DATA, flow, data)
        connection.waiting.clear()
        if closing:
            self.close(flow)
        else:
            self._host.feed(StreamOpened(flow))

    def _data(self, flow: Flow, data: bytes) -> None:
        connection = self._connections.get(flow)
        if connection is not None and connection.stage is _Stage.OPEN:
            self._host.feed(Received(flow, data))
        else:
            self._host.emit(Kind.RST, flow)

    def _fin(self, flow: Flow, _data: bytes) -> None:
        self.abort(flow, "")

    def _rst(self, flow: Flow, _data: bytes) -> None:
        """One of another connection of that name ends nothing: it does not fit a SYN (RFC 9293 §3.10.7.3)."""
        connection = self._connections.get(flow)
        if connection is not None and connection.stage is not _Stage.OPENING:
            self.abort(flow, "connection reset by peer")

    def _refused(self, flow: Flow, _data: bytes) -> None:
        connection = self._connections.get(flow)
        if connection is not None and connection.stage is not _Stage.OPEN:
            self.abort(flow, "connection refused")

    def _give_up(self, flow: Flow, connection: _Connection) -> None:
        if self._connections.get(flow) is connection and connection.stage is not _Stage.OPEN:
            self.abort(flow, "connection timed out")

    _TAKE: ClassVar = {
        Kind.SYN: _syn,
        Kind.ACCEPT: _accept,
        Kind.DATA: _data,
        Kind.FIN: _fin,
        Kind.RST: _rst,
        Kind.REFUSED: _refused,
    }
