"""Client transactions (RFC 3261 §17.1, RFC 6026 §7.2)."""

from typing import TYPE_CHECKING, Any, ClassVar

from twopair.base import Flow, Micros, Send
from twopair.core.sip.machine import Transaction
from twopair.core.sip.matching import Key
from twopair.core.sip.states import Effect, State, Trigger
from twopair.core.sip.tables import INVITE_CLIENT, NON_INVITE_CLIENT
from twopair.core.sip.timers import Timers
from twopair.core.sip.user import Out
from twopair.wire.sip import Request, Response, make_request

if TYPE_CHECKING:
    from twopair.core.sip.layer import TransactionLayer


def outcome(status: int) -> Trigger:
    """The trigger that a status is."""
    if status < 200:
        return Trigger.PROVISIONAL
    return Trigger.SUCCESS if status < 300 else Trigger.FAILURE


class ClientTransaction(Transaction):
    """A request of ours and what comes back for it."""

    __slots__ = ("_from",)

    def __init__(
        self, layer: "TransactionLayer", key: Key, request: Request, flow: Flow, timers: Timers, owner: Any
    ) -> None:
        invite = request.method == "INVITE"
        table, state = (INVITE_CLIENT, State.CALLING) if invite else (NON_INVITE_CLIENT, State.TRYING)
        Transaction.__init__(self, layer, table, state, key, request, flow, timers)
        self.owner = owner
        self._from = flow

    def begin(self, now: Micros, out: Out) -> None:
        """Send the request and set the timers."""
        self._last = Send(self.flow, self.request.to_bytes())
        out.append(self._last)
        self.resend_later(None, now, out)
        self._layer.lanes.set(now, self.timers.timeout, (self, Trigger.TIMEOUT))

    def receive(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """Take a response, which may have come on another flow than the request went (MSG-01, MSG-06)."""
        self._from = flow
        self.step(outcome(response.status), response, now, out)

    def longer(self) -> Micros:
        """Timer A doubles without bound (RFC 3261 §17.1.1.2)."""
        return Micros(2 * self._interval) if self.state is State.CALLING else Transaction.longer(self)

    def _pass(self, response: Response, now: Micros, out: Out) -> None:
        self._layer.user.on_response(self, response, self._from, now, out)

    def _failed(self, _message: object, now: Micros, out: Out) -> None:
        self._layer.user.on_timeout(self, now, out)

    def _resend_slowly(self, _message: object, now: Micros, _out: Out) -> None:
        if not self.flow.transport.reliable:
            self._layer.lanes.set(now, self.timers.t2, (self, Trigger.RESEND))

    def _ack(self, response: Response, _now: Micros, out: Out) -> None:
        out.append(Send(self.flow, ack_of(self.request, response).to_bytes()))

    EFFECTS: ClassVar[dict[Effect, Any]] = {
        **Transaction.EFFECTS,
        Effect.PASS: _pass,
        Effect.FAILED: _failed,
        Effect.ACK: _ack,
        Effect.RESEND_SLOWLY: _resend_slowly,
    }


def ack_of(request: Request, response: Response) -> Request:
    """The ACK to a final response other than 2xx (RFC 3261 §17.1.1.3)."""
    headers = [
        ("Via", str(request.top_via)),
        ("Max-Forwards", "70"),
        ("From", request.get("From") or ""),
        ("To", response.get("To") or ""),
        ("Call-ID", request.call_id),
        ("CSeq", f"{request.cseq.number} ACK"),
    ]
    headers += [("Route", route) for route in request.get_all("Route")]
    return make_request("ACK", request.uri, headers)
