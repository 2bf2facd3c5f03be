"""What a call asks of the bearer (29.213 §6.2; 29.214 §5.3)."""

import pytest

from twopair.base import Endpoint, Port
from twopair.core.policy import (
    FlowStatus,
    FlowUsage,
    MediaComponent,
    MediaType,
    media_components,
    signalling_component,
)
from twopair.wire.sdp import SessionDescription, parse_sdp

UE = "10.10.1.1"
FAR = "10.30.0.9"


def sdp(address: str, *lines: str) -> SessionDescription:
    family = "IP6" if ":" in address else "IP4"
    head = ("v=0", f"o=- 1 1 IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0")
    return parse_sdp("\r\n".join((*head, *lines, "")).encode())


def voice(address: str, port: int, *lines: str) -> SessionDescription:
    return sdp(address, f"m=audio {port} RTP/AVP 97", *lines)


def only(found: tuple[MediaComponent, ...]) -> MediaComponent:
    (component,) = found
    return component


def call(
    of_ue: tuple[str, ...] = (), of_far: tuple[str, ...] = (), *, ue_offers: bool = True
) -> MediaComponent:
    ue, far = voice(UE, 49152, *of_ue), voice(FAR, 30000, *of_far)
    return only(media_components(ue, far, ue_offers=ue_offers, address=UE))


def test_a_voice_call() -> None:
    """A component for the ``m=`` line, with the flows of RTP and RTCP."""
    component = call(("b=AS:41", "a=rtpmap:97 AMR-WB/16000"), ("b=AS:30", "a=ptime:20"))
    assert (component.number, component.kind, component.status) == (1, MediaType.AUDIO, FlowStatus.ENABLED)
    assert (component.uplink, component.downlink) == (30_000, 41_000)
    rtp, rtcp = component.flows
    assert (rtp.number, rtp.usage) == (1, FlowUsage.NO_INFORMATION)
    assert rtp.downlink == "permit out 17 from 10.30.0.9 to 10.10.1.1 49152"
    assert rtp.uplink == "permit in 17 from 10.10.1.1 to 10.30.0.9 30000"
    assert (rtcp.number, rtcp.usage) == (2, FlowUsage.RTCP)
    assert rtcp.downlink == "permit out 17 from 10.30.0.9 to 10.10.1.1 49153"
    assert rtcp.uplink == "permit in 17 from 10.10.1.1 to 10.30.0.9 30001"
    assert component.codecs == (
        "uplink\noffer\nm=audio 49152 RTP/AVP 97\na=rtpmap:97 AMR-WB/16000",
        "downlink\nanswer\nm=audio 30000 RTP/AVP 97\na=ptime:20",
    )


@pytest.mark.parametrize(
    ("of_ue", "of_far", "ue_offers", "status"),
    [
        ("a=sendrecv", "a=sendrecv", True, FlowStatus.ENABLED),
        ("a=sendonly", "a=recvonly", True, FlowStatus.ENABLED_UPLINK),
        ("a=recvonly", "a=sendonly", True, FlowStatus.ENABLED_DOWNLINK),
        ("a=sendonly", "a=recvonly", False, FlowStatus.ENABLED_UPLINK),
        ("a=recvonly", "a=sendonly", False, FlowStatus.ENABLED_DOWNLINK),
        ("a=sendonly", "a=inactive", True, FlowStatus.DISABLED),
        ("a=sendrecv", "a=recvonly", True, FlowStatus.ENABLED_UPLINK),
    ],
)
def test_gates(of_ue: str, of_far: str, ue_offers: bool, status: FlowStatus) -> None:
    """The answer decides, seen from the UE (29.213 §6.2, table 6.2.1)."""
    assert call((of_ue,), (of_far,), ue_offers=ue_offers).status is status


def test_an_offer_of_the_ue_alone() -> None:
    component = only(media_components(voice(UE, 49152, "b=AS:41"), None, ue_offers=True, address=UE))
    assert (component.uplink, component.downlink) == (None, 41_000)
    assert component.flows[0].downlink == "permit out 17 from any to 10.10.1.1 49152"
    assert component.flows[0].uplink == "permit in 17 from 10.10.1.1 to any"
    assert component.codecs == ("uplink\noffer\nm=audio 49152 RTP/AVP 97",)


def test_an_offer_to_the_ue_alone() -> None:
    component = only(media_components(None, voice(FAR, 30000, "b=AS:30"), ue_offers=False, address=UE))
    assert (component.uplink, component.downlink) == (30_000, None)
    assert component.flows[0].downlink == "permit out 17 from 10.30.0.9 to 10.10.1.1"
    assert component.flows[0].uplink == "permit in 17 from 10.10.1.1 to 10.30.0.9 30000"


def test_no_description_at_all() -> None:
    with pytest.raises(ValueError, match="no offer"):
        media_components(None, None, ue_offers=True, address=UE)


@pytest.mark.parametrize("refuses", ["port 0", "left out", "removed by the offer"])
def test_a_stream_that_is_off(refuses: str) -> None:
    """RFC 3264 §6: a stream with port 0, or one that the answer does not have."""
    ue = sdp(
        UE, "m=audio 49152 RTP/AVP 97", f"m=video {0 if refuses.startswith('rem') else 49200} RTP/AVP 99"
    )
    video = {
        "port 0": ("m=video 0 RTP/AVP 99",),
        "left out": (),
        "removed by the offer": ("m=video 9 RTP/AVP 99",),
    }
    far = sdp(FAR, "m=audio 30000 RTP/AVP 97", *video[refuses])
    audio, off = media_components(ue, far, ue_offers=True, address=UE)
    assert audio.status is FlowStatus.ENABLED
    assert off == MediaComponent(2, MediaType.VIDEO, FlowStatus.REMOVED)


@pytest.mark.parametrize(
    ("lines", "usages"),
    [
        ((), [FlowUsage.NO_INFORMATION, FlowUsage.RTCP]),
        (("a=rtcp-mux",), [FlowUsage.NO_INFORMATION]),
        (("b=RS:0", "b=RR:0"), [FlowUsage.NO_INFORMATION]),
        (("b=RS:0", "b=RR:2000"), [FlowUsage.NO_INFORMATION, FlowUsage.RTCP]),
    ],
)
def test_rtcp(lines: tuple[str, ...], usages: list[FlowUsage]) -> None:
    """RFC 5761: one port for both only if the answer says so; RFC 3556: no RTCP by RS and RR of zero."""
    assert [flow.usage for flow in call(lines, lines).flows] == usages
    assert [flow.usage for flow in call(("a=rtcp-mux",)).flows] == [FlowUsage.NO_INFORMATION, FlowUsage.RTCP]


def test_rtcp_elsewhere() -> None:
    """RFC 3605."""
    rtcp = call(("a=rtcp:53020",), ("a=rtcp:53021 IN IP4 10.30.0.10",)).flows[1]
    assert rtcp.downlink == "permit out 17 from 10.30.0.10 to 10.10.1.1 53020"
    assert rtcp.uplink == "permit in 17 from 10.10.1.1 to 10.30.0.10 53021"


def test_messages_over_tcp() -> None:
    """MSRP: one flow of TCP, open both ways whatever the direction says (29.213 §6.2)."""
    ue, far = (sdp(address, "m=message 2855 TCP/MSRP *", "a=recvonly") for address in (UE, FAR))
    component = only(media_components(ue, far, ue_offers=True, address=UE))
    assert (component.kind, component.status) == (MediaType.MESSAGE, FlowStatus.ENABLED)
    (flow,) = component.flows
    assert flow.uplink == "permit in 6 from 10.10.1.1 to 10.30.0.9 2855"


@pytest.mark.parametrize(
    ("lines", "bits"),
    [
        ((), None),
        (("b=AS:41",), 41_000),
        (("b=TIAS:23850",), 23_850),
        (("b=TIAS:23850", "a=maxprate:50.0"), 23_850 + 50 * 8 * 28),
        (("b=TIAS:23850", "b=AS:41"), 41_000),
        (("b=TIAS:23850", "a=maxprate:fast"), 23_850),
        (("b=AS:99999999999",), 0xFFFFFFFF),
    ],
)
def test_bandwidth(lines: tuple[str, ...], bits: int | None) -> None:
    """RFC 3890: TIAS is without headers, AS with them."""
    assert call(lines).downlink == bits


def test_bandwidth_over_ipv6() -> None:
    ue = sdp("2001:db8::1", "m=audio 49152 RTP/AVP 97", "b=TIAS:23850", "a=maxprate:50")
    component = only(media_components(ue, None, ue_offers=True, address="2001:db8::1"))
    assert component.downlink == 23_850 + 50 * 8 * 48
    assert component.flows[0].downlink == "permit out 17 from any to 2001:db8::1 49152"


def test_a_host_name_is_no_address() -> None:
    far = voice(FAR, 30000)
    named = sdp(UE, "m=audio 49152 RTP/AVP 97", "c=IN IP4 ue.example")
    flow = only(media_components(named, far, ue_offers=True, address=UE)).flows[0]
    assert flow.downlink == "permit out 17 from 10.30.0.9 to any 49152"


def test_other_kinds() -> None:
    ue = sdp(UE, "m=image 49152 udptl t38")
    assert only(media_components(ue, None, ue_offers=True, address=UE)).kind is MediaType.OTHER


def test_signalling() -> None:
    """29.214 §4.4.5: component 0, a flow of signalling."""
    component = signalling_component(Endpoint(UE, Port(0)), Endpoint("10.10.0.1", Port(0)))
    assert (component.number, component.kind, component.status) == (0, None, FlowStatus.ENABLED)
    (flow,) = component.flows
    assert flow.usage is FlowUsage.AF_SIGNALLING
    assert flow.downlink == "permit out 50 from 10.10.0.1 to 10.10.1.1"
    assert flow.uplink == "permit in 50 from 10.10.1.1 to 10.10.0.1"
