"""Requests of a UE on their way to the core (24.229 §5.2.6.3; PCS-08..PCS-12, PCS-15, PCS-17)."""

from typing import Final

from twopair.base import Endpoint, Flow, Limit, Micros, Refusal, Refused, Report, Send, WireError
from twopair.core.locate import Hop, Place
from twopair.core.registration.pcscf_checks import first_refusal
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.binding import hop_or, next_hop
from twopair.nodes.pcscf.relay.calls import REFRESHING, Calls
from twopair.nodes.pcscf.relay.checks import Asked
from twopair.nodes.pcscf.relay.headers import (
    DIALOG_METHODS,
    Anew,
    breadth,
    from_ue,
    hops_left,
    in_dialog,
    passed_hops,
)
from twopair.nodes.pcscf.relay.options import capabilities, names
from twopair.nodes.pcscf.relay.relayed import Relay, SessionRelay, ack, forward
from twopair.nodes.pcscf.relay.routes import (
    beyond_us,
    is_loose,
    is_route_of,
    leads_home,
    same_route,
    strictly,
    was_strict,
)
from twopair.nodes.pcscf.relay.session import Session
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import (
    Request,
)

_HOPS: Final = ("Max-Forwards", "Max-Breadth")
_ANEW: Final = (*_HOPS, "P-Asserted-Identity", "P-Charging-Vector")
OUTSIDE: Final = {
    (dialog, routed): Anew(
        *("max-forwards", "max-breadth", "route"),
        above=("Via", "Record-Route") if dialog else ("Via",),
        below=(*_ANEW, "Route") if routed else _ANEW,
    )
    for dialog in (False, True)
    for routed in (False, True)
}
"""What is said anew outside a dialog: whether it may make one, and whether the UE has a Service-Route."""

INSIDE: Final = {
    routed: Anew("max-forwards", "max-breadth", "route", below=(*_HOPS, "Route") if routed else _HOPS)
    for routed in (False, True)
}
"""What is said anew inside a dialog: whether a Route is left beyond us."""

Onward = tuple[Request, Flow | Place, Session | None]
"""A request as the core is to see it, where it goes, and the session that it belongs to."""


class Upward:
    """Takes requests other than REGISTER that came over an established set."""

    __slots__ = ("_answers", "_calls", "_tables")

    def __init__(self, tables: Tables, answers: Answers, calls: Calls) -> None:
        self._tables = tables
        self._answers = answers
        self._calls = calls

    def take(
        self, txn: ServerTransaction, request: Request, live: LiveSet, now: Micros, out: list[Action]
    ) -> None:
        """Forward a request, or answer why not."""
        onward = self._onward(request, live, now)
        if request.method == "OPTIONS" and self._ends_here(request, onward, live):
            self._answers.send(txn, live, capabilities(request), now, out)
        elif isinstance(onward, tuple):
            sent, flow, session = onward
            if session is not None or request.method in REFRESHING:
                self._call(txn, request, live, onward, now, out)
            else:
                forward(Relay(txn, live, live.owner, sent, flow), self._tables, now, out)
        else:
            self._answers.refuse(txn, live, onward, now, out)

    def _ends_here(self, request: Request, onward: Onward | Refusal, live: LiveSet) -> bool:
        """Whether an OPTIONS is for us: it names us, or may go no further."""
        if isinstance(onward, Refusal):
            return onward is Refusal.TOO_MANY_HOPS
        return names(request.uri, self._tables.config.name, live.ps)

    def _call(
        self,
        txn: ServerTransaction,
        request: Request,
        live: LiveSet,
        onward: Onward,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Forward an INVITE, or what belongs to a session."""
        sent, flow, session = onward
        calls, owner = self._calls, live.owner
        if in_dialog(request):
            session = calls.within(request, session, owner, True, now, out)
        elif calls.full and request.method == "INVITE":
            self._answers.refuse(txn, live, Refusal.OVERLOADED, now, out, detail=Limit.SESSIONS.word)
            return
        if request.method not in REFRESHING:
            forward(Relay(txn, live, owner, sent, flow), self._tables, now, out)
            return
        relay = SessionRelay(txn, live, owner, sent, flow)
        if session is not None:
            relay.sessions = (session,)
        elif request.method == "INVITE" and not in_dialog(request):
            calls.begin(relay, request, now, out)
        forward(relay, self._tables, now, out)

    def ack(self, request: Request, live: LiveSet, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Forward the ACK to a 2xx, which has no transaction; nothing answers one that is refused."""
        onward = self._onward(request, live, now)
        if isinstance(onward, tuple):
            sent, way, _session = onward

            def go(now: Micros, out: list[Action]) -> None:
                core = self._tables.core
                if isinstance(way, Place):
                    core.find(way, sent, now, out)
                elif sent.octets > core.large:
                    core.find(way.remote, sent, now, out)
                else:
                    out.append(Send(way, sent.to_bytes()))

            ack(sent, go, live.owner, live.us.address, self._tables, now, out, from_ue=True)
        else:
            out.append(Report(Refused(onward, flow, "ACK")))

    def _onward(self, request: Request, live: LiveSet, now: Micros) -> Onward | Refusal:
        """The request as the core is to see it, and where, or why it must not."""
        try:
            hops = hops_left(request)
            tables = self._tables
            may_miss = tables.config.missing_security_verify == "tolerate"
            evidence = Asked(request, request.names(), passed_hops(request), live, now, hops, may_miss)
            refusal = first_refusal(tables.rules.request, evidence)
            if refusal is not None:
                return refusal
            if request.get("Max-Breadth") == "0":
                return Refusal.TOO_BROAD
            if in_dialog(request):
                return self._inside(request, live, hops)
            return self._outside(request, live, hops)
        except WireError:
            return Refusal.BAD_REQUEST

    def _outside(self, request: Request, live: LiveSet, hops: int) -> Onward | Refusal:
        """A request outside a dialog: our Service-Route, our assertion, our charging vector."""
        owner, tables = live.owner, self._tables
        reject = tables.config.foreign_route == "reject"
        if reject and not same_route(beyond_us(request.values("Route"), live), owner.service_route):
            return Refusal.FOREIGN_ROUTE
        for preferred in request.values("P-Preferred-Identity"):  # the first that is its own
            if (own := tables.rules.asserts(owner.uri_of(preferred), owner)) is not None:
                asserted = f"<{own}>"
                break
        else:
            asserted = owner.asserted
        dialog, route, via = request.method in DIALOG_METHODS, owner.service_route, tables.core_via()
        above = (via, owner.path) if dialog else (via,)
        ours = (str(hops - 1), breadth(request), asserted, tables.charging())
        sent = from_ue(request, OUTSIDE[dialog, route != ""], above, (*ours, route) if route else ours)
        return self._towards(owner.next_hop if route else tables.config.registrar, sent, None)

    def _inside(self, request: Request, live: LiveSet, hops: int) -> Onward | Refusal:
        """A request inside a dialog goes the way of the dialog (PCS-15; 24.229 §5.2.6.3.4, §5.2.6.3.6).

        That of a session is in the books. Of any other dialog the UE says it: its first Route is ours and
        names this user, and what is behind leads to the home network; else the Service-Route does.
        """
        owner, config = live.owner, self._tables.config
        hides, reject = config.hide_topology, config.foreign_route == "reject"
        session = self._calls.spoken_by(request, owner)
        if isinstance(session, Refusal):
            return session
        strict = f"sip:{owner.token}@" in request.uri
        if strict:
            was_strict(request)
        routes = request.values("Route")
        target, registrar = request.uri, self._tables.config.registrar
        if session is not None and session.route is not None:
            route = session.route
            if reject and not hides and not same_route(beyond_us(routes, live), route):
                return Refusal.FOREIGN_ROUTE
        else:
            if not strict and not (routes and is_route_of(routes[0], live)):
                return Refusal.FOREIGN_DIALOG
            beyond = routes if strict else routes[1:]
            route = ", ".join(beyond)
            if not leads_home(beyond[0] if beyond else f"<{target}>", owner, registrar):
                if (reject and not hides) or not owner.service_route:
                    return Refusal.FOREIGN_DIALOG
                route = owner.service_route
            elif session is not None:
                session.route = route
        return self._along(request, route, session, owner, hops)

    def _along(
        self, request: Request, route: str, session: Session | None, owner: Subscriber, hops: int
    ) -> Onward | Refusal:
        """The request on a route; to the Request-URI where there is none (RFC 3261 §16.6, items 6 and 7)."""
        registrar, target = self._tables.config.registrar, request.uri
        if not route:
            hop = hop_or(target, registrar)
        else:
            hop = owner.next_hop if route == owner.service_route else next_hop(route, registrar)
            if not is_loose(route):
                target, route = strictly(route, target)
        ours = (str(hops - 1), breadth(request))
        values = (*ours, route) if route else ours
        sent = from_ue(request, INSIDE[route != ""], (self._tables.core_via(),), values)
        sent.uri = target
        return self._towards(hop, sent, session)

    def _towards(self, hop: Hop | None, sent: Request, session: Session | None) -> Onward | Refusal:
        """To a next hop; where there is none, to the Request-URI (RFC 3261 §16.6, item 6)."""
        if hop is None:
            hop = hop_or(sent.uri, None)
        if isinstance(hop, Endpoint):
            return sent, self._tables.core.ends.udp(hop), session
        return Refusal.NAME_UNRESOLVED if hop is None else (sent, hop, session)
