"""Requests of a UE on their way to the core (24.229 §5.2.6.3; PCS-08..PCS-12, PCS-15, PCS-17)."""

from typing import Final

from twopair.base import Flow, Micros, Refusal, Refused, Report, Send, Transport, WireError
from twopair.core.registration.pcscf_checks import first_refusal
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.answers import Answers, tag_for
from twopair.nodes.pcscf.binding import endpoint_of, is_address, next_hop
from twopair.nodes.pcscf.checks import Asked
from twopair.nodes.pcscf.headers import (
    DIALOG_METHODS,
    Anew,
    from_ue,
    hops_left,
    in_dialog,
    values_of_via,
)
from twopair.nodes.pcscf.relay import Relay, forward
from twopair.nodes.pcscf.sets import LiveSet
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import NameAddr, Request, Response, make_response, same_uri, split_list, uri_in

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

INSIDE: Final = Anew("max-forwards", below=("Max-Forwards",))
"""What is said anew inside a dialog."""


class Upward:
    """Takes requests other than REGISTER that came over an established set."""

    __slots__ = ("_answers", "_tables")

    def __init__(self, tables: Tables, answers: Answers) -> None:
        self._tables = tables
        self._answers = answers

    def take(
        self, txn: ServerTransaction, request: Request, live: LiveSet, now: Micros, out: list[Action]
    ) -> None:
        """Forward a request, or answer why not."""
        sent = self._onward(request, live, now)
        if not isinstance(sent, Request):
            if sent is Refusal.TOO_MANY_HOPS and request.method == "OPTIONS":
                self._answers.send(txn, live, capabilities(request), now, out)
            else:
                self._answers.refuse(txn, live, sent, now, out)
            return
        flow = self._flow(sent, live)
        relay = Relay(txn, live, live.owner, sent, flow)
        forward(relay, self._tables, now, out)

    def ack(self, request: Request, live: LiveSet, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Forward the ACK to a 2xx, which has no transaction; nothing answers one that is refused."""
        sent = self._onward(request, live, now)
        if isinstance(sent, Refusal):
            out.append(Report(Refused(sent, flow, "ACK")))
        else:
            out.append(Send(self._flow(sent, live), sent.to_bytes()))

    def _onward(self, request: Request, live: LiveSet, now: Micros) -> Request | Refusal:
        """The request as the core is to see it, or why it must not."""
        try:
            hops = hops_left(request)
            names = request.names()
            vias = values_of_via(request)
            tables = self._tables
            may_miss = tables.config.missing_security_verify == "tolerate"
            evidence = Asked(request, names, vias, live, now, hops, may_miss)
            refusal = first_refusal(tables.rules.request, evidence)
            if refusal is not None:
                return refusal
            if in_dialog(request):
                return self._inside(request, live, hops)
            return self._outside(request, live, hops)
        except WireError:
            return Refusal.BAD_REQUEST

    def _outside(self, request: Request, live: LiveSet, hops: int) -> Request | Refusal:
        """A request outside a dialog: our Service-Route, our assertion, our charging vector."""
        owner, tables = live.owner, self._tables
        reject = tables.config.foreign_route == "reject"
        if reject and not _same_route(_beyond_us(request, live), owner.service_route):
            return Refusal.FOREIGN_ROUTE
        asserted = owner.asserted
        for preferred in request.values("P-Preferred-Identity"):  # the first that is its own
            if (own := tables.rules.asserts(owner.uri_of(preferred), owner)) is not None:
                asserted = f"<{own}>"
                break
        dialog, route, via = request.method in DIALOG_METHODS, owner.service_route, tables.core_via()
        above = (via, owner.path) if dialog else (via,)
        ours = (str(hops - 1), asserted, tables.charging())
        return from_ue(request, OUTSIDE[dialog, route != ""], above, (*ours, route) if route else ours)

    def _inside(self, request: Request, live: LiveSet, hops: int) -> Request | Refusal:
        """A request inside a dialog: its first Route is ours and names this user (PCS-15)."""
        sent = from_ue(request, INSIDE, (self._tables.core_via(),), (str(hops - 1),))
        own = sent.pop_value("Route")
        return sent if own is not None and is_route_of(own, live) else Refusal.FOREIGN_DIALOG

    def _flow(self, sent: Request, live: LiveSet) -> Flow:
        """Where the core takes it: the next Route, or the Request-URI of a dialog without further ones."""
        config, owner = self._tables.config, live.owner
        route = sent.get("Route")
        if route is None:
            hop = endpoint_of(sent.uri, config.registrar) if in_dialog(sent) else config.registrar
        elif route == owner.service_route:
            hop = owner.next_hop
        else:
            hop = next_hop(route, config.registrar)
        return Flow(_UDP, config.core, hop)


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


def _beyond_us(request: Request, live: LiveSet) -> list[str]:
    """The Route values behind our own, which names our address and port_ps (UEP-08)."""
    values = request.values("Route")
    if not values:
        return []
    uri = NameAddr.parse(values[0]).sip_uri
    ours = is_address(uri.host, live.sa_set.pcscf)
    return values[1:] if ours else values


def _same_route(values: list[str], stored: str) -> bool:
    """Whether Route values are the stored Service-Route, address by address (PCS-08)."""
    wanted = split_list(stored)
    return len(values) == len(wanted) and all(map(same_uri, map(uri_in, values), map(uri_in, wanted)))
