"""A voice call, as a P-CSCF asks policy control about it."""

from twopair.core.policy import media_components
from twopair.nodes.policy import AskPolicy
from twopair.wire.sdp import parse_sdp

VOICE = (
    b"v=0\r\no=- 1 1 IN IP4 %b\r\ns=-\r\nc=IN IP4 %b\r\nt=0 0\r\n"
    b"m=audio %d RTP/AVP 97\r\nb=AS:41\r\na=rtpmap:97 AMR-WB/16000\r\n"
)
UE = parse_sdp(VOICE % (b"10.10.1.1", b"10.10.1.1", 49152))
FAR = parse_sdp(VOICE % (b"10.30.0.9", b"10.30.0.9", 30000))


def voice_call(session: str = "s1", *, final: bool = True) -> AskPolicy:
    """What is asked at the answer, or at the offer before it."""
    components = media_components(UE, FAR if final else None, ue_offers=True, address="10.10.1.1")
    return AskPolicy(session, "10.10.1.1", "sip:a@ims.example", components, final)
