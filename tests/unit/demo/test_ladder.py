"""The ladder, drawn from moments made by hand."""

from collections.abc import Sequence

import pytest
from rich.text import Text

from twopair.base import (
    SECOND,
    Endpoint,
    Flow,
    Impi,
    Impu,
    Micros,
    Port,
    Refusal,
    Refused,
    Secret,
    Spi,
    Suite,
    Transport,
)
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand
from twopair.demo.canvas import Row, folded, in_ascii
from twopair.demo.ladder import Ladder
from twopair.demo.record import CORE, GM, Connects, Fact, Host, Moment, Said, Scene, SetGone, SetUp
from twopair.inspect import EspHead, SeenMessage, SeenPacket, Segment
from twopair.inspect.seen import SYN
from twopair.nodes.facts import Registered
from twopair.wire.sip import Request, Response, make_request, make_response

UE = Host("ue", "UE", "10.0.1.1")
PCSCF = Host("pcscf", "P-CSCF", "10.0.0.1")
UE2 = Host("ue2", "UE 2", "10.0.1.2")
HOME = Host("home", "Home", "10.20.0.2")
HOSTS = (UE, PCSCF, UE2, HOME)
BOTH = (End.UE, End.PCSCF)


def a_set(end: End) -> SaSet:
    suite = Suite("hmac-sha-1-96", "aes-cbc")
    return SaSet(
        set_id=1,
        impi=Impi("001010000000001@ims.example"),
        end=end,
        ue=UE.address,
        pcscf=PCSCF.address,
        ports=Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062)),
        spis=Spis(uc=Spi(0x1001), us=Spi(0x1002), pc=Spi(0x2001), ps=Spi(0x2002)),
        suite=suite,
        keys=expand(suite, Secret(bytes(16)), Secret(bytes(16))),
    )


def request(method: str = "MESSAGE", uri: str = "sip:ue2@ims.example") -> Request:
    return make_request(method, uri, [("CSeq", f"1 {method}"), ("Call-ID", "c")])


def said(
    sender: Host,
    receiver: Host,
    message: Request | Response,
    *,
    at: int = 0,
    sa: str | None = "SA1-up",
    step: str = "",
    link: str = GM,
    held_by: Sequence[End] = BOTH,
    again: bool = False,
) -> Said:
    src, dst = Endpoint(sender.address, Port(6100)), Endpoint(receiver.address, Port(5062))
    spi = 0x2002 if sa else None
    seen = SeenMessage(Micros(at), Transport.UDP, src, dst, sa, spi, message, step, tuple(held_by), again)
    return Said(Micros(at), link, sender, receiver, seen)


def drawn(*moments: Moment) -> list[str]:
    return [text.plain for text in Ladder(HOSTS, Micros(0)).draw(moments)]


def test_clear_text_and_esp_differ_without_colour() -> None:
    """A dashed line is clear text, a double one ESP, with its SA and SPI."""
    clear = drawn(said(UE, PCSCF, request(), sa=None))[-1]
    esp = drawn(said(UE, PCSCF, request()))[-1]
    assert "├╌╌ clear text · udp ╌" in clear
    assert clear.index("╌>│") == esp.index("═►│")
    assert "╞══ SA1-up · SPI 0x00002002 · udp ═" in esp


def test_ports_stand_at_their_ends() -> None:
    up = drawn(said(UE, PCSCF, request()))[-1].split()
    down = drawn(said(PCSCF, UE, request()))[-1].split()
    assert (up[0], up[-2:]) == ("6100", ["5062", "│"])
    assert (down[0], down[-2:]) == ("5062", ["6100", "│"])


def test_the_set_is_drawn_when_both_ends_have_it() -> None:
    """Paper, Figure 1; SA-01: two pairs, four SPIs, each with the ports of its ends."""
    first, rest = (
        drawn(SetUp(Micros(0), PCSCF, a_set(End.PCSCF)))[-1],
        drawn(SetUp(Micros(0), PCSCF, a_set(End.PCSCF)), SetUp(Micros(5000), UE, a_set(End.UE)))[-6:],
    )
    assert "■ set installed: four SAs, temporary" in first
    assert "two pairs up: four SPIs" in rest[0]
    assert "0.005" in rest[0]
    assert [row.split("│")[0].split("╞")[0].strip() for row in rest[1:5]] == [
        "port_uc",
        "6100",
        "port_us",
        "6101",
    ]
    for row, name, spi, head in zip(
        rest[1:5],
        ("SA1-up", "SA1-dn", "SA2-dn", "SA2-up"),
        (0x2002, 0x1001, 0x1002, 0x2001),
        "►◄◄►",
        strict=True,
    ):
        assert f"{name}  SPI 0x{spi:08x}" in row
        assert head in row
    assert "hmac-sha-1-96/aes-cbc" in rest[5]


def test_the_home_network_has_a_lifeline_or_a_short_arrow() -> None:
    """One UE leaves room for the home network; two do not."""
    alone = drawn(said(UE, PCSCF, request()), said(PCSCF, HOME, request(), link=CORE))
    both = drawn(
        said(UE, PCSCF, request()), said(PCSCF, HOME, request(), link=CORE), said(PCSCF, UE2, request())
    )
    assert alone[0].split() == ["UE", "P-CSCF", "Home"]
    assert "├── MESSAGE sip:ue2@ims.example ──" in alone[-1]
    assert alone[-1].endswith("─>│")
    assert both[0].split() == ["UE", "P-CSCF", "UE", "2"]
    assert any("─> Home" in row for row in both)


@pytest.mark.parametrize(
    ("step", "there"), [("SM1", "SM2"), ("SM6", "SM5"), ("SM7", "SM8"), ("SM12", "SM11")]
)
def test_steps_behind_the_pcscf_have_their_own_numbers(step: str, there: str) -> None:
    row = drawn(said(PCSCF, HOME, request("REGISTER"), link=CORE, step=step))[-1]
    assert f" {there} REGISTER" in row


def test_what_the_receiver_cannot_open_ends_in_a_cross() -> None:
    """ERR-01: the P-CSCF does not hold the key."""
    assert "✗│" in drawn(said(UE, PCSCF, request(), held_by=[End.UE]))[-1]


def test_answers_say_to_what_and_repetitions_say_so() -> None:
    answer = make_response(request(), 200)
    assert "200 OK to MESSAGE" in drawn(said(PCSCF, UE, answer))[-2]
    assert "again: MESSAGE sip:ue2@ims.example" in drawn(said(UE, PCSCF, request(), again=True))[-2]


def test_a_long_silence_is_a_gap() -> None:
    rows = drawn(Scene(Micros(0), "one"), said(UE, PCSCF, request(), at=2 * SECOND))
    assert rows[-3].startswith("      ┊")
    assert rows[-2].startswith("  2.000")


def test_connections_remarks_and_removal() -> None:
    flow = Flow(Transport.UDP, Endpoint(UE.address, Port(1)), Endpoint(PCSCF.address, Port(2)))
    segment = Segment(
        Transport.TCP, Endpoint(PCSCF.address, Port(5064)), Endpoint(UE.address, Port(6101)), b"", 1, SYN
    )
    head = EspHead(0x1002, 1, "SA2-dn", BOTH)
    packet = SeenPacket(Micros(0), PCSCF.address, UE.address, 50, 60, head, segment)
    text = "\n".join(
        drawn(
            Connects(Micros(0), PCSCF, UE, packet),
            Connects(
                Micros(0), UE, PCSCF, SeenPacket(Micros(0), UE.address, PCSCF.address, 6, 60, None, segment)
            ),
            Fact(Micros(0), UE, Registered(Impi("i"), Impu("u"), 600)),
            Fact(Micros(0), PCSCF, Registered(Impi("i"), Impu("u"), 600)),
            Fact(Micros(0), PCSCF, Refused(Refusal.NO_COMMON_ALGORITHM, flow)),
            Fact(Micros(0), PCSCF, object()),
            SetGone(Micros(0), UE, a_set(End.UE)),
        )
    )
    assert "6101 │◄═ TCP connects inside SA2-dn ═" in text
    assert "├╌╌ TCP connects ╌" in text
    assert text.count("registered for 600 s") == 1
    assert "✗ no algorithm in common" in text
    assert "□ set removed, with its four SAs" in text


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_nothing_is_wider_than_the_screen_and_nothing_is_cut(width: int) -> None:
    long = request(uri="sip:" + "z" * 300 + "@ims.example")
    moments: list[Moment] = [
        Scene(Micros(0), " ".join(["word"] * 40)),
        said(UE, PCSCF, long, at=999 * SECOND),
        said(PCSCF, HOME, long, link=CORE, at=999 * SECOND),
        said(HOME, PCSCF, long, link=CORE, at=999 * SECOND),
        said(PCSCF, UE2, long, at=999 * SECOND),
        Fact(Micros(0), HOME, Refused(Refusal.WRONG_RESPONSE, Flow(Transport.UDP, UE_END, UE_END))),
    ]
    rows = [text.plain for text in Ladder(HOSTS, Micros(0), width).draw(moments)]
    assert max(map(len, rows)) <= width
    text = "".join(rows)
    assert (text.count("word"), text.count("z")) == (40, 4 * 300)


UE_END = Endpoint(UE.address, Port(1))


def test_a_terminal_without_the_letters_gets_ascii() -> None:
    for text in Ladder(HOSTS, Micros(0)).draw(
        [
            SetUp(Micros(0), PCSCF, a_set(End.PCSCF)),
            SetUp(Micros(0), UE, a_set(End.UE)),
            said(UE, PCSCF, request("x" * 60), sa=None),
            said(PCSCF, UE, request(), held_by=[End.PCSCF]),
            SetGone(Micros(0), UE, a_set(End.UE)),
        ]
    ):
        plain = in_ascii(text).plain
        assert plain.isascii()
        assert len(plain) == len(text.plain)


def test_rows_and_words() -> None:
    row = Row(10)
    row.put(8, "abcd")
    row.end(3, "xy")
    row.centre(0, "mid")
    assert row.text().plain == "midy    ab"
    assert folded("abcdef", 4) == ["abcd", "ef"]
    assert folded("abcd", 4) == ["abcd"]
    assert folded("REGISTER sip:ims.example.org", 15) == ["REGISTER", "sip:ims.example", ".org"]
    assert folded("MESSAGE sip:c3a555ec31c81b4b@[fd00::1]:6101", 26) == [
        "MESSAGE",
        "sip:c3a555ec31c81b4b",
        "@[fd00::1]:6101",
    ]
    assert isinstance(row.text(), Text)
