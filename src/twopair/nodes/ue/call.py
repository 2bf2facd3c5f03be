"""A call, as both ends know it: its table, and requests within its dialog (RFC 3261 §12, §13, §15).

Signalling only: the session description names a stream that nobody uses. What a call is for here is
that it lives on while SA sets come and go (RRG-01, RRG-07..RRG-10).
"""

from enum import Enum
from typing import TYPE_CHECKING, Final

from twopair.base import SECOND, IllegalStep, Micros, Report, Send, Transport
from twopair.core.sip import ClientTransaction
from twopair.core.sip.dialog import Dialog
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallChanged, CallStage, Lost
from twopair.nodes.ue import requests
from twopair.nodes.ue.accepting import Accepting
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.gm import Asker, Gm
from twopair.nodes.ue.session import Session
from twopair.nodes.ue.within import UNHEEDED, Within
from twopair.wire.sip import Message, Request, Response

if TYPE_CHECKING:
    from twopair.nodes.ue.early import Earlies
    from twopair.nodes.ue.refreshing import Refresh


class On(Enum):
    """What can happen to a call."""

    RINGS = "180 sent or received"
    TAKEN = "the user called takes it: 200 sent"
    ACCEPTED = "2xx received, ACK sent"
    ACKED = "ACK received"
    FAILED = "final failure sent or received, or nothing came"
    LEFT = "our user hangs up: CANCEL or BYE sent"
    OVER = "BYE received, or ours answered"
    LOST = "the other end is heard of no more"

    __hash__ = object.__hash__


_S = CallStage
TABLE: Final[dict[tuple[CallStage, On], tuple[CallStage, str]]] = {
    (_S.CALLING, On.RINGS): (_S.RINGING, "RFC 3261 §13.2.2.1, §13.3.1.1"),
    (_S.CALLING, On.ACCEPTED): (_S.UP, "RFC 3261 §13.2.2.4"),
    (_S.CALLING, On.FAILED): (_S.ENDED, "RFC 3261 §13.2.2.3"),
    (_S.CALLING, On.LEFT): (_S.ENDING, "RFC 3261 §9.1"),
    (_S.CALLING, On.LOST): (_S.ENDED, "24.229 §5.1.1.2.1: MGU-10"),
    (_S.RINGING, On.RINGS): (_S.RINGING, "RFC 3261 §13.2.2.1"),
    (_S.RINGING, On.TAKEN): (_S.ANSWERED, "RFC 3261 §13.3.1.4"),
    (_S.RINGING, On.ACCEPTED): (_S.UP, "RFC 3261 §13.2.2.4"),
    (_S.RINGING, On.FAILED): (_S.ENDED, "RFC 3261 §9.2, §13.2.2.3, §13.3.1.3"),
    (_S.RINGING, On.LEFT): (_S.ENDING, "RFC 3261 §9.1"),
    (_S.RINGING, On.LOST): (_S.ENDED, "24.229 §5.1.1.2.1: MGU-10"),
    (_S.ANSWERED, On.ACKED): (_S.UP, "RFC 3261 §13.3.1.4"),
    (_S.ANSWERED, On.LEFT): (_S.ENDING, "RFC 3261 §13.3.1.4, §15"),
    (_S.ANSWERED, On.OVER): (_S.ENDED, "RFC 3261 §15.1.2"),
    (_S.ANSWERED, On.LOST): (_S.ENDED, "RFC 4028 §10"),
    (_S.UP, On.LEFT): (_S.ENDING, "RFC 3261 §15.1.1"),
    (_S.UP, On.OVER): (_S.ENDED, "RFC 3261 §15.1.2"),
    (_S.UP, On.LOST): (_S.ENDED, "RFC 3261 §12.2.1.2; RFC 4028 §10"),
    (_S.ENDING, On.ACCEPTED): (_S.ENDING, "RFC 3261 §15: the 200 crossed our CANCEL, BYE follows"),
    (_S.ENDING, On.FAILED): (_S.ENDED, "RFC 3261 §9.1"),
    (_S.ENDING, On.OVER): (_S.ENDED, "RFC 3261 §15.1"),
    (_S.ENDING, On.LOST): (_S.ENDED, "RFC 3261 §15.1.1: BYE without an answer"),
}
"""How a call moves; a step without a row is one to leave out."""


class Call:
    """What caller and called have in common.

    Args:
        gm: the UE's side of Gm.
        call_id: Call-ID.
        peer: who is at the other end.
        ours: whether it is we who call.

    Attributes:
        stage: how far it has come.
        status: of the final response to the INVITE, 0 before it.
        detail: what a 420 or 421 among them names.
        lost: how it was lost, None if it was not.
        dialog: once there is a 2xx.
        number: CSeq of our latest request.
        session: its session timer.
        updates: whether the peer takes UPDATE (RFC 3311).
        theirs: the peer's session description, as it came.
        accepting: our 200 to an INVITE while its ACK has not come.
        refreshing: a refresh of ours that is not answered.
        early: dialogs of a call of ours before it is answered; None where reliable answers are not asked for.
        version: of our latest session description (RFC 3264 §8).
    """

    def __init__(self, gm: Gm, call_id: str, peer: str, *, ours: bool) -> None:
        self.gm = gm
        self.call_id = call_id
        self.peer = peer
        self.ours = ours
        self.stage = CallStage.CALLING
        self.status = 0
        self.detail = ""
        self.lost: Lost | None = None
        self.dialog: Dialog | None = None
        self.number = 1
        self.session = Session()
        self.updates = False
        self.theirs = b""
        self.accepting: Accepting | None = None
        self.refreshing: Refresh | None = None
        self.early: Earlies | None = None
        self.version = 1
        self._heard_at: Micros | None = None

    @property
    def described(self) -> bool:
        """Whether a provisional answer of ours was an answer to the offer, so that others may follow."""
        return False

    def may(self, on: On) -> bool:
        """Whether the table has a row for it now."""
        return (self.stage, on) in TABLE

    def step(self, on: On, out: list[Action]) -> None:
        """Take one step, and report the stage.

        Raises:
            IllegalStep: TABLE has no such row.
        """
        row = TABLE.get((self.stage, on))
        if row is None:
            raise IllegalStep(f"call: {on.name} while {self.stage.name}")
        self.stage = row[0]
        self.tell(out)

    def tell(self, out: list[Action]) -> None:
        """Report the stage."""
        fact = CallChanged(
            self.call_id, self.stage, self.status, self.peer, self.ours, self.lost, self.detail
        )
        out.append(Report(fact))

    def hear(self, now: Micros) -> None:
        """Something came from the other end."""
        self._heard_at = now

    def learn(self, message: Message) -> None:
        """What the peer can do, and its session description: from its INVITE, or its 2xx."""
        self.updates = "UPDATE" in message.values("Allow")
        self.theirs = message.body

    def retarget(self, message: Request | Response) -> None:
        """The peer may have moved. Raises WireError."""
        if self.dialog is not None:
            self.dialog = self.dialog.moved(message)

    # requests

    def request(
        self,
        method: str,
        now: Micros,
        out: list[Action],
        extra: requests.Headers = (),
        body: bytes = b"",
        asker: Asker | None = None,
    ) -> ClientTransaction | None:
        """Send a request within the dialog, over the set in use by now; None without one (MGU-04)."""
        live, dialog, gm = self.gm.sets.in_use, self.dialog, self.gm
        if live is None or dialog is None:
            return None
        self.number += 1
        request = requests.within(gm, dialog, live, method, self.number, extra, body)
        return gm.ask(request, gm.fit(request, live, None), asker or Within(self, method), now, out)

    def acknowledge(self, number: int, transport: Transport, out: list[Action]) -> None:
        """Send the ACK to a 2xx, over the set in use by then (RFC 3261 §13.2.2.4).

        Args:
            number: CSeq of the INVITE.
            transport: on which the 2xx came.
            out: actions.
        """
        live, dialog, gm = self.gm.sets.in_use, self.dialog, self.gm
        if live is None or dialog is None:
            return
        ack = requests.within(gm, dialog, live, "ACK", number)
        flow = gm.fit(ack, live, transport)
        gm.streams.ensure(flow, out)
        out.append(Send(flow, ack.to_bytes()))

    def acknowledged(self, number: int, now: Micros, out: list[Action]) -> None:
        """The ACK to a 2xx of ours came, or came again."""
        if self.accepting is not None and self.accepting.number == number:
            self.accepting = None
            self.hear(now)
            if self.stage is CallStage.ENDING:
                self.bye(now, out)
            elif self.may(On.ACKED):
                self.step(On.ACKED, out)

    # its end

    def leave(self, now: Micros, out: list[Action]) -> None:
        """Our user hangs up an established call; while a 200 of ours waits for its ACK, BYE waits too."""
        self.step(On.LEFT, out)
        if self.accepting is None:
            self.bye(now, out)

    def bye(self, now: Micros, out: list[Action]) -> None:
        """Send BYE; without a set there is nobody to send it to, and the call is over (MGU-10)."""
        if self.request("BYE", now, out) is None:
            self.lose("no SA set for BYE", now, out)

    def over(self, out: list[Action]) -> None:
        """The peer has ended it, or knows that we have."""
        if self.may(On.OVER):
            self.accepting = None
            self.step(On.OVER, out)

    def lose(self, why: str, now: Micros, out: list[Action]) -> None:
        """The other end is heard of no more: the call is over here at once, BYE goes in case it hears us.

        Args:
            why: in words.
            now: the moment.
            out: actions.
        """
        if not self.may(On.LOST):
            return
        before, heard_at = self.stage, self._heard_at
        self.lost = Lost(why, 0 if heard_at is None else (now - heard_at) // SECOND)
        self.accepting = None
        self.step(On.LOST, out)
        if before in (CallStage.ANSWERED, CallStage.UP):
            self.request("BYE", now, out, asker=UNHEEDED)

    def abandon(self, now: Micros, out: list[Action]) -> None:
        """Wait for nothing any more: the UE leaves (MGU-12)."""
        if self.stage is CallStage.ENDING and self.accepting is not None:
            self.accepting = None
            self.bye(now, out)
        self.lose("the UE leaves before its BYE is answered", now, out)

    # time

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Repeat our 200, or give up where no ACK comes (RFC 3261 §13.3.1.4, §14.2)."""
        accepting = self.accepting
        if accepting is None:
            return
        if now < accepting.until:
            accepting.wake(now, out)
            return
        self.accepting = None
        if self.stage is CallStage.ENDING:
            self.bye(now, out)
        elif self.may(On.LEFT):
            self.leave(now, out)

    def next_deadline(self) -> Micros:
        """When `wake` has something to do."""
        return FOREVER if self.accepting is None else self.accepting.next_deadline()


def belongs(call: Call | None, request: Request) -> bool:
    """Whether a request is within the dialog of a call."""
    return call is not None and call.dialog is not None and call.dialog.holds(request)
