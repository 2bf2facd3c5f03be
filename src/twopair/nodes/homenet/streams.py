"""TCP connections of the core, cut into messages.

The home network answers on them and opens none: its own requests go over UDP.
"""

from twopair.base import CloseStream, Flow, Refusal, Refused, Report, WireError
from twopair.nodes.actions import Action
from twopair.wire.sip import StreamFramer


class Streams:
    """What came on each connection and is not a whole message yet."""

    def __init__(self) -> None:
        self._framers: dict[Flow, StreamFramer] = {}

    def open(self, flow: Flow) -> None:
        """A connection stands."""
        self._framers[flow] = StreamFramer()

    def close(self, flow: Flow) -> None:
        """It ended."""
        self._framers.pop(flow, None)

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
