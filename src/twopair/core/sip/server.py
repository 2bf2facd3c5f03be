"""Server transactions (RFC 3261 §17.2, RFC 6026 §7.1)."""

from typing import TYPE_CHECKING, Any, ClassVar

from twopair.base import Flow, Micros, Send
from twopair.core.sip.client import outcome
from twopair.core.sip.machine import Transaction
from twopair.core.sip.matching import Key
from twopair.core.sip.states import Effect, State, Trigger
from twopair.core.sip.tables import INVITE_SERVER, NON_INVITE_SERVER
from twopair.core.sip.timers import TRYING_AFTER, Timers
from twopair.core.sip.user import Out
from twopair.wire.sip import Request, Response, make_response

if TYPE_CHECKING:
    from twopair.core.sip.layer import TransactionLayer


class ServerTransaction(Transaction):
    """A request of the peer and what we answer; `flow` is the one it came on."""

    __slots__ = ("_to",)

    def __init__(
        self, layer: "TransactionLayer", key: Key, request: Request, flow: Flow, timers: Timers
    ) -> None:
        invite = request.method == "INVITE"
        table, state = (INVITE_SERVER, State.PROCEEDING) if invite else (NON_INVITE_SERVER, State.TRYING)
        Transaction.__init__(self, layer, table, state, key, request, flow, timers)
        self._to = flow

    def begin(self, now: Micros, _out: Out) -> None:
        """Have 100 Trying leave if the user of an INVITE stays silent."""
        if self.state is State.PROCEEDING:
            self._layer.lanes.set(now, TRYING_AFTER, (self, Trigger.SILENCE))

    def respond(self, response: Response, flow: Flow, now: Micros, out: Out) -> None:
        """Answer on the flow that the user picks (MSG-01, MSG-06); repetitions take the same.

        Raises:
            IllegalStep: a response that the state does not allow, such as a final one to an INVITE after
                another.
        """
        self._to = flow
        self.step(outcome(response.status), response, now, out)

    @property
    def answered(self) -> bool:
        """Whether a final response has been sent."""
        return self.state not in (State.TRYING, State.PROCEEDING)

    def _send(self, response: Response, _now: Micros, out: Out) -> None:
        self._last = Send(self._to, response.to_bytes())
        out.append(self._last)

    def _trying(self, _message: object, now: Micros, out: Out) -> None:
        if self._last is None:
            self._send(make_response(self.request, 100), now, out)

    def _pass_ack(self, ack: Request, now: Micros, out: Out) -> None:
        self._layer.user.on_ack(ack, self.flow, now, out)

    def _give_up_later(self, _message: object, now: Micros, _out: Out) -> None:
        self._layer.lanes.set(now, self.timers.timeout, (self, Trigger.TIMEOUT))

    EFFECTS: ClassVar[dict[Effect, Any]] = {
        **Transaction.EFFECTS,
        Effect.SEND: _send,
        Effect.TRYING: _trying,
        Effect.PASS_ACK: _pass_ack,
        Effect.GIVE_UP_LATER: _give_up_later,
    }
