"""Our 200 to an INVITE, on its way until the ACK comes (RFC 3261 §13.3.1.4, §14.2)."""

from twopair.base import Micros
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.gm import Gm
from twopair.wire.sip import Response


class Accepting:
    """Repeats a 200; each time on the way that is right by then (MSG-06, RRG-09).

    Args:
        gm: the UE's side of Gm.
        txn: of the INVITE.
        answer: the 200.
        now: the moment.

    Attributes:
        number: CSeq of the INVITE, and of its ACK.
        until: when to give up.
    """

    def __init__(self, gm: Gm, txn: ServerTransaction, answer: Response, now: Micros) -> None:
        self.number = answer.cseq.number
        self.until = Micros(now + gm.config.timers.life)
        self._gm = gm
        self._txn = txn
        self._answer = answer
        self._repeat_at = FOREVER
        self._interval = gm.config.timers.t1

    def send(self, now: Micros, out: list[Action]) -> None:
        """Send it, and plan the next time."""
        self._gm.respond(self._txn, self._answer, now, out)
        self._repeat_at = Micros(now + self._interval)
        self._interval = min(Micros(2 * self._interval), self._gm.config.timers.t2)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Send it again if that is due."""
        if self._repeat_at <= now < self.until:
            self.send(now, out)

    def next_deadline(self) -> Micros:
        """When there is something to do."""
        return min(self.until, self._repeat_at)
