"""S-CSCF as proxy, the doing: requests on, responses back (RFC 3261 §16)."""

from collections import deque
from typing import Final

from twopair.base import Endpoint, Entropy, Flow, Micros, Port, Send, Transport, WireError, seconds, token
from twopair.core.sip import CORE, ClientTransaction, ServerTransaction, TransactionLayer
from twopair.nodes.actions import Action
from twopair.nodes.homenet.borders import Borders
from twopair.nodes.homenet.config import SIP_PORT
from twopair.nodes.homenet.targets import FLOW_FAILED, NOBODY_THERE, NOT_REACHED, Onward, Untried
from twopair.wire.sip import MAGIC, Request, Response, Via, make_request, make_response

TIMER_C: Final = seconds(185)
"""How long an INVITE may ring without a sign of life (RFC 3261 §16.6: more than three minutes)."""

GIVEN_UP: Final = 64 * CORE.t1
"""How long a cancelled INVITE may remain unanswered (RFC 3261 §9.1)."""


class Forwarding:
    """One request between its two transactions; owner of both, and of those on further ways to the same user.

    Args:
        server: where it came from.

    Attributes:
        onward: the flow on which it went on.
        untried: other ways, for where nobody is reached there.
        cancel: what cancels it if it is an INVITE; None for other methods, and once it was sent.
    """

    __slots__ = (
        "asked",
        "back",
        "cancel",
        "given_up",
        "heard",
        "onward",
        "over",
        "server",
        "until",
        "untried",
    )

    def __init__(self, server: ServerTransaction) -> None:
        self.server = server
        self.back = self.onward = answer_flow(server)
        self.untried: Untried | None = None
        self.cancel: Request | None = None
        self.heard = False  # a provisional response came, so that a CANCEL may go
        self.given_up = False  # it is to be cancelled as soon as it may
        self.until: Micros | None = None  # timer C
        self.asked: ClientTransaction | None = None
        self.over = False  # a final response came, or none will


class Proxy:
    """Forwards requests statefully, and ACKs without state.

    Args:
        core: own endpoint.
        entropy: where branches come from.
        layer: the node's transactions.
        borders: where the home network ends.
    """

    def __init__(self, core: Endpoint, entropy: Entropy, layer: TransactionLayer, borders: Borders) -> None:
        self._core = core
        self._entropy = entropy
        self._layer = layer
        self._borders = borders
        self._ringing: deque[tuple[Micros, Forwarding]] = deque()
        self._cancelled: deque[tuple[Micros, Forwarding]] = deque()

    def flow_to(self, hop: Endpoint) -> Flow:
        """The flow to a neighbour: UDP between our ports."""
        return Flow(Transport.UDP, self._core, hop)

    def via(self) -> str:
        """A Via of ours with a branch of its own."""
        return f"SIP/2.0/UDP {self._core};branch={MAGIC}{token(self._entropy)}"

    def forward(self, txn: ServerTransaction, onward: Onward, now: Micros, out: list[Action]) -> None:
        """Send a request on; the responses find their way back through `txn`."""
        txn.owner = forwarding = Forwarding(txn)
        self._send(forwarding, onward, now, out)

    def _send(self, forwarding: Forwarding, way: Onward, now: Micros, out: list[Action]) -> None:
        request = way.request
        request.push("Via", self.via())
        forwarding.onward, forwarding.untried = self.flow_to(way.hop), way.untried
        invite = request.method == "INVITE"
        forwarding.cancel, forwarding.heard = (_cancel_of(request) if invite else None), False
        forwarding.asked = self._layer.start(request, forwarding.onward, now, out, forwarding)
        if invite:
            self._await(forwarding, now)

    def _goes_elsewhere(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> bool:
        """Try the next way to the user, if there is one and the caller still waits (RFC 5626 §7)."""
        untried = forwarding.untried
        if untried is None or forwarding.given_up or forwarding.server.answered:
            return False
        self._send(forwarding, untried.first(), now, out)
        return True

    def forward_ack(self, ack: Request, hop: Endpoint, out: list[Action]) -> None:
        """Send the ACK to a 2xx on; it has no transaction (RFC 3261 §16.11)."""
        ack.push("Via", self.via())
        out.append(Send(self.flow_to(hop), ack.to_bytes()))

    def cancel(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        """Cancel the INVITE onwards, at once or when something is heard of it (RFC 3261 §9.1)."""
        forwarding.given_up = True
        if forwarding.heard and forwarding.cancel is not None:
            cancel, forwarding.cancel = forwarding.cancel, None
            self._layer.start(cancel, forwarding.onward, now, out)

    def on_response(self, forwarding: Forwarding, response: Response, now: Micros, out: list[Action]) -> None:
        """Send a response back, without our Via (RFC 3261 §16.7)."""
        if response.status < 200:
            self._heard(forwarding, now, out)
        elif response.status in NOT_REACHED and self._goes_elsewhere(forwarding, now, out):
            return
        else:
            forwarding.over = True
        if response.status == 100:
            return
        if response.status == FLOW_FAILED:
            self._answer(forwarding, NOBODY_THERE, now, out)
            return
        response.pop_value("Via")
        if response.get("Via") is not None:
            self._borders.cross(response, forwarding.onward.remote, forwarding.back.remote)
            forwarding.server.respond(response, forwarding.back, now, out)

    def on_timeout(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        """No answer came: another way for an INVITE, or 408 (RFC 3261 §16.8; RFC 5626 §7).

        Any other request is let go without one: its sender has given up by itself, at the same time, and
        a late 408 would only be a response to nothing (RFC 4320 §4.2).
        """
        if forwarding.server.method == "INVITE" and self._goes_elsewhere(forwarding, now, out):
            return
        forwarding.over = True
        self._unanswered(forwarding, now, out)

    def _unanswered(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        server = forwarding.server
        if server.answered:
            return
        if server.method != "INVITE":
            server.abandon(now, out)
            return
        self._answer(forwarding, 408, now, out)

    def _answer(self, forwarding: Forwarding, status: int, now: Micros, out: list[Action]) -> None:
        server = forwarding.server
        response = make_response(server.request, status, to_tag=token(self._entropy, 4))
        server.respond(response, forwarding.back, now, out)

    def next_deadline(self) -> Micros | None:
        """When the first timer C may fire, or an INVITE is to be forgotten."""
        return min((waiting[0][0] for waiting in (self._ringing, self._cancelled) if waiting), default=None)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Cancel what has rung too long and answer for it; forget it 64 * T1 later (RFC 3261 §16.8)."""
        while self._ringing and self._ringing[0][0] <= now:
            noted, forwarding = self._ringing.popleft()
            if forwarding.until == noted and not forwarding.over:
                self.cancel(forwarding, now, out)
                self._unanswered(forwarding, now, out)
                self._cancelled.append((Micros(now + GIVEN_UP), forwarding))
        while self._cancelled and self._cancelled[0][0] <= now:
            _, forwarding = self._cancelled.popleft()
            if not forwarding.over and forwarding.asked is not None:
                forwarding.asked.abandon(now, out)

    def _heard(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        forwarding.heard = True
        if forwarding.given_up:
            self.cancel(forwarding, now, out)
        elif forwarding.until is not None:
            self._await(forwarding, now)

    def _await(self, forwarding: Forwarding, now: Micros) -> None:
        forwarding.until = Micros(now + TIMER_C)
        self._ringing.append((forwarding.until, forwarding))


def answer_flow(txn: ServerTransaction) -> Flow:
    """Where responses go: TCP the same connection; UDP the source, at the port in Via (RFC 3261 §18.2.2)."""
    flow = txn.flow
    via = txn.request.top_via
    port = Port(via.port or SIP_PORT)
    if flow.transport.reliable or port == flow.remote.port or _asks_rport(via):
        return flow
    return Flow(flow.transport, flow.local, Endpoint(flow.remote.address, port))


def _asks_rport(via: Via) -> bool:
    """Whether a Via has ``rport`` (RFC 3581); parameters that cannot be read ask for nothing."""
    try:
        return "rport" in via.params
    except WireError:
        return False


def _cancel_of(invite: Request) -> Request:
    """The CANCEL of an INVITE that we send (RFC 3261 §9.1)."""
    headers = [("Via", invite.get("Via") or ""), ("Max-Forwards", "70")]
    headers += [(name, invite.get(name) or "") for name in ("From", "To", "Call-ID")]
    headers += [("CSeq", f"{invite.cseq.number} CANCEL")]
    headers += [("Route", value) for value in invite.get_all("Route")]
    return make_request("CANCEL", invite.uri, headers)
