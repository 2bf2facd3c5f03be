"""The caller's end of a call (RFC 3261 §13.2, §9.1)."""

from typing import Final

from twopair.base import Flow, Micros, Transport, WireError, seconds
from twopair.core.sip import ClientTransaction, Trouble
from twopair.core.sip.dialog import Dialog
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import requests
from twopair.nodes.ue.call import Call, On
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.early import Earlies
from twopair.nodes.ue.extensions import missing
from twopair.nodes.ue.gm import Asker, ForSize, Gm
from twopair.nodes.ue.intervals import Interval, granted_by
from twopair.nodes.ue.refreshing import agree
from twopair.nodes.ue.registration import delta_seconds
from twopair.nodes.ue.within import UNHEEDED
from twopair.wire.sip import Request, Response

LONGEST_CALL: Final = seconds(240)
"""How long to wait for somebody to answer: longer than a call rings, and than proxies let it (timer C)."""


class Calling(Call, Asker):
    """A call of ours; waits for the answer to its INVITE.

    Args:
        gm: the UE's side of Gm.
        invite: what asks for it.
        to: whom.
    """

    def __init__(self, gm: Gm, invite: Request, to: str) -> None:
        super().__init__(gm, invite.call_id, to, ours=True)
        self._invite = invite.copy()
        self._for_size = False
        self._heard = False
        self._cancelled = False
        self._until = FOREVER
        self._given_up_at = FOREVER
        self._asked: ClientTransaction | None = None
        if gm.config.preconditions:
            self.early = Earlies(self)

    def ask(self, invite: Request, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Send the INVITE, and tell the user."""
        self.tell(out)
        self._until = Micros(now + LONGEST_CALL)
        self._for_size = isinstance(flow, ForSize)
        self._asked = self.gm.ask(invite, flow, self, now, out)

    def resent(self, txn: ClientTransaction) -> None:
        """It went over UDP, in another transaction, which is the one to cancel (PCS-26)."""
        self._asked = txn
        self._invite = txn.request.copy()

    def progressed(self, response: Response, now: Micros, out: list[Action]) -> None:
        """It rings; a CANCEL that had to wait for this goes now (RFC 3261 §9.1)."""
        self._heard = True
        self.hear(now)
        if self.stage is CallStage.ENDING:
            self._send_cancel(now, out)
        elif response.status > 100 and self.may(On.RINGS):
            if self.early is not None:
                self.early.take(response, now, out)
            self.step(On.RINGS, out)

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """Acknowledge a 2xx, each time it comes; after 422 ask for a longer interval (RFC 4028 §7.3)."""
        if response.status >= 300:
            if response.status != 422 or not self._asked_again(response, now, out):
                self.detail = missing(response)
                self._failed(response.status, out)
            return
        if self.dialog is None and not self._accepted(response, now, out):
            return
        self.acknowledge(response.cseq.number, flow.transport, out)
        if self._given_up_at != FOREVER:  # the 200 crossed our CANCEL: its first copy is followed by BYE
            self._given_up_at = FOREVER
            self.bye(now, out)

    def unanswered(self, _trouble: Trouble, _now: Micros, out: list[Action]) -> None:
        """No final response came (RFC 3261 §8.1.3.1)."""
        self._failed(408, out)

    def hang_up(self, now: Micros, out: list[Action]) -> None:
        """BYE if it was answered, else CANCEL, which waits until something was heard."""
        if self.dialog is not None:
            self.leave(now, out)
            return
        self.step(On.LEFT, out)
        self._given_up_at = Micros(now + 64 * self.gm.config.timers.t1)
        if self._heard:
            self._send_cancel(now, out)

    def abandon(self, now: Micros, out: list[Action]) -> None:
        """Wait for nothing any more: neither for an answer to the CANCEL nor for something to cancel."""
        if self.stage is CallStage.ENDING and self.dialog is None and self._asked is not None:
            self._given_up_at = FOREVER
            self._asked.abandon(now, out)
        elif self.stage is CallStage.ENDING:
            super().abandon(now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Give up a call that nobody answers, and forget an INVITE after that (RFC 3261 §9.1).

        An INVITE has no timer of its own once something was heard of it (RFC 3261 §17.1.1.2).
        """
        super().wake(now, out)
        if self._until <= now:
            self._until = FOREVER
            if self.dialog is None and self.may(On.LEFT):
                self.hang_up(now, out)
        if self._given_up_at <= now:
            self.abandon(now, out)

    def next_deadline(self) -> Micros:
        """When to give up, or to forget an INVITE that was given up."""
        until = self._until if self.dialog is None else FOREVER
        return min(until, self._given_up_at, super().next_deadline())

    def lose(self, why: str, now: Micros, out: list[Action]) -> None:
        """The INVITE goes with the call, where it is still open."""
        super().lose(why, now, out)
        if self.dialog is None and self._asked is not None:
            self._asked.abandon(now, out)

    def _accepted(self, response: Response, now: Micros, out: list[Action]) -> bool:
        """The first 2xx makes the dialog and begins the session; whether it can."""
        self.status = response.status
        try:
            self.dialog = Dialog.of_caller(response)
        except WireError:
            self._failed(response.status, out)
            return False
        self.number = max(self.number, response.cseq.number)
        self.learn(response)
        self.hear(now)
        agree(self, granted_by(response), now, we_asked=True)
        self.step(On.ACCEPTED, out)
        return True

    def _asked_again(self, response: Response, now: Micros, out: list[Action]) -> bool:
        """Whether the call was asked for again, which each larger Min-SE is worth."""
        least, live = delta_seconds(response.get("Min-SE"), 0), self.gm.sets.in_use
        asked_s = Interval.of(self._invite).expires_s or 0
        wanted = self.stage in (CallStage.CALLING, CallStage.RINGING)
        if not wanted or live is None or least <= asked_s:
            return False
        self.session.least_s = least
        again = requests.invite_again(self.gm, self._invite, live, least, least)
        self._invite, self._heard = again.copy(), False
        flow = live.flow(Transport(again.top_via.transport.upper()))
        self._asked = self.gm.ask(again, ForSize(*flow) if self._for_size else flow, self, now, out)
        return True

    def _failed(self, status: int, out: list[Action]) -> None:
        if self.may(On.FAILED):
            self.status = status
            self._given_up_at = FOREVER
            self.step(On.FAILED, out)

    def _send_cancel(self, now: Micros, out: list[Action]) -> None:
        live = self.gm.sets.in_use
        if live is not None and not self._cancelled:
            self._cancelled = True
            cancel = requests.cancel(self._invite)
            transport = Transport(cancel.top_via.transport.upper())
            self.gm.ask(cancel, live.flow(transport), UNHEEDED, now, out)
