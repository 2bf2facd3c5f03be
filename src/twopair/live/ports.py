"""All the sockets of one node, by the endpoints and flows that its actions name."""

import logging
from asyncio import AbstractEventLoop
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from errno import EADDRNOTAVAIL, EINPROGRESS
from socket import socket
from typing import Final

from twopair.base import (
    CONNECT_WITHIN,
    SECOND,
    Endpoint,
    Flow,
    Micros,
    Received,
    StreamClosed,
    StreamOpened,
    Transport,
    Unreachable,
)
from twopair.bursts import Datagram
from twopair.live.datagrams import UdpPort
from twopair.live.listener import Listener
from twopair.live.sockets import (
    Guard,
    SocketFactory,
    connecting_socket,
    datagram_socket,
    held_by_us,
    listening_socket,
    reason_of,
)
from twopair.live.streams import Stream
from twopair.nodes.events import Event

_log = logging.getLogger(__name__)

_MOST_DUE: Final = 32
"""What one socket gets at once: more would save little, and keep the first of them waiting."""


class Ports:
    """UDP ports, listeners and connections.

    Args:
        place: where sockets are made.
        loop: the event loop that watches them.
        take: called with each burst of events, one after the other; what they cause goes before the next.
        note: called with an event that is to be taken once what is under way is complete.
        counters: where trouble is counted: ``send_failed``, ``unreachable``, ``no_such_flow``,
            ``after_tenure``.
        hears_errors: whether the node is told of datagrams that did not arrive.
        may_send: asked before anything leaves; what may not is thrown away.
    """

    def __init__(
        self,
        place: SocketFactory,
        *,
        loop: AbstractEventLoop,
        take: Callable[[Iterable[Event]], None],
        note: Callable[[Event], None],
        counters: Counter[str],
        hears_errors: bool = False,
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        self.may_send = may_send
        self._place = place
        self._loop = loop
        self._take = take
        self._note = note
        self._counters = counters
        self._hears_errors = hears_errors
        self._udp: dict[Endpoint, UdpPort] = {}
        self._listeners: dict[Endpoint, Listener] = {}
        self._streams: dict[Flow, Stream] = {}
        self._leaving: dict[Flow, Stream] = {}  # closed by the node, still flushing
        self._ended: dict[Flow, Stream] = {}  # closed by the peer, which has not acknowledged our end
        self._guards: dict[Endpoint, Guard] = {}
        self._sink: UdpPort | Stream | None = None
        self._due: list[Datagram] = []  # what is to leave by `_sink`

    def bind(self, local: Endpoint, *, listen: bool, guard: Guard | None = None, last: bool = False) -> None:
        """Receive UDP, and accept TCP if asked to. Raises OSError, and then nothing is bound.

        Args:
            local: the endpoint.
            listen: whether TCP is accepted.
            guard: called with every socket of this endpoint, now and later, before it is bound.
            last: whether other ports are read first.
        """
        if guard is not None:
            self._guards[local] = guard
        self._udp[local] = UdpPort(
            datagram_socket(self._place, local, guard),
            local,
            loop=self._loop,
            take=self._take,
            may_send=self.may_send,
            refused=self._refused,
            trouble=self._unreachable if self._hears_errors else None,
            last=last,
        )
        if listen:
            try:
                sock = held_by_us(listening_socket(self._place, local, guard))
            except OSError:
                self._udp.pop(local).close()
                raise
            self._listeners[local] = Listener(sock, local, loop=self._loop, accepted=self._accepted)

    def unbind(self, local: Endpoint) -> None:
        """Close the port and every connection from or to it."""
        if (port := self._udp.pop(local, None)) is not None:
            port.close()
        if (listener := self._listeners.pop(local, None)) is not None:
            listener.close()
        for streams in (self._streams, self._leaving, self._ended):
            for stream in [stream for flow, stream in streams.items() if flow.local == local]:
                stream.abort()
                streams.pop(stream.flow, None)
        self._guards.pop(local, None)

    def send(self, flow: Flow, data: bytes) -> None:
        """Have a datagram sent, or octets appended to a stream, at the latest by `flush`; the order is kept.

        What goes to one socket without another in between goes in one call. Trouble is counted: what is
        lost, timers notice.
        """
        udp = flow.transport is Transport.UDP
        sink = self._udp.get(flow.local) if udp else self._streams.get(flow)
        if sink is None:
            self._counters["no_such_flow"] += 1
            _log.warning("nothing to send on: %s", flow)
            return
        if sink is not self._sink or len(self._due) >= _MOST_DUE:
            self.flush()
            self._sink = sink
        self._due.append((data, flow.remote))

    def flush(self) -> None:
        """Send what is to leave. To be called before anything else is done to sockets or SA sets."""
        due, sink = self._due, self._sink
        if not due:
            return
        self._due, self._sink = [], None
        if not self.may_send():
            self._counters["after_tenure"] += len(due)
        elif sink is not None:
            sink.send(due)

    def open(self, flow: Flow, within: Micros = CONNECT_WITHIN) -> None:
        """Connect from `flow.local`, bound explicitly (MSG-07). The outcome is an event, `within` that time.

        A connection of that name that is still being closed ends at once: until then there could be no other.
        """
        if flow in self._streams:
            return
        if flow in self._leaving:
            self._leaving[flow].abort()
        try:
            sock = held_by_us(connecting_socket(self._place, flow.local, self._guards.get(flow.local)))
        except OSError as error:
            self._note(StreamClosed(flow, reason_of(error)))
            return
        code = sock.connect_ex(flow.remote)
        if code not in (0, EINPROGRESS, EADDRNOTAVAIL):
            sock.close()
            self._note(StreamClosed(flow, reason_of(OSError(code, ""))))
            return
        self._streams[flow] = Stream(
            sock,
            flow,
            loop=self._loop,
            owner=self,
            opening_s=within / SECOND,
            taken=code == EADDRNOTAVAIL,
        )

    def close(self, flow: Flow) -> None:
        """Close a connection after what was sent on it; no event follows."""
        stream = self._streams.pop(flow, None)
        if stream is not None:
            self._leaving[flow] = stream
            stream.close()

    @property
    def connected(self) -> bool:
        """Whether there is any connection, even one that is ending."""
        return bool(self._streams or self._leaving or self._ended)

    def abort(self, flow: Flow, reason: str) -> None:
        """Close a connection at once and tell the node why; what is left of an earlier one ends, too."""
        for leaving in (self._leaving.get(flow), self._ended.get(flow)):
            if leaving is not None:
                leaving.abort()
        stream = self._streams.pop(flow, None)
        if stream is not None:
            stream.abort()
            self._note(StreamClosed(flow, reason))

    def abort_all(self, reason: str) -> None:
        """Close every connection at once and tell the node why."""
        for flow in list(self._streams):
            self.abort(flow, reason)

    def dropped(self) -> Iterator[tuple[Endpoint, int, int]]:
        """For each UDP port the datagrams that were never read, and those that were not sent."""
        return ((local, port.thrown_away, port.lost) for local, port in self._udp.items())

    def close_all(self) -> None:
        """Close every socket at once."""
        for local in [*self._udp]:
            self.unbind(local)
        for stream in (*self._streams.values(), *self._leaving.values(), *self._ended.values()):
            stream.abort()
        self._streams.clear()

    def _refused(self, flow: Flow, error: OSError) -> None:
        self._counters["send_failed"] += 1
        _log.warning("%s: %s", flow, reason_of(error))
        if self._hears_errors:
            self._note(Unreachable(flow, reason_of(error)))

    def _unreachable(self, event: Unreachable) -> None:
        self._counters["unreachable"] += 1
        self._note(event)

    # What streams tell their owner

    def _accepted(self, sock: socket, flow: Flow) -> None:
        stream = Stream(sock, flow, loop=self._loop, owner=self)
        self._streams[flow] = stream
        self.stream_opened(stream)

    def stream_opened(self, stream: Stream) -> None:
        """Tell the node that a connection stands."""
        self._take((StreamOpened(stream.flow),))

    def stream_received(self, stream: Stream, chunk: bytes) -> None:
        """Hand the node the next octets."""
        self._take((Received(stream.flow, chunk),))

    def stream_ended(self, stream: Stream, reason: str) -> None:
        """Tell the node that a connection ended, unless another one has taken its name."""
        if stream.lingers:
            self._ended[stream.flow] = stream
        if self._streams.get(stream.flow) is stream:
            del self._streams[stream.flow]
            self._take((StreamClosed(stream.flow, reason),))

    def stream_gone(self, stream: Stream) -> None:
        """Forget a connection that was closed in order."""
        for streams in (self._leaving, self._ended):
            if streams.get(stream.flow) is stream:
                del streams[stream.flow]
