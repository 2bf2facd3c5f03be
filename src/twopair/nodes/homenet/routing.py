"""S-CSCF as proxy, the decision: where a request goes that is not a REGISTER (TS 24.229 §5.4.3)."""

from typing import Final, NamedTuple

from twopair.base import Endpoint, Impu, Refusal, WireError
from twopair.nodes.homenet.borders import Borders
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.icscf import Icscf
from twopair.nodes.homenet.identities import asserted_identity, identity_key, public_identity
from twopair.nodes.homenet.inquiry import Inquiry
from twopair.nodes.homenet.registrar import Registrar
from twopair.nodes.homenet.routes import endpoint_of, hop_of
from twopair.nodes.homenet.targets import Onward, Untried, in_turn
from twopair.nodes.homenet.verdict import Denied
from twopair.wire.sip import NameAddr, Request, SipUri, first_element, tags_beyond

MAX_FORWARDS: Final = 70
EVENT: Final = "reg"
"""The event package whose notifier the S-CSCF is (RFC 3680)."""

USER: Final = "reg-event"
"""User part of the notifier's Contact."""

_OPENS_DIALOG: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})


class Ours(NamedTuple):
    """The network answers the request itself; `user` is the identity that was addressed."""

    user: Impu


class Watches(NamedTuple):
    """The S-CSCF takes the request as notifier of registrations (24.229 §5.4.2.1)."""


Decision = Onward | Ours | Watches | Denied


class Routing:
    """Decides by Route, Request-URI and registrations.

    Args:
        config: own URIs.
        icscf: finds out why a user has no registration here.
        registrar: who is registered, and where.
        borders: where the home network ends.
    """

    def __init__(self, config: HomeConfig, icscf: Icscf, registrar: Registrar, borders: Borders) -> None:
        self._config = config
        self._own = {identity_key(impu): impu for impu in (config.echo, config.network)}
        self._icscf = icscf
        self._registrar = registrar
        self._borders = borders

    def decide(self, received: Request, source: Endpoint) -> Inquiry[Decision]:
        """What becomes of a request; `received` stays as it is. Raises WireError where it cannot be read.

        What comes from outside the trust domain goes no way out of it again: this is no relay for others.
        """
        inside = self._borders.inside(source)
        decision = yield from self._decide(received, inside=inside)
        if isinstance(decision, Onward) and not self._borders.inside(decision.hop):
            if not inside:
                return Denied(Refusal.OUTSIDE_TRUST_DOMAIN, f"{source} to {decision.hop}")
            self._borders.leave(decision.request)
        if isinstance(decision, Onward) and decision.untried is not None:
            return decision._replace(untried=decision.untried.within(self._borders.inside))
        return decision

    def _decide(self, received: Request, *, inside: bool) -> Inquiry[Decision]:
        hops_left = _hops_left(received)
        if hops_left == 0:
            return Denied(Refusal.TOO_MANY_HOPS)
        if tags := tags_beyond((), received, "Proxy-Require"):  # none is known here (RFC 3261 §16.3)
            return Denied(Refusal.BAD_EXTENSION, tags, (("Unsupported", tags),))
        request = received.copy()
        request.set("Max-Forwards", str(hops_left - 1))
        if not inside:
            self._borders.enter(request)
        own = self._take_own_route(request)
        if own == "orig" and not self._is_served(request):
            return Denied(Refusal.NOT_REGISTERED, "no P-Asserted-Identity of a registered user")
        if request.method in _OPENS_DIALOG and _tag(request, "To") is None:
            request.push("Record-Route", self._config.record_route)
        route = request.get("Route")
        if route is not None:
            return _onward(request, hop_of(first_element(route)), route)
        if own is not None and own != "orig" and _tag(request, "To") is not None:
            hop = endpoint_of(SipUri.parse(request.uri)) or self._borders.next_hop(request.uri)
            return _onward(request, hop, request.uri)
        return (yield from self._terminate(request, originating=own == "orig"))

    def deliver(self, request: Request, impu: Impu, uri: str) -> Inquiry[Onward | Denied]:
        """Address a request to a contact of a registered user, and then to the others (24.229 §5.4.3.3).

        Args:
            request: is edited: Request-URI, Route from Path, P-Called-Party-ID.
            impu: the identity that was called.
            uri: the same as it was written.
        """
        there = self._registrar.of_identity(impu)
        reachable = [one for one in there if not one.flow.sos]  # emergency is for emergency (PCS-18)
        if not reachable:
            found = yield from self._icscf.locate(impu)
            return Denied(found if isinstance(found, Refusal) else Refusal.USER_AWAY, impu)
        if impu in reachable[-1].profile.barred:
            return Denied(Refusal.NO_SUCH_USER, f"{impu} is barred")
        request.set("P-Called-Party-ID", f"<{uri}>")
        return Untried(request, in_turn(reachable)).first()

    def _terminate(self, request: Request, *, originating: bool) -> Inquiry[Decision]:
        if request.method == "SUBSCRIBE" and self._is_for_notifier(request):
            return Watches()
        impu = public_identity(request.uri)
        own = self._own.get(impu)
        if own is not None or self._is_this_node(request.uri):
            return Ours(own or impu)
        far = self._borders.next_hop(request.uri) if originating else None
        if far is not None and (yield from self._icscf.locate(impu)) is Refusal.NO_SUCH_USER:
            return Onward(request, far)
        return (yield from self.deliver(request, impu, request.uri))

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

    def _is_served(self, request: Request) -> bool:
        """Whether the asserted user is registered here and may use that identity (24.229 §5.4.3.2)."""
        for value in request.values("P-Asserted-Identity"):
            impu = asserted_identity(value)
            if any(impu not in binding.profile.barred for binding in self._registrar.of_identity(impu)):
                return True
        return False

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
