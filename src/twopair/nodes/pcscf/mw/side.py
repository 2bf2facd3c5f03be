"""Requests towards the core: to which server, over which transport, and what then (RFC 3263; PCS-06).

A numeric next hop over UDP, as a Service-Route usually has, needs none of this: it is an `Endpoint`, and the
request goes there. Everything else has a `Trail`.
"""

from collections.abc import Callable
from typing import Final

from twopair.base import (
    REFUSED_FOR,
    SECOND,
    Endpoint,
    Entropy,
    Flow,
    Micros,
    Port,
    Report,
    Send,
    Transport,
)
from twopair.core.locate import SIP_PORT, Fault, Hop, Located, Place, Resolved, Target, in_order
from twopair.core.sip import ClientTransaction, TransactionLayer, Why
from twopair.nodes.actions import Action
from twopair.nodes.facts import TargetFailed, Unresolved
from twopair.nodes.pcscf.agenda import Agenda
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.gm.streams import Streams
from twopair.nodes.pcscf.mw.aside import Aside
from twopair.nodes.pcscf.mw.names import Names
from twopair.nodes.pcscf.mw.places import Ends
from twopair.nodes.pcscf.mw.trail import FAILED, Trail
from twopair.wire.sip import Message, Request

_UDP: Final = Transport.UDP
_TCP: Final = Transport.TCP

BELOW_MTU: Final = 200
"""A request that comes so near to the path MTU goes over TCP (RFC 3261 §18.1.1)."""

MOST_REFUSING: Final = 1024
"""Servers that are known to take no TCP for size alone."""

Wish = Callable[[object, Trail | None, str, Micros, list[Action]], None]
"""What is done for whom once it is known: (owner, servers or None, why there are none, now, actions)."""


class CoreSide:
    """Where requests towards the core go.

    Args:
        config: the configuration that holds at the moment.
        entropy: for the draw by weight.
        agenda: for questions that stay unanswered.
        streams: TCP connections.
        layer: SIP transactions.
        branch: draws a branch.

    Attributes:
        ends: our endpoints.
        large: a request of more octets goes over TCP (RFC 3261 §18.1.1).
        located: told of what waited and waits no more.
    """

    __slots__ = (
        "_advertised",
        "_aside",
        "_branch",
        "_config",
        "_connections",
        "_entropy",
        "_layer",
        "_names",
        "_refusing",
        "_streams",
        "_waiting",
        "_waits",
        "ends",
        "large",
        "located",
    )

    def __init__(
        self,
        config: Callable[[], PcscfConfig],
        entropy: Entropy,
        agenda: Agenda,
        streams: Streams,
        layer: TransactionLayer,
        branch: Callable[[], str],
    ) -> None:
        self._config = config
        self.large = 0
        self.adjust()
        self._entropy = entropy
        self._streams = streams
        self._layer = layer
        self._branch = branch
        self.ends = Ends(config())
        self.located: Wish | None = None
        self._names = Names(self.ends.kinds, agenda, self._settled)
        self._aside = Aside()
        self._waiting: dict[Place, list[object]] = {}
        self._waits = 0
        self._refusing: dict[Endpoint, Micros] = {}
        self._connections: dict[Flow, Flow] = {}
        self._advertised: dict[Flow, Flow] = {}

    @property
    def waiting(self) -> int:
        """Requests that wait for a name."""
        return self._waits

    def adjust(self) -> None:
        """Another configuration holds."""
        self.large = self._config().core_mtu - BELOW_MTU

    # Which servers

    def find(self, hop: Hop, owner: object, now: Micros, out: list[Action]) -> None:
        """Have `located` called with the servers of a hop: now, or when the DNS has answered.

        Args:
            hop: where the request goes.
            owner: what is told again; kept until then.
            now: the moment.
            out: gets the questions.
        """
        assert self.located is not None, "it is set once"
        if isinstance(hop, Endpoint):
            self.located(owner, Trail((Target(_UDP, hop),)), "", now, out)
            return
        found = self._names.find(hop, now, out)
        if found is not None:
            self._tell(hop, found, owner, now, out)
        elif self._waits >= self._config().limits.resolving:
            self._nowhere(hop, Fault.OVERLOADED, owner, now, out)
        else:
            self._waits += 1
            self._waiting.setdefault(hop, []).append(owner)

    def answered(self, event: Resolved, now: Micros, out: list[Action]) -> None:
        """The DNS has answered."""
        self._names.answered(event, now, out)

    def _settled(self, place: Place, found: Located, now: Micros, out: list[Action]) -> None:
        """All that waited for a place goes on."""
        owners = self._waiting.pop(place, ())
        self._waits -= len(owners)
        for owner in owners:
            self._tell(place, found, owner, now, out)

    def _tell(self, place: Place, found: Located, owner: object, now: Micros, out: list[Action]) -> None:
        if not found.groups:
            self._nowhere(place, found.fault or Fault.NO_SERVER, owner, now, out)
            return
        targets = in_order(found.groups, self._entropy.below)
        if len(targets) > 1 and len(self._aside):
            targets = self._aside.ordered(targets, self._config().core_aside, now)
        assert self.located is not None, "it is set once"
        self.located(owner, Trail(targets), "", now, out)

    def _nowhere(self, place: Place, fault: Fault, owner: object, now: Micros, out: list[Action]) -> None:
        """No server: the registrar, if there is another one, knows ways of its own (RFC 3261 §8.1.2)."""
        out.append(Report(Unresolved(place, fault)))
        registrar = self._config().registrar
        if registrar is not None and registrar != place:
            self.find(registrar, owner, now, out)
            return
        assert self.located is not None, "it is set once"
        self.located(owner, None, f"{place}: {fault.value}", now, out)

    # Sending

    def start(
        self,
        trail: Trail,
        sent: Request,
        owner: object,
        now: Micros,
        out: list[Action],
        *,
        again: bool = False,
    ) -> ClientTransaction:
        """Send a request to the server that a trail is at.

        Args:
            trail: where it goes.
            sent: with a Via, Path and Record-Route as for UDP from our first end; they are put right.
            owner: of the transaction.
            now: the moment.
            out: gets the `Send`.
            again: whether it needs a branch of its own, having been sent with the one that it has.
        """
        flow = self.way(trail, sent.octets, now)
        self._dress(sent, flow, trail, again=again)
        self.reach(flow, now, out)
        return self._layer.start(sent, flow, now, out, owner)

    def send(self, trail: Trail, sent: Request, now: Micros, out: list[Action]) -> None:
        """The same for an ACK, which has no transaction."""
        flow = self.way(trail, sent.octets, now)
        self._dress(sent, flow, trail, again=False)
        if self.reach(flow, now, out):
            out.append(Send(flow, sent.to_bytes()))

    def way(self, trail: Trail, octets: int, now: Micros) -> Flow:
        """The flow to the server that a trail is at, for a request of that size."""
        transport, endpoint = trail.target
        trail.borrowed = trail.for_size = False
        if transport is _UDP:
            if octets <= self.large or now < self._refusing.get(endpoint, 0):
                return self.ends.udp(endpoint)
            trail.for_size = True
        flow = self.ends.tcp(endpoint)
        theirs = self._connections.get(flow)
        if theirs is not None and theirs in self._streams:
            trail.borrowed = True
            return theirs
        return flow

    def reach(self, flow: Flow, now: Micros, out: list[Action]) -> bool:
        """Whether datagrams, or a connection that stands or is opened now, lead there."""
        if flow.transport is _UDP or flow in self._streams:
            return True
        if flow.local.port > 0:  # the peer's own, and gone
            return False
        self._streams.open(flow, None, now, out, core=True)
        return True

    def _dress(self, sent: Request, flow: Flow, trail: Trail, *, again: bool) -> None:
        """Via, and what of Path and Record-Route is ours, as they must be on that flow."""
        ends, udp = self.ends, flow.transport is _UDP
        if udp and not again and flow.local == ends.first:
            return
        branch = self._branch() if again else sent.branch or self._branch()
        sent.pop_value("Via")
        sent.push("Via", ends.via(flow, branch))
        names = sent.names()
        for name in ("Path", "Record-Route"):
            if name.lower() in names:
                route = sent.pop_value(name) or ""
                if ends.is_ours(route):
                    route = ends.named(route, flow, tcp=not udp and not trail.for_size)
                sent.push(name, route)

    def route_on(self, route: str, flow: Flow) -> str:
        """A Record-Route of ours for a request that came on a flow of the core."""
        if flow.transport is _UDP and flow.local == self.ends.first:
            return route
        return self.ends.named(route, flow, tcp=flow.transport is _TCP)

    # What becomes of it

    def after(self, trail: Trail, why: Why, now: Micros, out: list[Action]) -> bool:
        """Whether there is another way after this trouble; the trail is then at it.

        From TCP for the size alone it leads to UDP (RFC 3261 §18.1.1), from a connection of the peer's that
        went down to one of ours, and else to the next server, while this one is spared for a time.
        """
        if why not in FAILED:
            return False
        target = trail.target
        if trail.for_size and why is Why.NO_STREAM:
            if len(self._refusing) >= MOST_REFUSING:
                del self._refusing[next(iter(self._refusing))]
            self._refusing[target.endpoint] = Micros(now + REFUSED_FOR)
            return True
        if trail.borrowed and why is Why.LOST:
            return True
        if trail.whole > 1:
            if why is not Why.UNAVAILABLE:
                self._aside.put(target, Micros(now + self._config().core_aside))
            out.append(Report(TargetFailed(target, why, trail.left[0] if trail.left else None)))
        return trail.on()

    def spare_for(self, trail: Trail, wait_s: int, now: Micros) -> None:
        """The server that a trail is at has said how long it is to be spared (RFC 3261 §21.5.4)."""
        if wait_s and trail.whole > 1:
            self._aside.put(trail.target, Micros(now + wait_s * SECOND))

    def heard(self, flow: Flow) -> None:
        """A server has answered."""
        if len(self._aside):
            flow = self._advertised.get(flow, flow)
            self._aside.heard(Target(flow.transport, flow.remote))
            if flow.transport is _TCP:  # over TCP for the size, perhaps
                self._aside.heard(Target(_UDP, flow.remote))

    # Connections

    def advertised(self, message: Message, flow: Flow) -> None:
        """Requests for whoever opened this connection may go over it, at the port of its Via (RFC 5923).

        Only for the address that it comes from, which had to answer to open it.
        """
        if flow in self._advertised or flow.local.port < 1:
            return
        via = message.top_via
        ours = self.ends.tcp(Endpoint(flow.remote.address, Port(via.port or SIP_PORT)))
        self._connections[ours] = flow
        self._advertised[flow] = ours

    def lost(self, flow: Flow) -> None:
        """A connection is gone."""
        ours = self._advertised.pop(flow, None)
        if ours is not None and self._connections.get(ours) == flow:
            del self._connections[ours]

    def back(self, message: Message, flow: Flow, now: Micros, out: list[Action]) -> Flow:
        """Where an answer goes whose connection is gone: to the port of the Via (RFC 3261 §18.2.2)."""
        anew = self.ends.tcp(Endpoint(flow.remote.address, Port(message.top_via.port or SIP_PORT)))
        anew = self._connections.get(anew, anew)
        self.reach(anew, now, out)
        return anew
