"""The called end of a call (RFC 3261 §13.3, §9.2, §15.1.2)."""

from typing import Final

from twopair.base import Micros, seconds, token
from twopair.core.sip import ServerTransaction
from twopair.core.sip.dialog import Dialog
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import media, requests
from twopair.nodes.ue.accepting import Accepting
from twopair.nodes.ue.call import Call, On
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.intervals import UAC, Interval, grant
from twopair.nodes.ue.refreshed import begin
from twopair.nodes.ue.reliable import Reliable, Step, wants
from twopair.nodes.ue.sender import sender_of
from twopair.wire.sip import Request, make_response

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
        self.interval = Interval.of(invite)
        self.number = 0
        self.learn(invite)
        self.hear(now)
        self._txn = txn
        self._invite = invite
        self._until = Micros(now + LONGEST_RING)
        after = gm.config.answer_after
        self._taken_at = FOREVER if after is None else Micros(now + after)
        self._wanted = False
        self._reliable: Reliable | None = None
        if gm.config.preconditions and wants(invite):
            self._reliable = Reliable(gm, txn, invite, self.tag)

    @property
    def described(self) -> bool:
        """Whether a 183 of ours was acknowledged."""
        return self._reliable is not None and self._reliable.step is not Step.DESCRIBED

    def ring(self, now: Micros, out: list[Action]) -> None:
        """Tell the caller, and the user (RFC 3261 §13.3.1.1)."""
        if self._reliable is not None:
            self._reliable.begin(now, out)
        else:
            self._respond(180, now, out)
        self.step(On.RINGS, out)

    def acknowledges(self, prack: Request, now: Micros, out: list[Action]) -> bool:
        """Whether a PRACK is for an answer of ours; a call that waited for it is taken."""
        reliable = self._reliable
        if reliable is None or not reliable.acknowledged(prack, now, out):
            return False
        if self._wanted and self.may(On.TAKEN):
            self.take(now, out)
        return True

    def updated(self, now: Micros, out: list[Action]) -> None:
        """The caller has told of its resources: where they are there, it rings."""
        reliable, stream = self._reliable, media.stream_in(self.theirs)
        if reliable is not None and reliable.step is Step.WAITING and stream and media.ready(stream):
            reliable.ring(now, out)

    def take(self, now: Micros, out: list[Action]) -> None:
        """Answer 200, which is repeated until the ACK comes (RFC 3261 §13.3.1.4); the session begins.

        The caller is to refresh it where it can (RFC 4028 §9). What is reliable is acknowledged before.
        """
        reliable = self._reliable
        if reliable is not None and reliable.step is not Step.READY:
            self._wanted, self._taken_at = True, FOREVER
            return
        granted = grant(self.interval, self.gm.config, UAC)
        headers = [("Contact", self.gm.profile.contact), *able(self.gm.config)]
        headers += granted.lines(self.interval) if granted else []
        body = b"" if reliable is not None else requests.no_media(self.gm)  # the 183 has answered the offer
        headers += [("Content-Type", requests.SDP)] if body else []
        answer = make_response(self._invite, 200, to_tag=self.tag, headers=headers, body=body)
        self.status = 200
        self._taken_at = self._until = FOREVER
        self.accepting = Accepting(self.gm, self._txn, answer, now)
        self.accepting.send(now, out)
        begin(self, granted, now)
        self.step(On.TAKEN, out)

    def refuse(self, status: int, now: Micros, out: list[Action]) -> None:
        """Answer the INVITE with a failure: 487 if cancelled, 603 declined, 480 nobody took it."""
        self.status = status
        self._taken_at = self._until = FOREVER
        if self._reliable is not None:
            self._reliable.stop()
        self._respond(status, now, out)
        self.step(On.FAILED, out)

    def hang_up(self, now: Micros, out: list[Action]) -> None:
        """Decline, or BYE."""
        if self.stage is CallStage.RINGING:
            self.refuse(603, now, out)
        else:
            self.leave(now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Do what is due: take it, repeat the 200, give up."""
        super().wake(now, out)
        if self.stage is CallStage.RINGING:
            if self._reliable is not None:
                self._reliable.wake(now, out)
            if self._reliable is not None and self._reliable.until <= now:
                self.refuse(504, now, out)  # RFC 3262 §3
            elif self._taken_at <= now:
                self.take(now, out)
            elif self._until <= now:
                self.refuse(480, now, out)

    def next_deadline(self) -> Micros:
        """When `wake` has something to do."""
        reliable = FOREVER if self._reliable is None else self._reliable.next_deadline()
        return min(self._until, self._taken_at, reliable, super().next_deadline())

    def lose(self, why: str, now: Micros, out: list[Action]) -> None:
        """An INVITE that is still open is answered, in case somebody hears."""
        rang = self.stage is CallStage.RINGING
        self.status = 480 if rang else self.status
        super().lose(why, now, out)
        if rang:
            self._respond(480, now, out)

    def _respond(self, status: int, now: Micros, out: list[Action]) -> None:
        contact = [("Contact", self.gm.profile.contact)] if status < 300 else []
        response = make_response(self._invite, status, to_tag=self.tag, headers=contact)
        self.gm.respond(self._txn, response, now, out)
