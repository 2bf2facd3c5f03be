"""An application server as there are: a proxy without state (RFC 3261 §16.11; 24.229 §5.7)."""

from collections.abc import Sequence
from enum import Enum
from hashlib import blake2s
from typing import Final

from twopair.base import (
    Bind,
    Endpoint,
    Flow,
    Micros,
    Port,
    Received,
    Send,
    Transport,
    WireError,
    canonical_address,
)
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start
from twopair.wire.sip import MAGIC, Message, NameAddr, Request, Response, make_response, parse

_SIP_PORT: Final = 5060


class Mood(Enum):
    """What it does with requests."""

    WELL = "gives them back"
    SILENT = "says nothing"
    BROKEN = "answers 503"

    __hash__ = object.__hash__


class ApplicationServer:
    """A `Node` that gives every request back to where its Route leads, and answers REGISTER with 200.

    Args:
        at: its endpoint.

    Attributes:
        mood: what it does with requests from now on.
        met: method and Call-ID of each request that it got, as it came.
    """

    def __init__(self, at: Endpoint) -> None:
        self._at = at
        self.mood = Mood.WELL
        self.met: list[tuple[str, str]] = []

    def feed(self, event: Event, _now: Micros) -> Sequence[Action]:
        """Take one event."""
        if isinstance(event, Start):
            return [Bind(self._at)]
        if not isinstance(event, Received):
            return ()
        try:
            message = parse(event.data)
            return self._request(message) if isinstance(message, Request) else self._response(message)
        except WireError:
            return ()

    def next_deadline(self) -> None:
        """It waits for nothing."""

    def _request(self, request: Request) -> Sequence[Action]:
        self.met.append((request.method, request.call_id))
        own = request.top_via
        back = _endpoint(own.host, own.port)
        if self.mood is Mood.SILENT:
            return ()
        if request.method == "REGISTER" or (self.mood is Mood.BROKEN and request.method != "ACK"):
            status = 200 if self.mood is Mood.WELL else 503
            return [self._send(make_response(request, status, to_tag="as"), back)]
        if request.method not in ("ACK", "CANCEL") and request.pop_value("Route") is None:
            return [self._send(make_response(request, 404, to_tag="as"), back)]
        if request.method in ("ACK", "CANCEL"):
            request.pop_value("Route")
        if NameAddr.parse(request.get("To") or "").tag is None and request.method in ("INVITE", "SUBSCRIBE"):
            request.push("Record-Route", f"<sip:{self._at};lr>")
        hops = request.get("Max-Forwards") or ""
        request.set("Max-Forwards", str(int(hops) - 1 if hops.isdigit() and hops != "0" else 0))
        branch = blake2s(str(own.branch).encode(), digest_size=8).hexdigest()
        request.push("Via", f"SIP/2.0/UDP {self._at};branch={MAGIC}{branch}")
        return [self._send(request, _next_hop(request))]

    def _response(self, response: Response) -> Sequence[Action]:
        response.pop_value("Via")
        below = response.top_via
        return [self._send(response, _endpoint(below.host, below.port))]

    def _send(self, message: Message, to: Endpoint) -> Send:
        return Send(Flow(Transport.UDP, self._at, to), message.to_bytes())


def _next_hop(request: Request) -> Endpoint:
    routes = request.values("Route")
    uri = NameAddr.parse(routes[0] if routes else f"<{request.uri}>").sip_uri
    return _endpoint(uri.host, uri.port)


def _endpoint(host: str, port: int | None) -> Endpoint:
    return Endpoint(canonical_address(host), Port(port or _SIP_PORT))
