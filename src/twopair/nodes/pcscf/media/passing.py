"""A message of a call on its way, with the description in it (RFC 3264 §4; RFC 3261 §13.2.1)."""

from twopair.base import WireError
from twopair.core.sip import ServerTransaction
from twopair.nodes.pcscf.media.gate import Onward
from twopair.wire.sdp import CONTENT_TYPE
from twopair.wire.sip import Message, NameAddr


class Passing:
    """One message.

    Args:
        message: as it is to leave; its body is exchanged where the media relay says so.
        from_ue: whether the UE sent it.
        answer: whether its description, if it has one, is an answer.
        onward: sends it on.
        txn: answers it where the relay is needed and took nothing; None for what cannot be refused.

    Attributes:
        sdp: its description; empty if it has none.
        offerer: tag of the end that made the offer.
        answerer: tag of the other end, empty if it is not known yet.
    """

    __slots__ = ("answer", "answerer", "from_ue", "message", "offerer", "onward", "sdp", "txn")

    def __init__(
        self,
        message: Message,
        onward: Onward,
        txn: ServerTransaction | None,
        *,
        from_ue: bool,
        answer: bool,
    ) -> None:
        self.message = message
        self.from_ue = from_ue
        self.answer = answer
        self.onward = onward
        self.txn = txn
        self.sdp = description(message)
        self.offerer = self.answerer = ""

    def between(self, request_offers: bool) -> None:
        """Know the two ends: the end that sent the request offers, or the other one."""
        first, last = _tag(self.message, "From"), _tag(self.message, "To")
        self.offerer, self.answerer = (first, last) if request_offers else (last, first)

    def replace(self, sdp: bytes) -> None:
        """Another description instead."""
        self.sdp = self.message.body = sdp


def description(message: Message) -> bytes:
    """The description that is a message's body; empty for anything else, multipart bodies too."""
    if not message.body:
        return b""
    kind = (message.get("Content-Type") or "").partition(";")[0].strip().lower()
    return message.body if kind == CONTENT_TYPE else b""


def _tag(message: Message, name: str) -> str:
    try:
        return NameAddr.parse(message.get(name) or "").tag or ""
    except WireError:
        return ""
