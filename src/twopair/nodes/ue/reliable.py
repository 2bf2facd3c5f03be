"""Reliable provisional answers: 183 with our description, 180 once preconditions are met (RFC 3262, 3312).

183 → PRACK → UPDATE, where the caller's resources were not there yet → 180 → PRACK → 200.
"""

from enum import Enum
from typing import Final

from twopair.base import Micros
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.ue import media, requests
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.gm import Gm
from twopair.wire.sip import Request, make_response


class Step(Enum):
    """How far the answers have come."""

    DESCRIBED = "183 sent"
    WAITING = "183 acknowledged, the caller's resources are not there"
    RINGING = "180 sent"
    READY = "180 acknowledged"

    __hash__ = object.__hash__


class Reliable:
    """What a call to us is answered before it is taken.

    Args:
        gm: of this UE.
        txn: of the INVITE.
        invite: the INVITE, which has an offer.
        tag: of To in our answers.

    Attributes:
        step: how far it is.
        until: when an answer that nobody has acknowledged is given up.
    """

    def __init__(self, gm: Gm, txn: ServerTransaction, invite: Request, tag: str) -> None:
        self._gm = gm
        self._txn = txn
        self._invite = invite
        self._tag = tag
        self._rseq = 1 + gm.entropy.below(1 << 16)
        self._status, self._body = 183, b""
        self._repeat_at = self.until = FOREVER
        self._interval = gm.config.timers.t1
        self.step = Step.DESCRIBED

    def begin(self, now: Micros, out: list[Action]) -> None:
        """183 with our description."""
        self._body = media.answer_to(self._gm, 1, self._invite.body)
        self._begin(183, now, out)

    def acknowledged(self, prack: Request, now: Micros, out: list[Action]) -> bool:
        """PRACK came; whether it acknowledges what we have sent (RFC 3262 §3)."""
        words = (prack.get("RAck") or "").split()
        if words != [str(self._rseq), str(self._invite.cseq.number), "INVITE"] or self.until == FOREVER:
            return False
        self._repeat_at = self.until = FOREVER
        if self.step is Step.RINGING:
            self.step = Step.READY
        else:
            self.step = Step.WAITING
            stream = media.stream_in(self._invite.body)
            if stream is None or media.ready(stream) is not False:
                self.ring(now, out)
        return True

    def ring(self, now: Micros, out: list[Action]) -> None:
        """180: the caller's resources are there."""
        self.step, self._rseq, self._body = Step.RINGING, self._rseq + 1, b""
        self._begin(180, now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Repeat what is not acknowledged (RFC 3262 §3)."""
        if self._repeat_at <= now < self.until:
            self._send(now, out)

    def next_deadline(self) -> Micros:
        """When there is something to do."""
        return min(self._repeat_at, self.until)

    def stop(self) -> None:
        """Nothing is repeated any more: the INVITE has its final answer."""
        self._repeat_at = self.until = FOREVER

    def _begin(self, status: int, now: Micros, out: list[Action]) -> None:
        self._status = status
        self._interval = self._gm.config.timers.t1
        self.until = Micros(now + self._gm.config.timers.life)
        self._send(now, out)

    def _send(self, now: Micros, out: list[Action]) -> None:
        gm = self._gm
        headers = [("Contact", gm.profile.contact), *able(gm.config), ("Require", "100rel")]
        headers.append(("RSeq", str(self._rseq)))
        if self._body:
            headers.append(("Content-Type", requests.SDP))
        response = make_response(
            self._invite, self._status, to_tag=self._tag, headers=headers, body=self._body
        )
        gm.respond(self._txn, response, now, out)
        self._repeat_at = Micros(now + self._interval)
        self._interval = Micros(2 * self._interval)


OPTION: Final = "100rel"


def wants(invite: Request) -> bool:
    """Whether a caller takes reliable answers, and has made an offer that we can answer in one."""
    tags = {tag.lower() for tag in invite.values("Supported") + invite.values("Require")}
    return OPTION in tags and media.stream_in(invite.body) is not None
