"""Whatever the bytes: no exception at the P-CSCF, and nothing is left of it in the end."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.nodes.pcscf.bed import CORE, HOME, TCP, UDP, Bed, Ue

from twopair.base import Endpoint, Flow, Port, Received, StreamOpened
from twopair.wire.sip import Request, Response, make_response

SPLINTERS = [
    b"\n",
    b"\r",
    b"\r\n",
    b'"',
    b",",
    b";",
    b"<",
    b">",
    b"\0",
    b"\xff",
    b" ",
    b"=",
    b":",
    b"[",
    b"@",
]


def damaged(data: bytes, dice: Random) -> bytes:
    """Some octets changed, put in, left out or repeated, or some lines moved."""
    octets = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5])):
        at = dice.randrange(len(octets) + 1)
        move = dice.randrange(5)
        if move == 0 and octets:
            octets[at % len(octets)] = dice.randrange(256)
        elif move == 1:
            octets[at:at] = dice.choice(SPLINTERS)
        elif move == 2:
            del octets[at : at + dice.randrange(1, 30)]
        elif move == 3:
            start = dice.randrange(len(octets) + 1)
            octets[at:at] = octets[start : start + dice.randrange(1, 60)]
        else:
            lines = bytes(octets).split(b"\r\n")
            lines.insert(dice.randrange(len(lines)), dice.choice(lines))
            octets = bytearray(b"\r\n".join(lines))
    return bytes(octets)


class Clumsy(Bed):
    """A bed in which some of what arrives is damaged."""

    def __init__(self, dice: Random) -> None:
        self.damage = dice
        super().__init__()

    def receive(self, flow: Flow, data: bytes) -> list[object]:
        if self.damage.random() < 0.2:
            data = damaged(data, self.damage)
        return self.feed(Received(flow, data))


def story(bed: Bed, ue: Ue, dice: Random) -> None:
    """Registration, requests both ways; each step goes on from whatever the last one has left."""
    bed.register(ue)
    bed.reregister(ue)
    for method in ("MESSAGE", "INVITE", "ACK", "CANCEL", "BYE"):
        bed.receive(ue.uplink, ue.request(method, body="hi"))
        for flow, message in bed.sent:
            if flow.local == CORE and isinstance(message, Request):
                bed.core(message, dice.choice([100, 180, 200, 401, 404]), [("Record-Route", "<sip:a;lr>")])
        bed.from_core(ue, method)
        for flow, message in bed.sent:
            if flow.local != CORE and isinstance(message, Request):
                answer = make_response(message, 200, to_tag="x").to_bytes()
                bed.receive(dice.choice([ue.uplink, flow]), answer)


@given(seed=st.integers(min_value=0, max_value=2**32))
@settings(max_examples=150, deadline=None)
def test_damaged_messages(seed: int) -> None:
    """Nothing is raised; in the end no set, no transaction and no deadline is left (ERR-31)."""
    dice = Random(seed)
    bed, ue = Clumsy(dice), Ue(transport=dice.choice([UDP, TCP]))
    try:
        if ue.transport is TCP:
            bed.feed(StreamOpened(ue.clear))
        story(bed, ue, dice)
    except (ValueError, AssertionError, IndexError) as stopped:
        frames = []
        trace = stopped.__traceback__
        while trace is not None:
            frames.append(trace.tb_frame.f_globals["__name__"])
            trace = trace.tb_next
        assert not any(name.startswith("twopair.nodes") for name in frames), frames
    bed.wait(700_000)
    assert bed.installed == set()
    assert len(bed.pcscf.tables.sets) == 0
    assert len(bed.pcscf.tables.subscribers) == 0
    assert len(bed.pcscf.tables.layer) == 0
    assert bed.pcscf.next_deadline() is None


@given(data=st.binary(max_size=200), port=st.sampled_from([5060, 5062, 5064, 9]), stream=st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_bytes_on_any_port(data: bytes, port: int, stream: bool) -> None:
    """MALFORMED_SIP, STREAM_BROKEN, NO_SA_SET: counted, never answered with anything but SIP."""
    bed, ue = Bed(), Ue(transport=TCP if stream else UDP)
    flow = ue.flow(6000, port)
    if stream:
        bed.feed(StreamOpened(flow))
    bed.feed(Received(flow, data))
    bed.feed(Received(Flow(UDP, CORE, HOME), data))
    for _, message in bed.sent:
        assert isinstance(message, Response)
    assert Endpoint("10.10.0.1", Port(5060)) in bed.pcscf.tables.doors
