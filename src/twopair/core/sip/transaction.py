"""One transaction of either side: where it stands, and what it keeps for retransmissions."""

from collections.abc import Callable
from typing import Any, Final

from twopair.base import Flow, IllegalStep, Micros, Transport
from twopair.core.sip.lanes import Lanes
from twopair.core.sip.terms import ClientOn, Machine, On, Out, ServerOn, State, Trouble, Why
from twopair.core.sip.timers import Timers
from twopair.core.sip.user import TransactionUser
from twopair.wire.sip import Request, Response

Key = tuple[Any, ...]
"""What messages of one transaction have in common; see `keys`."""

# Members of enumerations that every message asks for: Python 3.11 finds them in their class ten times slower.
_UDP: Final = Transport.UDP
_NEW: Final = State.NEW
_CLIENT_ON: Final = (*[ClientOn.PROVISIONAL] * 2, ClientOn.SUCCESS, *[ClientOn.FAILURE] * 4)
_SERVER_ON: Final = (*[ServerOn.PROVISIONAL] * 2, ServerOn.SUCCESS, *[ServerOn.FAILURE] * 4)
"""What a response is to the tables, by the first digit of its status."""


class Ground:
    """What the transactions of one layer stand on."""

    __slots__ = ("answer_flow", "clients", "lanes", "reach", "servers", "streams", "user")

    def __init__(
        self,
        user: TransactionUser,
        answer_flow: Callable[[Request, Flow], Flow],
        reach: Callable[[Flow, Micros, Out], bool],
    ) -> None:
        self.user = user
        self.answer_flow = answer_flow
        self.reach = reach
        self.lanes = Lanes()
        self.clients: dict[Key, ClientTransaction] = {}
        self.servers: dict[Key, ServerTransaction] = {}
        self.streams: dict[Flow, dict[Key, ClientTransaction]] = {}
        """Client transactions by the stream they went out on."""


class Transaction:
    """What client and server transactions share.

    Attributes:
        key: names it among those of its side.
        method: of the request.
        flow: on which the request was sent or received.
        state: see the tables.
        rows: what can happen in this state, by trigger.
        request: the request; let go, and not there any more, once the final response was sent (server)
            or it was handed over that one came or none will (client).
        owner: whatever its user likes to find here.
    """

    __slots__ = (
        "flow",
        "ground",
        "interval",
        "key",
        "machine",
        "method",
        "owner",
        "reliable",
        "request",
        "rows",
        "state",
        "timers",
        "wire",
    )

    __deletable__ = ("request",)  # a word for mypyc
    interval: int  # until the next retransmission; there once one is planned

    def __init__(
        self, ground: Ground, machine: Machine, key: Key, request: Request, flow: Flow, timers: Timers
    ) -> None:
        self.ground = ground
        self.machine = machine
        self.rows = machine.rows[_NEW]
        self.key = key
        self.method = request.method
        self.request = request
        self.flow = flow
        self.timers = timers
        self.reliable = flow.transport is not _UDP
        self.state = _NEW
        self.owner: object = None
        self.wire = b""  # what a retransmission sends

    def feed(self, on: On, message: Any, flow: Flow | None, now: Micros, out: Out) -> None:
        """Take one step of the table.

        Raises:
            IllegalStep: neither a row nor among what is ignored.
        """
        row = self.rows.get(on)
        if row is None:
            if (self.state, on) not in self.machine.ignored:
                raise IllegalStep(f"{self.machine.name}: {on.name} while {self.state.name}")
            return
        self.state = row.to
        self.rows = row.then
        for step in row.does:
            step(self, message, flow, now, out)

    def __repr__(self) -> str:
        return f"<{self.machine.name} {self.method}, {self.state.value}>"


class ClientTransaction(Transaction):
    """A request of ours, from its sending until nothing more of its responses can come.

    Attributes:
        again: how often it was sent again because its stream ended before anything was heard; there if it
            was sent on a stream.
    """

    __slots__ = ("again",)

    again: int

    def receive(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """Take a response that matches."""
        self.feed(_CLIENT_ON[response.status // 100], response, flow, now, out)

    @property
    def open(self) -> bool:
        """Whether a final response may still come."""
        return self.state in _UNANSWERED

    def abandon(self, now: Micros, out: Out) -> None:
        """Wait no longer for a final response; the user is told as of a timeout (timer C, RFC 3261 §16.8)."""
        self.feed(ClientOn.FLOW_FAILED, Trouble(Why.ABANDONED), None, now, out)


class ServerTransaction(Transaction):
    """A request of a peer, from its coming until no retransmission of it can come.

    Attributes:
        answer_flow: on which the last response was sent; not there before.
    """

    __slots__ = ("answer_flow",)

    answer_flow: Flow

    @property
    def answered(self) -> bool:
        """Whether a final response was sent."""
        return self.state not in _OPEN

    @property
    def refused(self) -> bool:
        """Whether a final response other than 2xx was sent to an INVITE, and is kept."""
        return self.state in _REFUSED

    def move(self, flow: Flow, allowed: Callable[[Flow, Flow], bool]) -> None:
        """The request came again on another connection: answer there, if that is allowed."""
        if not self.answered and allowed(self.flow, flow):
            self.flow = flow
            if self.wire:
                self.answer_flow = flow

    def respond(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """Send a response on a flow that the user picks (MSG-01, MSG-06); retransmissions take the same.

        A second final response is not sent (RFC 3261 §17.2), but for a 2xx to INVITE (RFC 6026 §7.1).
        """
        self.feed(_SERVER_ON[response.status // 100], response, flow, now, out)

    def abandon(self, now: Micros, out: Out) -> None:
        """End it without a final response: no way is left on which one could be sent (RFC 4320 §4.2)."""
        self.feed(ServerOn.ABANDONED, None, None, now, out)


_OPEN = (State.TRYING, State.PROCEEDING)
_REFUSED = (State.COMPLETED, State.CONFIRMED)
_UNANSWERED = (State.CALLING, State.TRYING, State.PROCEEDING, State.REOPENING)
