"""S-CSCF as proxy, the doing: requests on, responses back (RFC 3261 §16)."""

from collections import deque
from collections.abc import Callable
from typing import Final

from twopair.base import Endpoint, Entropy, Flow, Micros, Port, Send, Transport, WireError, seconds, token
from twopair.core.service import DefaultHandling
from twopair.core.sip import CORE, ServerTransaction, TransactionLayer
from twopair.nodes.actions import Action
from twopair.nodes.homenet.borders import Borders
from twopair.nodes.homenet.chains import Chains
from twopair.nodes.homenet.config import SIP_PORT
from twopair.nodes.homenet.forwarding import Best, Branch, Forwarding
from twopair.nodes.homenet.targets import NOT_REACHED, Fork, Onward
from twopair.wire.sip import MAGIC, Request, Response, Via, make_request, make_response

TIMER_C: Final = seconds(185)
"""How long an INVITE may ring without a sign of life (RFC 3261 §16.6: more than three minutes)."""

SERVER_WAIT: Final = seconds(5)
"""How long an application server may say nothing at all (24.229 §5.4.3.2: by policy of the operator)."""

GIVEN_UP: Final = 64 * CORE.t1
"""How long a cancelled INVITE may remain unanswered (RFC 3261 §9.1)."""


def _by_itself(_branch: Branch, _now: Micros, _out: list[Action]) -> bool:
    return False


class Proxy:
    """Forwards requests statefully, to one or several phones, and ACKs without state.

    Args:
        core: own endpoint.
        entropy: where branches come from.
        layer: the node's transactions.
        borders: where the home network ends.
        chains: what is on its way through services.

    Attributes:
        without_server: asked to go on where an application server has failed; gives whether it does.
    """

    def __init__(
        self, core: Endpoint, entropy: Entropy, layer: TransactionLayer, borders: Borders, chains: Chains
    ) -> None:  # fmt: skip
        self._core = core
        self._entropy = entropy
        self._layer = layer
        self._borders = borders
        self._chains = chains
        self.without_server: Callable[[Branch, Micros, list[Action]], bool] = _by_itself
        self._ringing: deque[tuple[Micros, Branch]] = deque()
        self._serving: deque[tuple[Micros, Branch]] = deque()
        self._cancelled: deque[tuple[Micros, Branch]] = deque()

    def flow_to(self, hop: Endpoint) -> Flow:
        """The flow to a neighbour: UDP between our ports."""
        return Flow(Transport.UDP, self._core, hop)

    def via(self) -> str:
        """A Via of ours with a branch of its own."""
        return f"SIP/2.0/UDP {self._core};branch={MAGIC}{token(self._entropy)}"

    def forward(self, txn: ServerTransaction, ways: Onward | Fork, now: Micros, out: list[Action]) -> None:
        """Send a request on; the responses find their way back through `txn`."""
        first, later = ((ways,), ()) if isinstance(ways, Onward) else (ways.groups[0], ways.groups[1:])
        txn.owner = forwarding = Forwarding(txn, answer_flow(txn), later)
        for way in first:
            self._branch(forwarding, way, now, out)

    def resume(self, forwarding: Forwarding, ways: Onward | Fork, now: Micros, out: list[Action]) -> None:
        """Send a request on another way after the one to an application server has failed."""
        if forwarding.given_up or forwarding.server.answered:
            return
        if isinstance(ways, Fork):
            forwarding.later = ways.groups[1:]
        for way in (ways,) if isinstance(ways, Onward) else ways.groups[0]:
            self._branch(forwarding, way, now, out)

    def _branch(self, forwarding: Forwarding, way: Onward, now: Micros, out: list[Action]) -> None:
        branch = Branch(forwarding, way, self.flow_to(way.hop))
        forwarding.branches.append(branch)
        self._send(branch, way, now, out)

    def _send(self, branch: Branch, way: Onward, now: Micros, out: list[Action]) -> None:
        request = way.request
        request.push("Via", self.via())
        branch.onward, branch.untried = self.flow_to(way.hop), way.untried
        invite = request.method == "INVITE"
        branch.cancel = _cancel_of(request) if invite else None
        branch.heard = branch.closed = False
        branch.asked = self._layer.start(request, branch.onward, now, out, branch)
        if invite:
            self._await(branch, now)
        if branch.service:
            self._serving.append((Micros(now + SERVER_WAIT), branch))

    def _goes_elsewhere(self, branch: Branch, now: Micros, out: list[Action]) -> bool:
        """Try the next way to the phone, if there is one and the caller still waits (RFC 5626 §7)."""
        untried, forwarding = branch.untried, branch.forwarding
        if untried is None or branch.cancelled or forwarding.server.answered:
            return False
        self._send(branch, untried.first(), now, out)
        return True

    def forward_ack(self, ack: Request, hop: Endpoint, out: list[Action]) -> None:
        """Send the ACK to a 2xx on; it has no transaction (RFC 3261 §16.11)."""
        ack.push("Via", self.via())
        out.append(Send(self.flow_to(hop), ack.to_bytes()))

    def cancel(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        """Cancel the INVITE onwards, wherever it rings (RFC 3261 §16.10)."""
        forwarding.given_up = True
        self._cancel_all(forwarding, now, out)

    def _cancel_all(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        forwarding.later = ()
        for branch in forwarding.branches:
            if not branch.over:
                self._cancel(branch, now, out)

    def _cancel(self, branch: Branch, now: Micros, out: list[Action]) -> None:
        """At once, or when something is heard of it (RFC 3261 §9.1)."""
        branch.cancelled = True
        if branch.heard and branch.cancel is not None:
            cancel, branch.cancel = branch.cancel, None
            self._layer.start(cancel, branch.onward, now, out)

    def on_response(self, branch: Branch, response: Response, now: Micros, out: list[Action]) -> None:
        """Send a response back, without our Via, or keep it until the best is known (RFC 3261 §16.7)."""
        forwarding = branch.forwarding
        status = response.status
        if status < 200:
            self._heard(branch, now, out)
            if status > 100 and not forwarding.settled:
                branch.told = True
                self._back(forwarding, response, branch.onward, now, out)
            return
        branch.closed = True
        if status < 300:
            branch.over = forwarding.settled = True
            self._back(forwarding, response, branch.onward, now, out)
            self._cancel_all(forwarding, now, out)
        elif not branch.over and not self._goes_on(branch, status, now, out):
            self._failed(branch, Best(status, response, branch.onward), now, out)

    def on_timeout(self, branch: Branch, now: Micros, out: list[Action]) -> None:
        """No answer came: another way for an INVITE, or 408 (RFC 3261 §16.8; RFC 5626 §7).

        Any other request is let go without one: its sender has given up by itself, at the same time, and
        a late 408 would only be a response to nothing (RFC 4320 §4.2).
        """
        branch.closed = True
        if branch.over:
            return
        invite = branch.forwarding.server.method == "INVITE"
        if (invite or branch.service) and self._goes_on(branch, 408, now, out):
            return
        self._failed(branch, Best(408, None, branch.onward) if invite else None, now, out)

    def _goes_on(self, branch: Branch, status: int, now: Micros, out: list[Action]) -> bool:
        """Whether there is something else to try after a failure, which is then under way."""
        if status in NOT_REACHED and self._goes_elsewhere(branch, now, out):
            return True
        forwarding = branch.forwarding
        chain = self._chains.get(branch.service)
        if chain is None or chain.came_back or branch.cancelled or branch.told or forwarding.server.answered:
            return False
        if chain.handling is not DefaultHandling.CONTINUED or (status != 408 and status // 100 != 5):
            return False
        if not self.without_server(branch, now, out):
            return False
        branch.over = True
        return True

    def _failed(self, branch: Branch, answer: Best | None, now: Micros, out: list[Action]) -> None:
        """A branch has ended without success; with the last one ends the request."""
        forwarding = branch.forwarding
        branch.over = True
        if answer is not None:
            forwarding.consider(answer)
            if answer.status >= 600:  # declined for everybody (RFC 3261 §16.7 step 5)
                self._cancel_all(forwarding, now, out)
        if forwarding.waits:
            return
        if forwarding.later:
            group, forwarding.later = forwarding.later[0], forwarding.later[1:]
            for way in group:
                self._branch(forwarding, way, now, out)
            return
        self._answer_best(forwarding, now, out)

    def _answer_best(self, forwarding: Forwarding, now: Micros, out: list[Action]) -> None:
        server, best = forwarding.server, forwarding.best
        if best is not None and best.response is not None:
            self._back(forwarding, best.response, best.came_on, now, out)
        elif server.answered:
            return
        elif best is None and server.method != "INVITE":
            server.abandon(now, out)
        else:
            self.answer(forwarding, 408 if best is None else best.status, now, out)

    def _back(
        self, forwarding: Forwarding, response: Response, came_on: Flow, now: Micros, out: list[Action]
    ) -> None:
        response.pop_value("Via")
        if response.get("Via") is not None:
            self._borders.cross(response, came_on.remote, forwarding.back.remote)
            forwarding.server.respond(response, forwarding.back, now, out)

    def answer(self, forwarding: Forwarding, status: int, now: Micros, out: list[Action]) -> None:
        """Answer a request ourselves that has been sent on."""
        server = forwarding.server
        response = make_response(server.request, status, to_tag=token(self._entropy, 4))
        server.respond(response, forwarding.back, now, out)

    def next_deadline(self) -> Micros | None:
        """When the first timer C may fire, a server be given up, or an INVITE is to be forgotten."""
        queues = (self._ringing, self._serving, self._cancelled)
        return min((waiting[0][0] for waiting in queues if waiting), default=None)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Cancel what has rung too long and answer for it; forget it 64 * T1 later (RFC 3261 §16.8)."""
        while self._serving and self._serving[0][0] <= now:
            _, branch = self._serving.popleft()
            if not (branch.heard or branch.over or self._chains.has_come_back(branch.service)):
                self._abandon(branch, now, out)
        while self._ringing and self._ringing[0][0] <= now:
            noted, branch = self._ringing.popleft()
            if branch.until == noted and not branch.closed:
                self._cancel(branch, now, out)
                self._cancelled.append((Micros(now + GIVEN_UP), branch))
                if not branch.over:
                    self._failed(branch, Best(408, None, branch.onward), now, out)
        while self._cancelled and self._cancelled[0][0] <= now:
            _, branch = self._cancelled.popleft()
            self._abandon(branch, now, out)

    @staticmethod
    def _abandon(branch: Branch, now: Micros, out: list[Action]) -> None:
        if not branch.closed and branch.asked is not None:
            branch.asked.abandon(now, out)

    def _heard(self, branch: Branch, now: Micros, out: list[Action]) -> None:
        branch.heard = True
        if branch.cancelled:
            self._cancel(branch, now, out)
        elif branch.until is not None:
            self._await(branch, now)

    def _await(self, branch: Branch, now: Micros) -> None:
        branch.until = Micros(now + TIMER_C)
        self._ringing.append((branch.until, branch))


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
