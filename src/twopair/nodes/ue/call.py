"""A call, as both ends know it: its table, and requests within its dialog (RFC 3261 §12, §13, §15).

Signalling only: the session description names a stream that nobody uses. What a call is for here is
that it lives on while SA sets come and go (RRG-01, RRG-07..RRG-10).
"""

from enum import Enum
from typing import Final

from twopair.base import Flow, IllegalStep, Impu, Micros, Report
from twopair.core.sip import Trouble
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered
from twopair.nodes.ue import requests
from twopair.nodes.ue.dialog import Dialog
from twopair.nodes.ue.gm import Asker, Gm
from twopair.wire.sip import NameAddr, Request, Response


class On(Enum):
    """What can happen to a call."""

    RINGS = "180 sent or received"
    TAKEN = "the user called takes it: 200 sent"
    ACCEPTED = "2xx received, ACK sent"
    ACKED = "ACK received"
    FAILED = "final failure sent or received, or nothing came"
    LEFT = "our user hangs up: CANCEL or BYE sent"
    OVER = "BYE received, or ours answered"

    __hash__ = object.__hash__


_S = CallStage
TABLE: Final[dict[tuple[CallStage, On], tuple[CallStage, str]]] = {
    (_S.CALLING, On.RINGS): (_S.RINGING, "RFC 3261 §13.2.2.1, §13.3.1.1"),
    (_S.CALLING, On.ACCEPTED): (_S.UP, "RFC 3261 §13.2.2.4"),
    (_S.CALLING, On.FAILED): (_S.ENDED, "RFC 3261 §13.2.2.3"),
    (_S.CALLING, On.LEFT): (_S.ENDING, "RFC 3261 §9.1"),
    (_S.RINGING, On.RINGS): (_S.RINGING, "RFC 3261 §13.2.2.1"),
    (_S.RINGING, On.TAKEN): (_S.ANSWERED, "RFC 3261 §13.3.1.4"),
    (_S.RINGING, On.ACCEPTED): (_S.UP, "RFC 3261 §13.2.2.4"),
    (_S.RINGING, On.FAILED): (_S.ENDED, "RFC 3261 §9.2, §13.2.2.3, §13.3.1.3"),
    (_S.RINGING, On.LEFT): (_S.ENDING, "RFC 3261 §9.1"),
    (_S.ANSWERED, On.ACKED): (_S.UP, "RFC 3261 §13.3.1.4"),
    (_S.ANSWERED, On.LEFT): (_S.ENDING, "RFC 3261 §13.3.1.4, §15"),
    (_S.ANSWERED, On.OVER): (_S.ENDED, "RFC 3261 §15.1.2"),
    (_S.UP, On.LEFT): (_S.ENDING, "RFC 3261 §15.1.1"),
    (_S.UP, On.OVER): (_S.ENDED, "RFC 3261 §15.1.2"),
    (_S.ENDING, On.ACCEPTED): (_S.ENDING, "RFC 3261 §15: the 200 crossed our CANCEL, BYE follows"),
    (_S.ENDING, On.FAILED): (_S.ENDED, "RFC 3261 §9.1"),
    (_S.ENDING, On.OVER): (_S.ENDED, "RFC 3261 §15.1"),
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
        dialog: once there is a 2xx.
        number: CSeq of our latest request.
    """

    def __init__(self, gm: Gm, call_id: str, peer: str, *, ours: bool) -> None:
        self.gm = gm
        self.call_id = call_id
        self.peer = peer
        self.ours = ours
        self.stage = CallStage.CALLING
        self.status = 0
        self.dialog: Dialog | None = None
        self.number = 1

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
        out.append(Report(CallChanged(self.call_id, self.stage, self.status, self.peer, self.ours)))

    def request(
        self, method: str, now: Micros, out: list[Action], extra: requests.Headers = (), body: bytes = b""
    ) -> bool:
        """Send a request within the dialog, over the set in use by now; False without one (MGU-04)."""
        live, dialog, gm = self.gm.sets.in_use, self.dialog, self.gm
        if live is None or dialog is None:
            return False
        self.number += 1
        request = requests.within(gm, dialog, live, method, self.number, extra, body)
        gm.ask(request, gm.fit(request, live, None), Within(self, method), now, out)
        return True

    def leave(self, now: Micros, out: list[Action]) -> None:
        """Send BYE; without a set there is nobody to send it to, and the call is over (MGU-10)."""
        self.step(On.LEFT, out)
        if not self.request("BYE", now, out):
            self.step(On.OVER, out)


class Within(Asker):
    """A request within a call, and the wait for its answer."""

    __slots__ = ("_call", "_method")

    def __init__(self, call: Call, method: str) -> None:
        self._call = call
        self._method = method

    def answered(self, response: Response, _flow: Flow, _now: Micros, out: list[Action]) -> None:
        """A final response."""
        self._done(response.status, out)

    def unanswered(self, _trouble: Trouble, _now: Micros, out: list[Action]) -> None:
        """None came."""
        self._done(408, out)

    def _done(self, status: int, out: list[Action]) -> None:
        """BYE ends the call whatever is answered, other requests where 481 or 408 is (RFC 3261 §12.2.1.2)."""
        call = self._call
        assert call.dialog is not None, "requests are within it"
        if self._method == "MESSAGE":
            peer = Impu(NameAddr.parse(call.dialog.remote).uri)
            out.append(Report(MessageAnswered(peer, status, call.call_id)))
        if (self._method == "BYE" or status in {408, 481}) and call.may(On.OVER):
            call.step(On.OVER, out)


def belongs(call: Call | None, request: Request) -> bool:
    """Whether a request is within the dialog of a call."""
    return call is not None and call.dialog is not None and call.dialog.holds(request)
