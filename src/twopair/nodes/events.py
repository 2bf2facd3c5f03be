"""Everything a node can be fed; with `actions.py` beside it, this is the architecture."""

from twopair.base.io import Received, StreamClosed, StreamOpened, Woke
from twopair.core.sa.actions import SasInstalled, SasRefused
from twopair.nodes.wishes import Deregister, Register, SendMessage, Start

Wish = Start | Register | Deregister | SendMessage
"""What a user asks of a node."""

Event = Received | StreamOpened | StreamClosed | Woke | SasInstalled | SasRefused | Wish

__all__ = [
    "Deregister",
    "Event",
    "Received",
    "Register",
    "SasInstalled",
    "SasRefused",
    "SendMessage",
    "Start",
    "StreamClosed",
    "StreamOpened",
    "Wish",
    "Woke",
]
