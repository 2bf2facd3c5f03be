"""Requests of the core on their way to a UE (24.229 §5.2.6.4; PCS-13, MSG-01, MSG-07, MSG-08)."""

from typing import Final

from twopair.base import Flow, Limit, Micros, Refusal, Refused, Report, Send, Transport, WireError
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.relay.calls import REFRESHING, Calls
from twopair.nodes.pcscf.relay.headers import DIALOG_METHODS, breadth, for_ue, hops_left, in_dialog
from twopair.nodes.pcscf.relay.options import capabilities, names
from twopair.nodes.pcscf.relay.relayed import Relay, SessionRelay, ack, forward
from twopair.nodes.pcscf.relay.routes import was_strict
from twopair.nodes.pcscf.relay.ways import OTHER_WAY, Way, way_over
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import NameAddr, Request, first_element

_UDP: Final = Transport.UDP

PARTING: Final = frozenset({"NOTIFY"})
"""What still goes to a UE whose registration is over, as long as it has a set: word of that (MGP-11)."""


class Downward:
    """Takes requests from the core."""

    __slots__ = ("_answers", "_calls", "_tables")

    def __init__(self, tables: Tables, answers: Answers, calls: Calls) -> None:
        self._tables = tables
        self._answers = answers
        self._calls = calls

    def take(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> None:
        """Forward a request to the UE that its first Route names, or answer why not."""
        try:
            found = self._target(request, now)
            within = in_dialog(request)
            session = (
                self._calls.spoken_to(request, found[0]) if within and isinstance(found, tuple) else None
            )
        except WireError:
            found, within, session = Refusal.BAD_REQUEST, False, None
        begins = request.method == "INVITE" and not within
        if isinstance(session, Refusal):
            found, session = session, None
        elif begins and self._calls.full and isinstance(found, tuple):
            found = Refusal.OVERLOADED
        if isinstance(found, Refusal):
            if request.method == "OPTIONS" and self._ends_here(request, found):
                self._answers.send(txn, None, capabilities(request), now, out)
                return
            detail = Limit.SESSIONS.word if found is Refusal.OVERLOADED else ""
            self._answers.refuse(txn, None, found, now, out, detail=detail)
            return
        user, live, hops = found
        if within:
            session = self._calls.within(request, session, user, False, now, out)
        makes = request.method in DIALOG_METHODS and not within
        dialog = makes or request.method == "NOTIFY"  # which may make one, too (RFC 6665 §4.3)
        way, sent = self._way(live, request, hops, now, out, dialog=dialog)
        make = SessionRelay if request.method in REFRESHING else Relay
        relay = make(
            txn,
            None,
            user,
            sent,
            way.flow,
            way,
            request.get("P-Called-Party-ID") or "",
            request.get_all("Via"),
            [self._tables.core.route_on(user.path, txn.flow), *request.get_all("Record-Route")]
            if dialog
            else (),
        )
        if isinstance(relay, SessionRelay):
            if begins:
                self._calls.begin(relay, request, now, out)
            elif session is not None:
                relay.sessions = (session,)
        forward(relay, self._tables, now, out)

    def _ends_here(self, request: Request, found: Refusal) -> bool:
        """Whether an OPTIONS is for us: a probe of the core that names us, or one that may go no further."""
        if found is Refusal.NO_PATH_TOKEN:
            config = self._tables.config
            return names(request.uri, config.name, config.core)
        return found is Refusal.TOO_MANY_HOPS

    def ack(self, request: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Forward the ACK to a 2xx, which has no transaction; nothing answers one that is refused."""
        try:
            found = self._target(request, now)
        except WireError:
            found = Refusal.BAD_REQUEST
        if isinstance(found, Refusal):
            out.append(Report(Refused(found, flow, "ACK")))
            return
        user, live, hops = found
        way, sent = self._way(live, request, hops, now, out, dialog=False)
        flow = way.flow

        def go(_now: Micros, out: list[Action]) -> None:
            out.append(Send(flow, sent.to_bytes()))

        ack(sent, go, user, flow.remote.address, self._tables, now, out, from_ue=False)

    def _target(self, request: Request, now: Micros) -> tuple[Subscriber, LiveSet, int] | Refusal:
        """The user whom the first Route names, the set that requests go over, and Max-Forwards (PCS-13).

        Of a flow that is gone the core must hear that it is this flow: there may be others (RFC 5626 §5.3.1).
        """
        route = request.get("Route")
        user = self._user(route) if route else None
        if user is None and (user := self._user(f"<{request.uri}>")) is not None:  # of a strict router
            was_strict(request)
            request.push("Route", user.path)
        if user is None:
            return Refusal.FLOW_FAILED if route and _of_a_flow(route) else Refusal.NO_PATH_TOKEN
        if user.current is None:
            return user.away
        if not user.registered(now) and request.method not in PARTING:
            return user.away
        hops = hops_left(request)
        if not hops:
            return Refusal.TOO_MANY_HOPS
        return (user, user.current, hops) if breadth(request) != "0" else Refusal.TOO_BROAD

    def _user(self, route: str) -> Subscriber | None:
        """Whom a Route value names: its user part is the token of Path or Record-Route (PCS-01, PCS-12)."""
        subscribers = self._tables.subscribers
        if route[:5] == "<sip:":
            user = subscribers.behind(route[5 : route.find("@", 5)])
            if user is not None:
                return user
        own = NameAddr.parse(first_element(route)).sip_uri.user
        return subscribers.behind(own) if own else None

    def _onward(self, request: Request, live: LiveSet, flow: Flow, hops: int, *, dialog: bool) -> Request:
        """The request as the UE is to see it: from port_ps, whatever port it is sent from (MSG-04)."""
        via = f"SIP/2.0/{flow.transport.value} {live.via}{self._tables.branch_end()}"
        route, hides = live.route if dialog else "", self._tables.config.hide_topology
        sent = for_ue(request, via, route, hops - 1, _held_back(breadth(request)), hides=hides)
        sent.pop_value("Route")
        return sent

    def _way(
        self, live: LiveSet, request: Request, hops: int, now: Micros, out: list[Action], *, dialog: bool
    ) -> tuple[Way, Request]:
        """From port_pc to port_us, and what goes there.

        Over TCP where the UE registered over it, or what the UE would get is large.
        """
        way = way_over(live, 0, now)
        sent = self._onward(request, live, way.flow, hops, dialog=dialog)
        if way.flow.transport is _UDP:
            way = way_over(live, sent.octets, now)
            if way.flow.transport is _UDP:
                return way, sent
            sent = self._onward(request, live, way.flow, hops, dialog=dialog)
        self._tables.streams.open(way.flow, live, now, out)
        return way, sent


def _held_back(breadth: str) -> str:
    """One branch is kept for another way to the UE, where there are more than one (RFC 5393; PCS-24)."""
    return OTHER_WAY if breadth == OTHER_WAY else str(int(breadth) - 1)


def _of_a_flow(route: str) -> bool:
    """Whether a Path of ours had ``ob``: it was that of a UE that asked for flows."""
    return "ob" in NameAddr.parse(first_element(route)).sip_uri.params
