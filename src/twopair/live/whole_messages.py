"""Whole SIP messages out of what a driver shows of its flows: datagrams as they are, streams cut."""

from typing import Final

from twopair.base import Flow, Transport, WireError
from twopair.wire.sip import StreamFramer

_MOST_STREAMS: Final = 10_000
"""Streams whose beginnings of messages are kept; beyond that all are forgotten, and one may be missed."""


class WholeMessages:
    """Cuts streams into messages; for those who look at all that passes, and must not fail by it."""

    __slots__ = ("_framers",)

    def __init__(self) -> None:
        self._framers: dict[Flow, StreamFramer] = {}

    @property
    def begun(self) -> int:
        """Streams that something came from."""
        return len(self._framers)

    def __call__(self, flow: Flow, data: bytes, *, sent: bool) -> list[bytes]:
        """The messages that these octets complete; keep-alives are none.

        No octets are the end of a stream: what had begun there is not kept.
        """
        if not data:
            self._framers.pop(flow, None)
            return []
        if flow.transport is Transport.UDP or sent:  # a node sends whole messages
            return [data] if data.strip(b"\r\n\0") else []
        if len(self._framers) > _MOST_STREAMS:
            self._framers.clear()
        framer = self._framers.get(flow)
        if framer is None:
            framer = self._framers[flow] = StreamFramer()
        try:
            return framer.feed(data)
        except WireError:
            del self._framers[flow]
            return []
