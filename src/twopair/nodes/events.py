"""Everything a node can be fed; with `actions.py` beside it, this is the architecture."""

from twopair.base.io import Received, StreamClosed, StreamOpened, Unreachable, Woke
from twopair.core.locate import Resolved
from twopair.core.registration.kept import Recalled
from twopair.core.sa.actions import SasInstalled, SasRefused
from twopair.nodes.cx import HssAnswered, Ppr, Rtr
from twopair.nodes.media import MediaAnchored
from twopair.nodes.orders import Dismiss, Drain, Reauthenticate, Reconfigured
from twopair.nodes.policy import BearerLost, PolicyAnswered
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, Say, SendMessage, Start

Wish = Start | Register | Deregister | SendMessage | Call | Answer | Say | HangUp
"""What a user asks of a node."""

Order = Drain | Reconfigured | Dismiss | Reauthenticate
"""What an operator asks of a node."""

Event = (
    Received
    | StreamOpened
    | StreamClosed
    | Unreachable
    | Woke
    | SasInstalled
    | SasRefused
    | Recalled
    | Resolved
    | HssAnswered
    | Rtr
    | Ppr
    | MediaAnchored
    | PolicyAnswered
    | BearerLost
    | Order
    | Wish
)

__all__ = [
    "Answer",
    "BearerLost",
    "Call",
    "Deregister",
    "Dismiss",
    "Drain",
    "Event",
    "HangUp",
    "HssAnswered",
    "MediaAnchored",
    "Order",
    "PolicyAnswered",
    "Ppr",
    "Reauthenticate",
    "Recalled",
    "Received",
    "Reconfigured",
    "Register",
    "Resolved",
    "Rtr",
    "SasInstalled",
    "SasRefused",
    "Say",
    "SendMessage",
    "Start",
    "StreamClosed",
    "StreamOpened",
    "Unreachable",
    "Wish",
    "Woke",
]
