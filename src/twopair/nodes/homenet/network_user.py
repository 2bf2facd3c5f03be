"""The network as a user: answers what is sent to it, and sends MESSAGE itself (RFC 3428)."""

from dataclasses import dataclass, replace
from typing import Final

from twopair.base import Entropy, Impu, Micros, Refusal, Report, WireError, token
from twopair.core.sip import TransactionLayer
from twopair.nodes.actions import Action
from twopair.nodes.facts import MessageAnswered
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.identities import asserted_identity, public_identity
from twopair.nodes.homenet.inquiries import Inquiries
from twopair.nodes.homenet.inquiry import Inquiry, readable
from twopair.nodes.homenet.proxy import Proxy
from twopair.nodes.homenet.routing import MAX_FORWARDS, Routing
from twopair.nodes.homenet.targets import FLOW_FAILED, NOBODY_THERE, NOT_REACHED, Fork, Onward, Untried
from twopair.nodes.homenet.verdict import Answer, Denied
from twopair.nodes.wishes import SendMessage
from twopair.wire.sip import Request, make_request, tags_beyond

_NOBODY: Final = Refusal.NO_SUCH_USER
_ALLOW: Final = (("Allow", "MESSAGE, OPTIONS"),)


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """Owner of the client transaction of a MESSAGE that the network sends.

    Args:
        to: whom it is for.
        call_id: its Call-ID.
        untried: where else it may go.
    """

    to: Impu
    call_id: str
    untried: Untried | None


class NetworkUser:
    """Sends and answers in the name of the network.

    Args:
        config: its identities.
        entropy: where tags and Call-IDs come from.
        routing: finds the user.
        proxy: knows the flows and makes the Via.
        layer: the node's transactions.
        inquiries: who asks where the user is.
    """

    def __init__(
        self,
        config: HomeConfig,
        entropy: Entropy,
        routing: Routing,
        proxy: Proxy,
        layer: TransactionLayer,
        inquiries: Inquiries,
    ) -> None:
        self._config = config
        self._entropy = entropy
        self._routing = routing
        self._proxy = proxy
        self._layer = layer
        self._inquiries = inquiries

    def answer(self, request: Request) -> Answer | Denied:
        """The answer to a request addressed to the network, which has no extensions (RFC 3261 §8.2.2.3)."""
        if tags := tags_beyond((), request, "Require"):
            return Denied(Refusal.BAD_EXTENSION, tags, (("Unsupported", tags),))
        if request.method in ("MESSAGE", "OPTIONS"):
            return Answer(200, _ALLOW if request.method == "OPTIONS" else ())
        return Denied(Refusal.METHOD_NOT_ALLOWED, request.method, _ALLOW)

    def echo(self, request: Request, now: Micros, out: list[Action]) -> None:
        """Send the body of a MESSAGE back to its asserted sender, if there is one."""
        for value in request.values("P-Asserted-Identity")[:1]:
            try:
                to = asserted_identity(value)
            except WireError:
                return
            kind = request.get("Content-Type") or "text/plain"
            self._send(SendMessage(to, request.body, kind), self._config.echo, now, out)

    def send(self, wish: SendMessage, now: Micros, out: list[Action]) -> None:
        """Send a MESSAGE from the network to a user; the outcome is reported as `MessageAnswered`."""
        self._send(wish, self._config.network, now, out)

    def answered(self, message: OwnMessage, status: int, now: Micros, out: list[Action]) -> None:
        """A final answer to a MESSAGE of ours, 408 also where none came: report it, or try another flow."""
        if status in NOT_REACHED and message.untried is not None:
            onward = message.untried.first()
            self._start(onward, replace(message, untried=onward.untried), now, out)
        else:
            told = NOBODY_THERE if status == FLOW_FAILED else status
            out.append(Report(MessageAnswered(message.to, told, message.call_id)))

    def _send(self, wish: SendMessage, sender: Impu, now: Micros, out: list[Action]) -> None:
        call_id = f"{token(self._entropy)}@{self._config.domain}"
        request = make_request(
            "MESSAGE",
            wish.to,
            [
                ("From", f"<{sender}>;tag={token(self._entropy, 4)}"),
                ("To", f"<{wish.to}>"),
                ("Call-ID", call_id),
                ("CSeq", "1 MESSAGE"),
                ("Max-Forwards", str(MAX_FORWARDS)),
                ("P-Asserted-Identity", f"<{sender}>"),
                ("Content-Type", wish.content_type),
            ],
            wish.body,
        )

        def found(way: Onward | Denied, at: Micros, to: list[Action]) -> None:
            if isinstance(way, Denied):
                to.append(Report(MessageAnswered(wish.to, way.refusal.status, call_id)))
            else:
                self._start(way, OwnMessage(wish.to, call_id, way.untried), at, to)

        self._inquiries.run(lambda _: readable(self._way(request, wish.to), _NOBODY), found, now, out)

    def _way(self, request: Request, to: Impu) -> Inquiry[Onward | Denied]:
        way = yield from self._routing.deliver(request, public_identity(to), to)
        assert not isinstance(way, Fork), "one phone after the other"
        return way

    def _start(self, onward: Onward, owner: OwnMessage, now: Micros, out: list[Action]) -> None:
        onward.request.push("Via", self._proxy.via())
        self._layer.start(onward.request, self._proxy.flow_to(onward.hop), now, out, owner)
