"""The called end of a call (RFC 3261 §13.3, §9.2, §15.1.2)."""

from typing import Final

from twopair.base import Micros, seconds, token
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import requests
from twopair.nodes.ue.call import Call, On
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.dialog import Dialog
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.sender import sender_of
from twopair.wire.sip import Request, Response, make_response

LONGEST_RING: Final = seconds(180)
"""How long a call rings before it is answered 480; the proxies on the way wait a little longer (timer C)."""


class Called(Call):
    """A call to us: rings until it is taken, cancelled, or has rung long enough.

    Args:
        gm: the UE's side of Gm.
        txn: of the INVITE.
        invite: the INVITE.
        now: the moment.

    Raises:
        WireError: the INVITE cannot make a dialog.
    """

    def __init__(self, gm: Gm, txn: ServerTransaction, invite: Request, now: Micros) -> None:
        super().__init__(gm, invite.call_id, sender_of(invite), ours=False)
        self.tag = token(gm.entropy)
        self.dialog = Dialog.of_called(invite, self.tag)
        self.number = 0
        self._txn = txn
        self._invite = invite
        self._until = Micros(now + LONGEST_RING)
        after = gm.config.answer_after
        self._taken_at = FOREVER if after is None else Micros(now + after)
        self._repeat_at = FOREVER
        self._interval = gm.config.timers.t1
        self._answer: Response | None = None

    def ring(self, now: Micros, out: list[Action]) -> None:
        """Tell the caller, and the user (RFC 3261 §13.3.1.1)."""
        self._respond(180, now, out)
        self.step(On.RINGS, out)

    def take(self, now: Micros, out: list[Action]) -> None:
        """Answer 200; it is repeated until the ACK comes (RFC 3261 §13.3.1.4)."""
        headers = [("Contact", self.gm.profile.contact), ("Content-Type", requests.SDP)]
        self._answer = make_response(
            self._invite, 200, to_tag=self.tag, headers=headers, body=requests.no_media(self.gm)
        )
        self.status = 200
        self._until = Micros(now + self.gm.config.timers.life)
        self._taken_at = FOREVER
        self._say_200(now, out)
        self.step(On.TAKEN, out)

    def refuse(self, status: int, now: Micros, out: list[Action]) -> None:
        """Answer the INVITE with a failure: 487 if cancelled, 603 declined, 480 nobody took it."""
        self.status = status
        self._taken_at = self._until = FOREVER
        self._respond(status, now, out)
        self.step(On.FAILED, out)

    def acknowledged(self, out: list[Action]) -> None:
        """The ACK came, or came again."""
        self._repeat_at = self._until = FOREVER
        if self.may(On.ACKED):
            self.step(On.ACKED, out)

    def hang_up(self, now: Micros, out: list[Action]) -> None:
        """Decline, or BYE."""
        if self.stage is CallStage.RINGING:
            self.refuse(603, now, out)
        else:
            self._repeat_at = self._until = FOREVER
            self.leave(now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Do what is due: take it, repeat the 200, give up."""
        if self.stage is CallStage.RINGING:
            if self._taken_at <= now:
                self.take(now, out)
            elif self._until <= now:
                self.refuse(480, now, out)
        elif self.stage is CallStage.ANSWERED:
            if self._until <= now:  # no ACK: the session is ended (RFC 3261 §13.3.1.4)
                self.hang_up(now, out)
            elif self._repeat_at <= now:
                self._say_200(now, out)

    def next_deadline(self) -> Micros:
        """When `wake` has something to do."""
        return min(self._until, self._taken_at, self._repeat_at)

    def _say_200(self, now: Micros, out: list[Action]) -> None:
        """Each time on the way that is right by then (MSG-06, RRG-09)."""
        assert self._answer is not None, "set when the call is taken"
        self.gm.respond(self._txn, self._answer, now, out)
        self._repeat_at = Micros(now + self._interval)
        self._interval = min(Micros(2 * self._interval), self.gm.config.timers.t2)

    def _respond(self, status: int, now: Micros, out: list[Action]) -> None:
        contact = [("Contact", self.gm.profile.contact)] if status < 300 else []
        response = make_response(self._invite, status, to_tag=self.tag, headers=contact)
        self.gm.respond(self._txn, response, now, out)
