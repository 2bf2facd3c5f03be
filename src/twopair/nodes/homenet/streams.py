"""TCP connections of the core, cut into messages.

The home network answers on them; its own requests go over UDP. An answer whose connection is gone takes a new
one, to the address it came from and the port in Via (RFC 3261 §18.2.2).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from twopair.base import (
    CloseStream,
    Endpoint,
    Flow,
    OpenStream,
    Port,
    Refusal,
    Refused,
    Report,
    Send,
    Transport,
    WireError,
)
from twopair.nodes.actions import Action
from twopair.wire.sip import Request, StreamFramer

MOST_GONE: Final = 1024
_ANY_PORT: Final = Port(0)
_SIP_PORT: Final = 5060


class Streams:
    """What came on each connection and is not a whole message yet, and the way back where one is gone."""

    def __init__(self) -> None:
        self._framers: dict[Flow, StreamFramer] = {}
        self._back: dict[Flow, Endpoint] = {}

    def open(self, flow: Flow) -> None:
        """A connection stands."""
        self._framers.setdefault(flow, StreamFramer())

    def close(self, flow: Flow) -> None:
        """It ended."""
        self._framers.pop(flow, None)

    def came(self, request: Request, flow: Flow) -> None:
        """A request came on it: its Via says where its sender takes connections."""
        if flow.transport is Transport.TCP and flow not in self._back:
            if len(self._back) >= MOST_GONE:
                self._back = {one: to for one, to in self._back.items() if one in self._framers}
            self._back[flow] = Endpoint(flow.remote.address, Port(request.top_via.port or _SIP_PORT))

    def mended(self, actions: Iterable[Action]) -> Iterator[Action]:
        """The actions, with what would go over connections that are gone on new ones."""
        for action in actions:
            if type(action) is not Send or not action.flow.transport.reliable or action.flow in self._framers:
                yield action
                continue
            back = self._back.get(action.flow)
            if back is None:
                continue
            local = Endpoint(action.flow.local.address, _ANY_PORT)
            flow = Flow(Transport.TCP, local, back)
            if flow not in self._framers:
                self._framers[flow] = StreamFramer()
                yield OpenStream(flow)
            yield Send(flow, action.data)

    def messages(self, flow: Flow, chunk: bytes, out: list[Action]) -> list[bytes]:
        """The messages complete with this chunk; a stream that cannot be cut is closed (RFC 3261 §18.3)."""
        framer = self._framers.get(flow)
        if framer is None:  # closed by us, and more was under way
            return []
        try:
            return framer.feed(chunk)
        except WireError as error:
            self.close(flow)
            out.append(Report(Refused(Refusal.STREAM_BROKEN, flow, str(error))))
            out.append(CloseStream(flow))
            return []
