"""Requests of a UE on their way to the core (24.229 §5.2.6.3; PCS-08..PCS-12, PCS-15, PCS-17)."""

from functools import lru_cache
from typing import Final

from twopair.base import Endpoint, Flow, Limit, Micros, Refusal, Refused, Report, Send, Transport, WireError
from twopair.core.registration.pcscf_checks import first_refusal
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers, tag_for
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.binding import endpoint_of, is_address, next_hop
from twopair.nodes.pcscf.relay.calls import REFRESHING, Calls
from twopair.nodes.pcscf.relay.checks import Asked
from twopair.nodes.pcscf.relay.headers import (
    DIALOG_METHODS,
    Anew,
    from_ue,
    hops_left,
    in_dialog,
    passed_hops,
)
from twopair.nodes.pcscf.relay.relayed import Relay, SessionRelay, forward
from twopair.nodes.pcscf.relay.session import Session
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import (
    NameAddr,
    Request,
    Response,
    canonical_host,
    make_response,
    same_uri,
    split_list,
    uri_in,
)

_UDP: Final = Transport.UDP
_ANEW: Final = ("Max-Forwards", "P-Asserted-Identity", "P-Charging-Vector")
OUTSIDE: Final = {
    (dialog, routed): Anew(
        *("max-forwards", "route"),
        above=("Via", "Record-Route") if dialog else ("Via",),
        below=(*_ANEW, "Route") if routed else _ANEW,
    )
    for dialog in (False, True)
    for routed in (False, True)
}
"""What is said anew outside a dialog: whether it may make one, and whether the UE has a Service-Route."""

INSIDE: Final = {
    routed: Anew("max-forwards", "route", below=("Max-Forwards", "Route") if routed else ("Max-Forwards",))
    for routed in (False, True)
}
"""What is said anew inside a dialog: whether a Route is left beyond us."""

Onward = tuple[Request, Flow, Session | None]
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
        if isinstance(onward, tuple):
            sent, flow, session = onward
            if session is not None or request.method in REFRESHING:
                self._call(txn, request, live, onward, now, out)
            else:
                forward(Relay(txn, live, live.owner, sent, flow), self._tables, now, out)
        elif onward is Refusal.TOO_MANY_HOPS and request.method == "OPTIONS":
            self._answers.send(txn, live, capabilities(request), now, out)
        else:
            self._answers.refuse(txn, live, onward, now, out)

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
            out.append(Send(way, sent.to_bytes()))
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
            if in_dialog(request):
                return self._inside(request, live, hops)
            return self._outside(request, live, hops)
        except WireError:
            return Refusal.BAD_REQUEST

    def _outside(self, request: Request, live: LiveSet, hops: int) -> Onward | Refusal:
        """A request outside a dialog: our Service-Route, our assertion, our charging vector."""
        owner, tables = live.owner, self._tables
        reject = tables.config.foreign_route == "reject"
        if reject and not _same_route(_beyond_us(request.values("Route"), live), owner.service_route):
            return Refusal.FOREIGN_ROUTE
        for preferred in request.values("P-Preferred-Identity"):  # the first that is its own
            if (own := tables.rules.asserts(owner.uri_of(preferred), owner)) is not None:
                asserted = f"<{own}>"
                break
        else:
            asserted = owner.asserted
        dialog, route, via = request.method in DIALOG_METHODS, owner.service_route, tables.core_via()
        above = (via, owner.path) if dialog else (via,)
        ours = (str(hops - 1), asserted, tables.charging())
        sent = from_ue(request, OUTSIDE[dialog, route != ""], above, (*ours, route) if route else ours)
        return sent, self._towards(owner.next_hop if route else tables.config.registrar), None

    def _inside(self, request: Request, live: LiveSet, hops: int) -> Onward | Refusal:
        """A request inside a dialog goes the way of the dialog (PCS-15; 24.229 §5.2.6.3.4, §5.2.6.3.6).

        That of a session is in the books. Of any other dialog the UE says it: its first Route is ours and
        names this user, and what is behind leads to the home network; else the Service-Route does.
        """
        owner, reject = live.owner, self._tables.config.foreign_route == "reject"
        session = self._calls.spoken_by(request, owner)
        if isinstance(session, Refusal):
            return session
        routes = request.values("Route")
        target = request.uri
        if session is not None and session.route is not None:
            route = session.route
            if reject and not _same_route(_beyond_us(routes, live), route):
                return Refusal.FOREIGN_ROUTE
        else:
            if not routes or not is_route_of(routes[0], live):
                return Refusal.FOREIGN_DIALOG
            route = ", ".join(routes[1:])
            if not leads_home(routes[1] if route else f"<{target}>", owner, self._tables.config.registrar):
                if reject or not owner.service_route:
                    return Refusal.FOREIGN_DIALOG
                route = owner.service_route
            elif session is not None:
                session.route = route
        values = (str(hops - 1), route) if route else (str(hops - 1),)
        sent = from_ue(request, INSIDE[route != ""], (self._tables.core_via(),), values)
        registrar = self._tables.config.registrar
        if not route:
            return sent, self._towards(endpoint_of(target, registrar)), session
        known = route == owner.service_route
        return sent, self._towards(owner.next_hop if known else next_hop(route, registrar)), session

    def _towards(self, hop: Endpoint) -> Flow:
        return Flow(_UDP, self._tables.config.core, hop)


def capabilities(request: Request) -> Response:
    """The answer to an OPTIONS that may go no further: a sign of life (RFC 3261 §11.2, §16.3)."""
    headers = [("Supported", "path, sec-agree"), ("Accept", "*/*")]
    return make_response(request, 200, to_tag=tag_for(request), headers=headers)


def is_route_of(value: str, live: LiveSet) -> bool:
    """Whether a Route value is our Record-Route entry for this user (PCS-12)."""
    if value == live.route:
        return True
    uri = NameAddr.parse(value).sip_uri
    return uri.user == live.owner.token and is_address(uri.host, live.sa_set.pcscf)


def leads_home(address: str, owner: Subscriber, registrar: Endpoint) -> bool:
    """Whether a Route value, or a target in <>, is at a node of the user's home network that is known here.

    Those are the hosts of its Service-Route, by name or address, and the registrar (ADR 31).
    """
    host = canonical_host(NameAddr.parse(address).sip_uri.host)
    return host in (registrar.address, owner.next_hop.address) or host in _hosts(owner.service_route)


@lru_cache(maxsize=256)
def _hosts(route: str) -> frozenset[str]:
    found = [NameAddr.parse(value).sip_uri.host for value in split_list(route)]
    return frozenset(map(canonical_host, found))


def _beyond_us(values: list[str], live: LiveSet) -> list[str]:
    """The Route values behind our own, which names our address and port_ps (UEP-08)."""
    if not values:
        return []
    uri = NameAddr.parse(values[0]).sip_uri
    ours = is_address(uri.host, live.sa_set.pcscf)
    return values[1:] if ours else values


def _same_route(values: list[str], stored: str) -> bool:
    """Whether Route values are the stored Service-Route, address by address (PCS-08)."""
    wanted = split_list(stored)
    return len(values) == len(wanted) and all(map(same_uri, map(uri_in, values), map(uri_in, wanted)))
