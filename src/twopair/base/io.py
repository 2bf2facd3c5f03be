"""The events and actions that any node shares: messages, streams and ports.

Members of the unions in `twopair.nodes.events` and `twopair.nodes.actions`; they stand here because
the SIP transactions below the nodes speak of them too. The order of actions is the order in which
they are carried out; an action never returns a value, its outcome is a later event.
"""

from dataclasses import dataclass
from typing import Final

from twopair.base.flow import Endpoint, Flow
from twopair.base.micros import Micros, seconds

CONNECT_WITHIN: Final = seconds(8)
"""How long a SYN may go unanswered: four of them leave (0, 1, 3 and 7 s), and the request may still go
another way within timer F of the core, 32 s (RFC 3261 §17.1.2.2; PCS-26).
"""

REFUSED_FOR: Final = seconds(600)
"""How long a peer that could not be reached over TCP is spared another try for size alone (PCS-26)."""


class Carried:
    """What a flow carries: octets that come or go. Many are made for a message (ADR 23)."""

    __slots__ = ("data", "flow")
    __match_args__: Final = ("flow", "data")

    def __init__(self, flow: Flow, data: bytes) -> None:
        self.flow: Final = flow
        self.data: Final = data

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Carried)
            and type(other) is type(self)
            and self.data == other.data
            and self.flow == other.flow
        )

    def __hash__(self) -> int:
        return hash((self.flow, self.data))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.flow}, {self.data!r})"


class Received(Carried):
    """Event: a whole datagram (UDP), or the next chunk of a stream, cut anywhere (TCP)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """Event: a TCP connection stands, asked for with `OpenStream` or accepted on a bound port."""

    flow: Flow


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """Event: a TCP connection ended or could not be opened; no more data will come.

    `reason` is for people ("connection refused"); an orderly end by the peer has an empty one.
    """

    flow: Flow
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Event: a datagram did not arrive, or could not leave, the network says (RFC 3261 §18.4).

    Nobody vouches for it: ICMP comes in the clear, and for a protected flow it is a hint at most (UNP-06).
    `reason` is for people ("connection refused": the port is closed).
    """

    flow: Flow
    reason: str


@dataclass(frozen=True, slots=True)
class Woke:
    """Event: `next_deadline()` has come; what is due is for the node to find out."""


class Send(Carried):
    """Action: send a datagram, or append to a stream (queued until it stands)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Action: connect from `flow.local`, which is bound explicitly (MSG-07), to `flow.remote`.

    Answered by `StreamOpened` or `StreamClosed`. Data sent on the flow meanwhile is queued.

    Args:
        flow: port 0 at our end means any port.
        within: after this time without an answer `StreamClosed` says "connection timed out".
    """

    flow: Flow
    within: Micros = CONNECT_WITHIN


@dataclass(frozen=True, slots=True)
class CloseStream:
    """Action: close a connection after what was sent on it; no event follows."""

    flow: Flow


@dataclass(frozen=True, slots=True)
class Bind:
    """Action: receive UDP and accept TCP on this endpoint (SA-09).

    Args:
        local: the endpoint.
        protected: nothing that did not come out of ESP may get through to it (SA-21); the port is
            closed to clear text before it is bound.
        listen: whether TCP connections are accepted here; a client port only opens them.
        last: whether it is read after all other ports, and little at a time: anybody may flood it.
    """

    local: Endpoint
    protected: bool = False
    listen: bool = True
    last: bool = False


@dataclass(frozen=True, slots=True)
class Unbind:
    """Action: undo `Bind`; connections that were accepted or opened there are closed."""

    local: Endpoint
