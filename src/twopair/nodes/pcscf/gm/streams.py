"""TCP connections, and the messages cut from them (RFC 3261 §18.3; MSG-06, MSG-07, RRG-10)."""

from collections.abc import Callable
from typing import Final

from twopair.base import CloseStream, Flow, Limit, Micros, OpenStream, seconds
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.sources import Tally, source_of
from twopair.nodes.pcscf.limits import Limits
from twopair.wire.sip import StreamFramer

CLEAR_IDLE: Final = seconds(300)
"""How long a connection in the clear may say nothing; longer than a SIP transaction takes."""


class Stream:
    """One TCP connection.

    Args:
        framer: cuts it into messages.
        live: the SA set it belongs to, None in the clear.
        heard: when the peer last sent something.
        core: whether it leads towards the home network.

    Attributes:
        stands: whether it is open, and not only opening.
    """

    __slots__ = ("core", "framer", "heard", "live", "stands")

    def __init__(self, framer: StreamFramer, live: LiveSet | None, heard: Micros, core: bool) -> None:
        self.framer = framer
        self.live = live
        self.heard = heard
        self.core = core
        self.stands = True


class Streams:
    """All TCP connections by flow; per set and direction there is at most one (MSG-07).

    Args:
        limits: those that hold at the moment.
    """

    __slots__ = ("_by_flow", "_clear", "_limits")

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._by_flow: dict[Flow, Stream] = {}
        self._limits = limits
        self._clear: Tally[Flow] = Tally()

    def get(self, flow: Flow) -> Stream | None:
        """The connection of that name."""
        return self._by_flow.get(flow)

    def __len__(self) -> int:
        return len(self._by_flow)

    def __contains__(self, flow: Flow) -> bool:
        return flow in self._by_flow

    @property
    def clear(self) -> int:
        """Connections in the clear."""
        return len(self._clear)

    def lack(self, address: str) -> Limit | None:
        """The limit that keeps an address from one more connection in the clear."""
        limits = self._limits()
        if self._clear.at(source_of(address)) >= limits.connections_per_source:
            return Limit.CONNECTIONS_PER_SOURCE
        return Limit.CONNECTIONS if self.clear >= limits.connections else None

    def enter(self, flow: Flow, live: LiveSet | None, now: Micros, *, core: bool = False) -> None:
        """Keep a connection that was accepted, or that is being opened."""
        limits = self._limits()
        self.drop(flow)
        clear = live is None and not core
        if clear:
            framer = StreamFramer(limits.clear_message_octets, limits.clear_message_octets)
        else:
            most = limits.message_octets
            framer = StreamFramer(min(limits.head_octets, most), most)
        self._by_flow[flow] = Stream(framer, live, now, core)
        if clear:
            self._clear.enter(flow, source_of(flow.remote.address))
        elif live is not None:
            live.streams += (flow,)

    def open(
        self, flow: Flow, live: LiveSet | None, now: Micros, out: list[Action], *, core: bool = False
    ) -> None:
        """Open a connection unless it is open already; what is sent meanwhile is queued."""
        if flow not in self._by_flow:
            self.enter(flow, live, now, core=core)
            self._by_flow[flow].stands = False
            out.append(OpenStream(flow))

    def opened(self, flow: Flow) -> bool:
        """A connection stands; whether it is one of ours."""
        stream = self._by_flow.get(flow)
        if stream is None or stream.stands:
            return False
        stream.stands = True
        return True

    def drop(self, flow: Flow) -> Stream | None:
        """Forget a connection that is gone; None if it was forgotten before."""
        stream = self._by_flow.pop(flow, None)
        if stream is None:
            return None
        if stream.live is None:
            if not stream.core:
                self._clear.leave(flow)
        else:
            stream.live.streams = tuple(one for one in stream.live.streams if one != flow)
        return stream

    def close(self, flow: Flow, out: list[Action]) -> None:
        """Close a connection after what was sent on it."""
        if self.drop(flow) is not None:
            out.append(CloseStream(flow))
