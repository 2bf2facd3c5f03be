"""What crossed a link, told as messages: decrypts, reassembles, names the SA and the step."""

from twopair.inspect.dialogue import Carrier, Dialogue
from twopair.inspect.observer import Observer
from twopair.inspect.seen import EspHead, Seen, SeenFault, SeenMessage, SeenPacket, Segment
from twopair.inspect.trace import TraceObserver

__all__ = [
    "Carrier",
    "Dialogue",
    "EspHead",
    "Observer",
    "Seen",
    "SeenFault",
    "SeenMessage",
    "SeenPacket",
    "Segment",
    "TraceObserver",
]
