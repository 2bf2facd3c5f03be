"""What the fuzzers do with a session description: read it, ask a bearer for it (RFC 8866; 29.213 §6.2)."""

from twopair.base import WireError
from twopair.core.policy import media_components
from twopair.wire.sdp import parse_sdp

VOICE = (
    b"v=0\r\no=- 1 1 IN IP4 10.10.1.1\r\ns=-\r\nc=IN IP4 10.10.1.1\r\nb=AS:80\r\nt=0 0\r\n"
    b"m=audio 49152/2 RTP/AVP 97 98\r\nb=AS:41\r\nb=RR:2000\r\nb=RS:600\r\na=rtpmap:97 AMR-WB/16000/1\r\n"
    b"a=rtcp:53020 IN IP4 10.10.1.2\r\na=curr:qos local none\r\na=sendonly\r\nm=video 0 RTP/AVP 99\r\n"
)
MESSAGES = (
    b"v=0\no=- 1 2 IN IP6 2001:db8::1\ns=-\nc=IN IP6 2001:db8::1\nt=0 0\na=inactive\n"
    b"m=message 2855 TCP/MSRP *\na=path:msrp://[2001:db8::1]:2855/x;tcp\nm=audio 9 RTP/SAVPF 0\na=rtcp-mux\n"
    b"b=TIAS:24000\na=maxprate:50.5\n"
)
SEEDS = (VOICE, MESSAGES)


def touch(data: bytes) -> None:
    """Two descriptions, one behind each other where the octets have a zero, and what they ask for."""
    first, _, second = data.partition(b"\0")
    found = []
    for body in (first, second or first):
        try:
            found.append(parse_sdp(body))
        except WireError:
            return
    for ue_offers in (False, True):
        components = media_components(found[0], found[1], ue_offers=ue_offers, address="10.10.1.1")
        offer = found[0] if ue_offers else found[1]
        assert [component.number for component in components] == list(range(1, len(offer.media) + 1))
        for component in components:
            for flow in component.flows:
                flow.downlink.encode("ascii")
                flow.uplink.encode("ascii")
