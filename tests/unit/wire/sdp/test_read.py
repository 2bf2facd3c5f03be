"""Session descriptions: what is read of them, and what is none (RFC 8866; RFC 3264)."""

import pytest

from twopair.base import WireError
from twopair.wire.sdp import MAX_LINES, MAX_MEDIA, MAX_OCTETS, Direction, parse_sdp

VOICE = (
    b"v=0\r\n"
    b"o=- 3724394400 3724394405 IN IP4 10.10.1.1\r\n"
    b"s=-\r\n"
    b"c=IN IP4 10.10.1.1\r\n"
    b"b=AS:80\r\n"
    b"t=0 0\r\n"
    b"m=audio 49152 RTP/AVP 97 98\r\n"
    b"b=AS:41\r\n"
    b"b=RR:2000\r\n"
    b"b=RS:600\r\n"
    b"a=rtpmap:97 AMR-WB/16000/1\r\n"
    b"a=sendonly\r\n"
    b"m=video 0 RTP/AVP 99\r\n"
)


def test_a_voice_call() -> None:
    sdp = parse_sdp(VOICE)
    assert (sdp.origin.session, sdp.origin.version, sdp.origin.address) == (
        "3724394400",
        3724394405,
        "10.10.1.1",
    )
    assert sdp.bandwidth == {"AS": 80}
    audio, video = sdp.media
    assert (audio.kind, audio.port, audio.ports, audio.protocol) == ("audio", 49152, 1, "RTP/AVP")
    assert audio.formats == ("97", "98")
    assert audio.bandwidth == {"AS": 41, "RR": 2000, "RS": 600}
    assert audio.attribute("rtpmap") == "97 AMR-WB/16000/1"
    assert audio.direction is Direction.SENDONLY
    assert not audio.refused
    assert audio.lines[0] == "m=audio 49152 RTP/AVP 97 98"
    assert video.refused
    assert video.direction is Direction.SENDRECV


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_other_ends_of_line(end: bytes) -> None:
    """RFC 8866 §5: readers should take a single newline as well."""
    assert parse_sdp(VOICE.replace(b"\r\n", end)) == parse_sdp(VOICE)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b"c=IN IP6 2001:DB8:0::1", "2001:db8::1"),
        (b"c=IN IP4 224.2.36.42/127/3", "224.2.36.42"),
        (b"c=IN IP4 Media.Example", "media.example"),
        (b"c=in ip4  192.0.2.1", "192.0.2.1"),
    ],
)
def test_addresses(line: bytes, address: str) -> None:
    sdp = parse_sdp(VOICE.replace(b"c=IN IP4 10.10.1.1", line))
    assert sdp.address == address
    assert sdp.media[0].address == address


def test_a_stream_with_an_address_and_ports_of_its_own() -> None:
    body = VOICE.replace(b"m=audio 49152 ", b"m=audio 49152/2 ").replace(
        b"b=AS:41", b"c=IN IP4 10.9.9.9\r\nb=AS:41"
    )
    audio = parse_sdp(body).media[0]
    assert (audio.address, audio.ports) == ("10.9.9.9", 2)


def test_the_session_says_the_direction_for_all() -> None:
    body = VOICE.replace(b"a=sendonly\r\n", b"").replace(b"t=0 0\r\n", b"t=0 0\r\na=inactive\r\n")
    assert [media.direction for media in parse_sdp(body).media] == [Direction.INACTIVE] * 2


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"v=0\r\n", b""),
        (b"v=0", b"v=1"),
        (b"o=- ", b"o=-"),
        (b"3724394405", b"-5"),
        (b"3724394405", b"9" * 21),
        (b"s=-", b"sub"),
        (b"s=-", b"q=-"),
        (b"IN IP4 10.10.1.1\r\nb=AS:80", b"IN IP4 nobody#here\r\nb=AS:80"),
        (b"c=IN IP4 10.10.1.1\r\n", b""),
        (b"c=IN IP4 10.10.1.1", b"c=ATM NSAP 47"),
        (b"b=AS:80", b"b=AS"),
        (b"b=AS:80", b"b=AS:many"),
        (b"49152 RTP", b"65536 RTP"),
        (b"49152 RTP", b"65535/2 RTP"),
        (b"49152 RTP", b"49152/0 RTP"),
        (b"49152 RTP", "\N{ARABIC-INDIC DIGIT ONE} RTP".encode()),
        (b"m=audio 49152 RTP/AVP 97 98", b"m=audio 49152 RTP/AVP"),
    ],
)
def test_what_is_none(there: bytes, instead: bytes) -> None:
    assert there in VOICE
    with pytest.raises(WireError):
        parse_sdp(VOICE.replace(there, instead, 1))


@pytest.mark.parametrize(
    "more",
    [b"a=x\r\n" * MAX_LINES, b"m=audio 0 RTP/AVP 0\r\n" * MAX_MEDIA, b"a=" + b"x" * MAX_OCTETS],
    ids=["lines", "streams", "octets"],
)
def test_bounds(more: bytes) -> None:
    with pytest.raises(WireError, match=r"that many|that length"):
        parse_sdp(VOICE + more)


@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b"\xff\xfe", b"v=0"])
def test_hardly_anything(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_sdp(body)
