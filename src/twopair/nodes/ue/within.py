"""Requests within a call that are no refresh, BYE and MESSAGE, and the wait for their answers."""

from typing import TYPE_CHECKING, Final

from twopair.base import Flow, Impu, Micros, Report
from twopair.core.sip import Trouble, Why
from twopair.nodes.actions import Action
from twopair.nodes.facts import MessageAnswered
from twopair.nodes.ue.extensions import missing
from twopair.nodes.ue.gm import Asker
from twopair.wire.sip import NameAddr, Response

if TYPE_CHECKING:
    from twopair.nodes.ue.call import Call

GONE: Final = frozenset({408, 481})
"""Answers that say of any request that the dialog has no other end any more (RFC 3261 §12.2.1.2)."""


OF_CONNECTION: Final = frozenset({Why.NO_STREAM, Why.LOST})
"""Troubles that tell of a connection and not of the peer: as 503 (RFC 3261 §8.1.3.1)."""


class Within(Asker):
    """BYE or MESSAGE."""

    __slots__ = ("_call", "_method")

    def __init__(self, call: "Call", method: str) -> None:
        self._call = call
        self._method = method

    def answered(self, response: Response, _flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final response: BYE ends the call whatever it is, a MESSAGE only where it says so."""
        call, status = self._call, response.status
        self._tell(status, missing(response), out)
        if status not in GONE:
            call.hear(now)
        if self._method == "BYE" and status < 300:
            call.over(out)
        elif self._method == "BYE" or status in GONE:
            call.lose(refused(self._method, response), now, out)

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """None came; a connection that failed is no news of the peer, but BYE is not sent twice."""
        self._tell(408, trouble.words, out)
        if self._method == "BYE" or trouble.why not in OF_CONNECTION:
            self._call.lose(silence(self._method, trouble), now, out)

    def _tell(self, status: int, detail: str, out: list[Action]) -> None:
        call = self._call
        assert call.dialog is not None, "requests are within it"
        if self._method == "MESSAGE":
            peer = Impu(NameAddr.parse(call.dialog.remote).uri)
            out.append(Report(MessageAnswered(peer, status, call.call_id, detail)))


class Unheeded(Asker):
    """Whose answer tells nothing: that of CANCEL, or of a BYE in a call that is over here."""

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """No news."""

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No news."""


UNHEEDED: Final = Unheeded()


def refused(method: str, response: Response) -> str:
    """``UPDATE answered 481 Call Does Not Exist``."""
    return f"{method} answered {response.status} {response.reason}".rstrip()


def silence(method: str, trouble: Trouble) -> str:
    """``no answer to BYE``, with what became of the connection."""
    return f"no answer to {method}" + (f": {trouble.words}" if trouble.words else "")
