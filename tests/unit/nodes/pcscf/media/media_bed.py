"""Calls with descriptions, a media relay and a policy control that are by hand."""

from typing import Any

from tests.unit.nodes.pcscf.bed import Bed, Ue
from tests.unit.nodes.pcscf.call_bed import Caller

from twopair.base import Report
from twopair.nodes.media import AnchorMedia, LetMediaGo, MediaAnchored
from twopair.nodes.policy import AskPolicy, EndPolicy


def voice(address: str, port: int) -> str:
    """A description of one stream."""
    head = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    return f"{head}m=audio {port} RTP/AVP 97\r\n"


OF_UE = voice("10.10.1.1", 49152)
OF_FAR = voice("10.30.0.9", 30000)
SDP = ("Content-Type", "application/sdp")


def asked(bed: Bed) -> list[AskPolicy]:
    """What policy control has just been asked."""
    return [action for action in bed.fresh if isinstance(action, AskPolicy)]


def ended(bed: Bed) -> list[str]:
    """Sessions that have just ended at policy control."""
    return [action.session for action in bed.fresh if isinstance(action, EndPolicy)]


def questions(bed: Bed) -> list[AnchorMedia]:
    """What the relay has just been asked."""
    return [action for action in bed.fresh if isinstance(action, AnchorMedia)]


def let_go(bed: Bed) -> list[LetMediaGo]:
    """Calls that the relay has just been told to forget."""
    return [action for action in bed.fresh if isinstance(action, LetMediaGo)]


def anchor(bed: Bed, question: AnchorMedia, *, by: bytes = b"a=relayed\r\n") -> None:
    """The relay takes it."""
    bed.feed(MediaAnchored(question.ticket, question.sdp + by))


def reported(bed: Bed, kind: type) -> list[Any]:
    """Facts of that kind that were just reported."""
    return [a.fact for a in bed.fresh if isinstance(a, Report) and isinstance(a.fact, kind)]


def offering(bed: Bed, ue: Ue) -> Caller:
    """A UE that calls with an offer; nothing holds it."""
    return Caller(bed, ue, body=OF_UE, Content_Type="application/sdp", Content_Length=str(len(OF_UE)))


def invite(ue: Ue, body: str = OF_UE, **fields: str) -> bytes:
    """The same as octets."""
    contact = {"Contact": f"<sip:me@{ue.address}:{ue.terms.port_s}>", "Content_Type": "application/sdp"}
    return ue.request("INVITE", body=body, **contact | fields)
