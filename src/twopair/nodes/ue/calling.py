"""The caller's end of a call (RFC 3261 §13.2, §9.1)."""

from twopair.base import Flow, Micros, Send, Transport, WireError
from twopair.core.sip import ClientTransaction, Trouble
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import requests
from twopair.nodes.ue.call import Call, On
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.dialog import Dialog
from twopair.nodes.ue.gm import Asker, Gm
from twopair.wire.sip import Request, Response


class Calling(Call, Asker):
    """A call of ours; waits for the answer to its INVITE.

    Args:
        gm: the UE's side of Gm.
        invite: what asks for it.
        to: whom.
    """

    def __init__(self, gm: Gm, invite: Request, to: str) -> None:
        super().__init__(gm, invite.call_id, to, ours=True)
        self._cancel = requests.cancel(invite)
        self._cancelled = False
        self._given_up_at = FOREVER
        self._asked: ClientTransaction | None = None

    def ask(self, invite: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Send the INVITE, and tell the user."""
        self.tell(out)
        self._asked = self.gm.ask(invite, flow, self, now, out)

    def resent(self, txn: ClientTransaction) -> None:
        """It went over UDP, in another transaction, which is the one to cancel (PCS-26)."""
        self._asked = txn
        self._cancel = requests.cancel(txn.request)

    def progressed(self, status: int, now: Micros, out: list[Action]) -> None:
        """It rings; a CANCEL that had to wait for this goes now (RFC 3261 §9.1)."""
        if self.stage is CallStage.ENDING:
            self._send_cancel(now, out)
        elif status > 100:
            self.step(On.RINGS, out)

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Acknowledge a 2xx, each time it comes, over the set in use by then (RFC 3261 §13.2.2.4)."""
        if response.status >= 300:
            self._failed(response.status, out)
            return
        if self.dialog is None:
            self.status = response.status
            try:
                self.dialog = Dialog.of_caller(response)
            except WireError:
                self._failed(response.status, out)
                return
            left = self.stage is CallStage.ENDING
            self.step(On.ACCEPTED, out)
            self._acknowledge(flow.transport, out)
            if left:
                self.request("BYE", now, out)
            return
        self._acknowledge(flow.transport, out)

    def unanswered(self, _trouble: Trouble, _now: Micros, out: list[Action]) -> None:
        """No final response came (RFC 3261 §8.1.3.1)."""
        self._failed(408, out)

    def hang_up(self, now: Micros, out: list[Action]) -> None:
        """BYE if it was answered, else CANCEL, which waits until something was heard."""
        if self.dialog is not None:
            self.leave(now, out)
            return
        rings = self.stage is CallStage.RINGING
        self.step(On.LEFT, out)
        self._given_up_at = Micros(now + 64 * self.gm.config.timers.t1)
        if rings:
            self._send_cancel(now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Nobody has answered since our user hung up: the INVITE is forgotten (RFC 3261 §9.1)."""
        if self._given_up_at <= now:
            self._given_up_at = FOREVER
            if self._asked is not None and self.dialog is None and self.stage is CallStage.ENDING:
                self._asked.abandon(now, out)

    def next_deadline(self) -> Micros:
        """When to forget an INVITE that our user has given up."""
        return self._given_up_at

    def _failed(self, status: int, out: list[Action]) -> None:
        if self.may(On.FAILED):
            self.status = status
            self.step(On.FAILED, out)

    def _acknowledge(self, transport: Transport, out: list[Action]) -> None:
        live, dialog, gm = self.gm.sets.in_use, self.dialog, self.gm
        if live is None or dialog is None:
            return
        ack = requests.within(gm, dialog, live, "ACK", 1)
        flow = gm.fit(ack, live, transport)
        gm.streams.ensure(flow, out)
        out.append(Send(flow, ack.to_bytes()))

    def _send_cancel(self, now: Micros, out: list[Action]) -> None:
        live = self.gm.sets.in_use
        if live is not None and not self._cancelled:
            self._cancelled = True
            transport = Transport(self._cancel.top_via.transport.upper())
            self.gm.ask(self._cancel, live.flow(transport), Unheeded(), now, out)


class Unheeded(Asker):
    """Whose answer tells nothing: that of CANCEL; the INVITE itself is answered 487."""

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """No news."""

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No news."""
