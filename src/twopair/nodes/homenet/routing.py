"""S-CSCF as proxy, the decision: where a request goes that is not a REGISTER (TS 24.229 §5.4.3)."""

from typing import Final, NamedTuple

from twopair.base import Endpoint, Impu, Micros, Refusal, WireError
from twopair.core.service import ApplicationServer, DefaultHandling, Occasion, SessionCase
from twopair.nodes.homenet.borders import Borders
from twopair.nodes.homenet.chains import Chain, Chains
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.icscf import Icscf
from twopair.nodes.homenet.identities import asserted_identity, identity_key, public_identity
from twopair.nodes.homenet.inquiry import Inquiry
from twopair.nodes.homenet.profiles import criteria_for
from twopair.nodes.homenet.registrar import Registrar
from twopair.nodes.homenet.routes import endpoint_of, hop_of, server_endpoint
from twopair.nodes.homenet.targets import Fork, Onward, Untried, at_once, in_turn
from twopair.nodes.homenet.verdict import Denied
from twopair.wire.sip import NameAddr, Request, SipUri, first_element, tags_beyond, uri_in, uri_key

MAX_FORWARDS: Final = 70
EVENT: Final = "reg"
"""The event package whose notifier the S-CSCF is (RFC 3680)."""

USER: Final = "reg-event"
"""User part of the notifier's Contact."""

ORIGINATING: Final = SessionCase.ORIGINATING
TERMINATING: Final = SessionCase.TERMINATING_REGISTERED
_CALLED: Final = (TERMINATING, SessionCase.TERMINATING_UNREGISTERED)
_SERVED: Final = frozenset({"p-served-user"})
_SERVED_AS: Final = {
    SessionCase.ORIGINATING: ("orig", "reg"),
    SessionCase.TERMINATING_REGISTERED: ("term", "reg"),
    SessionCase.TERMINATING_UNREGISTERED: ("term", "unreg"),
    SessionCase.ORIGINATING_UNREGISTERED: ("orig", "unreg"),
    SessionCase.ORIGINATING_CDIV: ("orig-cdiv", "reg"),
}
"""Values of P-Served-User: sescase and regstate (RFC 5502 §6, RFC 8498 §4)."""

_OPENS_DIALOG: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})


class Ours(NamedTuple):
    """The network answers the request itself; `user` is the identity that was addressed."""

    user: Impu


class Watches(NamedTuple):
    """The S-CSCF takes the request as notifier of registrations (24.229 §5.4.2.1)."""


Decision = Onward | Fork | Ours | Watches | Denied


class Routing:
    """Decides by Route, Request-URI and registrations.

    Args:
        config: own URIs.
        icscf: finds out why a user has no registration here.
        registrar: who is registered, and where.
        borders: where the home network ends.
        chains: requests on their way through services.
    """

    def __init__(
        self, config: HomeConfig, icscf: Icscf, registrar: Registrar, borders: Borders, chains: Chains
    ) -> None:  # fmt: skip
        self._config = config
        self._chains = chains
        self._own = {identity_key(impu): impu for impu in (config.echo, config.network)}
        self._icscf = icscf
        self._registrar = registrar
        self._borders = borders

    def decide(self, received: Request, source: Endpoint, now: Micros) -> Inquiry[Decision]:
        """What becomes of a request; `received` stays as it is. Raises WireError where it cannot be read.

        What comes from outside the trust domain goes no way out of it again: this is no relay for others.
        """
        decision = yield from self._decide(received, now, inside=self._borders.inside(source))
        return self._bordered(decision, source)

    def go_on(self, chain: Chain, now: Micros) -> Inquiry[Decision]:
        """The same for a request whose application server has failed: as if that had not been asked."""
        assert chain.request is not None, "it was on its way to a server"
        decision = yield from self._serve(chain.request, chain, now)
        return self._bordered(decision, self._config.core)

    def _bordered(self, decision: Decision, source: Endpoint) -> Decision:
        if isinstance(decision, Onward):
            return self._over_border(decision, source)
        if isinstance(decision, Fork):
            groups = [[self._over_border(way, source) for way in group] for group in decision.groups]
            denied = [way for group in groups for way in group if isinstance(way, Denied)]
            kept = [tuple(way for way in group if isinstance(way, Onward)) for group in groups]
            left = tuple(group for group in kept if group)
            return Fork(left) if left else denied[0]
        return decision

    def _over_border(self, way: Onward, source: Endpoint) -> Onward | Denied:
        if not self._borders.inside(way.hop):
            if not self._borders.inside(source):
                return Denied(Refusal.OUTSIDE_TRUST_DOMAIN, f"{source} to {way.hop}")
            self._borders.leave(way.request)
        if way.untried is not None:
            return way._replace(untried=way.untried.within(self._borders.inside))
        return way

    def _decide(self, received: Request, now: Micros, *, inside: bool) -> Inquiry[Decision]:
        hops_left = _hops_left(received)
        if hops_left == 0:
            return Denied(Refusal.TOO_MANY_HOPS)
        if tags := tags_beyond((), received, "Proxy-Require"):  # none is known here (RFC 3261 §16.3)
            return Denied(Refusal.BAD_EXTENSION, tags, (("Unsupported", tags),))
        return (yield from self._proceed(received, hops_left - 1, now, inside=inside))

    def _proceed(self, received: Request, hops_left: int, now: Micros, *, inside: bool) -> Inquiry[Decision]:
        request = received.copy()
        request.set("Max-Forwards", str(hops_left))
        if not inside:
            self._borders.enter(request)
        own = self._take_own_route(request)
        opens = _tag(request, "To") is None
        served = self._served(request) if own == "orig" else None
        if own == "orig":
            if served is None:
                return Denied(Refusal.NOT_REGISTERED, "no P-Asserted-Identity of a registered user")
            request.remove_all(_SERVED)
        if request.method in _OPENS_DIALOG and opens:
            request.push("Record-Route", self._config.record_route)
        route = request.get("Route")
        if route is not None:
            return _onward(request, hop_of(first_element(route)), route)
        if own is not None and own != "orig" and not opens:
            hop = endpoint_of(SipUri.parse(request.uri)) or self._borders.next_hop(request.uri)
            return _onward(request, hop, request.uri)
        chain = self._chains.get(own) if own is not None and inside and opens else None
        if chain is None and served is not None and opens:
            chain = self._chain(ORIGINATING, served)
        elif chain is not None:
            chain = self._came_back(request, chain)
        if chain is not None:
            return (yield from self._serve(request, chain, now))
        return (yield from self._terminate(request, now, originating=own == "orig"))

    def _chain(self, case: SessionCase, served: Impu) -> Chain:
        """The services of a registered user for one request."""
        profile = self._registrar.of_identity(served)[-1].profile
        return Chain(case, served, profile, criteria_for(profile, served))

    def _came_back(self, request: Request, chain: Chain) -> Chain:
        """What is left once a server gives a request back (24.229 §5.4.3.2, §5.4.3.3).

        If it has another Request-URI, the services of who was called are done, but for those of a diversion.
        """
        chain.came_back = True
        request.remove_all(_SERVED)
        sent = chain.request
        if chain.case in _CALLED and sent is not None and uri_key(request.uri) != uri_key(sent.uri):
            left = criteria_for(chain.profile, chain.served)
            return Chain(SessionCase.ORIGINATING_CDIV, chain.served, chain.profile, left)
        return Chain(chain.case, chain.served, chain.profile, chain.left)

    def _serve(self, request: Request, chain: Chain, now: Micros) -> Inquiry[Decision]:
        """To the next server whose criterion the request meets, or on its way (24.229 §5.4.3.2).

        One that has a name, and no address, cannot be reached from here.
        """
        occasion = Occasion(request, chain.case)
        for at, criterion in enumerate(chain.left):
            server = criterion.server
            hop = server_endpoint(server.uri)
            if criterion.holds(occasion) and (hop or server.handling is DefaultHandling.TERMINATED):
                chain.left = chain.left[at + 1 :]
                return self._to_server(request, chain, server, hop, now)
        chain.left = ()
        if chain.case in _CALLED:
            return (yield from self.deliver(request, public_identity(request.uri), request.uri, forks=True))
        return (yield from self._terminate(request, now, originating=True))

    def _to_server(
        self, request: Request, chain: Chain, server: ApplicationServer, hop: Endpoint | None, now: Micros
    ) -> Decision:
        """With our own URI below the server's in Route, by which it comes back, and with who is served."""
        if hop is None:
            return Denied(Refusal.NO_SUCH_USER, f"no address in {server.uri}")
        chain.request, chain.came_back, chain.handling = request.copy(), False, server.handling
        identifier = self._chains.keep(chain, now)
        request.push("Route", f"<sip:{identifier}@{self._config.core};lr>")
        request.push("Route", f"<{SipUri.parse(server.uri).with_params(lr=None)}>")
        case, state = _SERVED_AS[chain.case]
        request.set("P-Served-User", f"<{self._written(chain)}>;sescase={case};regstate={state}")
        return Onward(request, hop, service=identifier)

    @staticmethod
    def _written(chain: Chain) -> Impu:
        """The served identity as the HSS writes it."""
        return next(
            (impu for impu in chain.profile.impus if identity_key(impu) == chain.served), chain.served
        )

    def deliver(
        self, request: Request, impu: Impu, uri: str, *, forks: bool = False
    ) -> Inquiry[Onward | Fork | Denied]:
        """Address a request to a contact of a registered user, and then to the others (24.229 §5.4.3.3).

        Args:
            request: is edited: Request-URI, Route from Path, P-Called-Party-ID.
            impu: the identity that was called.
            uri: the same as it was written.
            forks: whether it goes to all phones at once, and not to one after the other.
        """
        there = self._registrar.of_identity(impu)
        reachable = [one for one in there if not one.flow.sos]  # emergency is for emergency (PCS-18)
        if not reachable:
            found = yield from self._icscf.locate(impu)
            return Denied(found if isinstance(found, Refusal) else Refusal.USER_AWAY, impu)
        if impu in reachable[-1].profile.barred:
            return Denied(Refusal.NO_SUCH_USER, f"{impu} is barred")
        request.set("P-Called-Party-ID", f"<{uri}>")
        return at_once(request, reachable) if forks else Untried(request, in_turn(reachable)).first()

    def _terminate(self, request: Request, now: Micros, *, originating: bool) -> Inquiry[Decision]:
        if request.method == "SUBSCRIBE" and self._is_for_notifier(request):
            return Watches()
        impu = public_identity(request.uri)
        own = self._own.get(impu)
        if own is not None or self._is_this_node(request.uri):
            return Ours(own or impu)
        far = self._borders.next_hop(request.uri) if originating else None
        if far is not None and (yield from self._icscf.locate(impu)) is Refusal.NO_SUCH_USER:
            return Onward(request, far)
        there = self._registrar.of_identity(impu)
        opens = _tag(request, "To") is None
        if opens and there and impu not in there[-1].profile.barred and there[-1].profile.services:
            return (yield from self._serve(request, self._chain(TERMINATING, impu), now))
        if opens and not there:
            return (yield from self._to_absent(request, impu, now))
        return (yield from self.deliver(request, impu, request.uri, forks=True))

    def _to_absent(self, request: Request, impu: Impu, now: Micros) -> Inquiry[Decision]:
        """To the services that a user has while not registered (24.229 §5.4.3.3)."""
        found = yield from self._icscf.away(impu)
        if isinstance(found, Refusal):
            return Denied(found, impu)
        if impu in found.barred:
            return Denied(Refusal.NO_SUCH_USER, f"{impu} is barred")
        chain = Chain(SessionCase.TERMINATING_UNREGISTERED, impu, found, criteria_for(found, impu))
        return (yield from self._serve(request, chain, now))

    def _take_own_route(self, request: Request) -> str | None:
        """Take the topmost Route off if it is ours; its user part ("orig" or ""), None if it is not."""
        value = request.get("Route")
        if value is None:
            return None
        route = first_element(value).strip()
        if route == self._config.service_route:
            user: str | None = "orig"
        else:
            uri = NameAddr.parse(route).sip_uri
            if endpoint_of(uri) != self._config.core:
                return None
            user = uri.user or ""
        request.pop_value("Route")
        return user

    def _served(self, request: Request) -> Impu | None:
        """The asserted user, if registered here with an identity that they may use (24.229 §5.4.3.2).

        An application server says for whom it asks in P-Served-User (RFC 5502 §7).
        """
        named = request.get("P-Served-User")
        impus = [identity_key(uri_in(named))] if named else []
        for impu in (*impus, *map(asserted_identity, request.values("P-Asserted-Identity"))):
            if any(impu not in binding.profile.barred for binding in self._registrar.of_identity(impu)):
                return impu
        return None

    def _is_for_notifier(self, request: Request) -> bool:
        """Whether a SUBSCRIBE is ours to answer, not the UE's: for registrations, or in our own dialog."""
        if (request.get("Event") or "").partition(";")[0].strip().lower() == EVENT:
            return True
        if request.uri[:4].lower() == "tel:":
            return False
        uri = SipUri.parse(request.uri)
        return uri.user == USER and endpoint_of(uri) == self._config.core

    def _is_this_node(self, text: str) -> bool:
        if text[:4].lower() == "tel:":
            return False
        uri = SipUri.parse(text)
        return uri.user is None and (
            endpoint_of(uri) == self._config.core or uri.host.lower() == self._config.domain.lower()
        )


def _onward(request: Request, hop: Endpoint | None, written: str) -> Onward | Denied:
    """Names are not resolved inside the home network: it knows its P-CSCFs by address."""
    return Denied(Refusal.NO_SUCH_USER, f"no address in {written}") if hop is None else Onward(request, hop)


def _hops_left(request: Request) -> int:
    """Max-Forwards; 70 where there is none (RFC 3261 §16.3). Raises WireError where it is no number."""
    text = request.get("Max-Forwards")
    if text is None:
        return MAX_FORWARDS
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise WireError("Max-Forwards is no number", 0, "RFC 3261 §20.22")
    return min(int(text), 255)


def _tag(request: Request, name: str) -> str | None:
    return NameAddr.parse(request.get(name) or "").tag
