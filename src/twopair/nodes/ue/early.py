"""Early dialogs of a call of ours: reliable answers are acknowledged in theirs (RFC 3262, RFC 3312).

A forked INVITE rings at several ends, each with a tag, a dialog and answers of its own (RFC 3261 §12.1).
"""

from typing import TYPE_CHECKING, Final

from twopair.base import Flow, Micros, WireError
from twopair.core.sip import Trouble
from twopair.core.sip.dialog import Dialog
from twopair.nodes.actions import Action
from twopair.nodes.ue import media, requests
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.gm import Asker
from twopair.wire.sdp import Direction
from twopair.wire.sip import NameAddr, Response

if TYPE_CHECKING:
    from twopair.nodes.ue.call import Call

MOST: Final = 8
"""Early dialogs of one call; further ones ring unheard."""


class Early:
    """One early dialog.

    Attributes:
        dialog: with whom.
        rseq: RSeq of the latest reliable answer; 0 before one.
        told: whether it was told that our resources are there.
    """

    __slots__ = ("dialog", "rseq", "told")

    def __init__(self, dialog: Dialog) -> None:
        self.dialog = dialog
        self.rseq = 0
        self.told = False


class Earlies:
    """Those of one call."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self._by_tag: dict[str, Early] = {}

    def __len__(self) -> int:
        return len(self._by_tag)

    def take(self, response: Response, now: Micros, out: list[Action]) -> None:
        """Acknowledge a provisional answer that is reliable, once and in order (RFC 3262 §4)."""
        rseq = _number(response.get("RSeq"))
        if not rseq or "100rel" not in (tag.lower() for tag in response.values("Require")):
            return
        try:
            tag = NameAddr.parse(response.get("To") or "").tag or ""
            early = self._by_tag.get(tag) or Early(Dialog.of_caller(response))
        except WireError:
            return
        if len(self._by_tag) >= MOST or (early.rseq and rseq != early.rseq + 1):
            return
        self._by_tag[tag] = early
        early.rseq = rseq
        rack = [("RAck", f"{rseq} {response.cseq.number} INVITE")]
        asker = Acknowledged(self._call, early, response.body)
        self._ask("PRACK", early, rack, b"", asker, now, out)

    def acknowledged(self, early: Early, answer: bytes, now: Micros, out: list[Action]) -> None:
        """PRACK was answered: who has preconditions is told that our resources are there (RFC 3312 §5)."""
        stream = media.stream_in(answer) if answer else None
        if early.told or stream is None or media.ready(stream) is None:
            return
        early.told = True
        gm = self._call.gm
        theirs = media.SENDRECV if media.ready(stream) else media.NONE
        body = media.audio(gm, 2, Direction.SENDRECV, media.SENDRECV, theirs)
        headers = [("Contact", gm.profile.contact), *able(gm.config), ("Content-Type", requests.SDP)]
        self._ask("UPDATE", early, headers, body, Told(), now, out)

    def _ask(
        self,
        method: str,
        early: Early,
        headers: requests.Headers,
        body: bytes,
        asker: Asker,
        now: Micros,
        out: list[Action],
    ) -> None:
        call = self._call
        live = call.gm.sets.in_use
        if live is not None:
            call.number += 1
            request = requests.within(call.gm, early.dialog, live, method, call.number, headers, body)
            call.gm.ask(request, call.gm.fit(request, live, None), asker, now, out)


class Acknowledged(Asker):
    """Waits for the answer to PRACK; the INVITE's own end tells whatever else becomes of the call."""

    __slots__ = ("_answer", "_call", "_early")

    def __init__(self, call: "Call", early: Early, answer: bytes) -> None:
        self._call = call
        self._early = early
        self._answer = answer

    def answered(self, response: Response, _flow: Flow, now: Micros, out: list[Action]) -> None:
        """The way is free for an UPDATE."""
        if response.status < 300 and self._call.early is not None:
            self._call.early.acknowledged(self._early, self._answer, now, out)

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No news."""


class Told(Asker):
    """Waits for the answer to an UPDATE in an early dialog, which changes nothing for us."""

    __slots__ = ()

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """No news."""

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """No news."""


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else 0
