"""The moves of an attacker, one by one, on marked packets."""

from collections.abc import Sequence

import pytest

from twopair.attack.attacker import Attacker
from twopair.attack.defences import DEFENCES, Build
from twopair.attack.forge import bump, only_last, put, read, then, without
from twopair.attack.moves import Change, Damage, Drop, Hold, Inject, Move, Notes, Reflect, Replay
from twopair.attack.on_marks import Marks
from twopair.attack.sight import Forged, Sight, Trick
from twopair.backends.memory import Mark
from twopair.base import Endpoint, Flow, Port, Secret, Spi, Transport
from twopair.crypto.annex_i import EspKeys
from twopair.live.lab.plan import usual
from twopair.sim import Kind, Packet

UE = Endpoint("10.0.1.1", Port(6100))
PCSCF = Endpoint("10.0.0.1", Port(5062))
NAMES = {UE.address: "ue", PCSCF.address: "pcscf"}
CLEAR = Packet(Kind.DATAGRAM, Flow(Transport.UDP, UE, PCSCF), None, b"REGISTER sip:home SIP/2.0\r\n")
SM1 = (
    b"REGISTER sip:home SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1:5070\r\n"
    b"Security-Client: ipsec-3gpp;alg=a;port-s=6109, ipsec-3gpp;alg=b;port-s=6109\r\n"
    b"Security-Verify: x;port-s=1\r\nContent-Length: 0\r\n\r\n"
)


def esp(packet: Packet = CLEAR) -> Packet:
    return packet._replace(mark=Mark(Spi(4097), 1, EspKeys(Secret(b"i"), Secret(b"e"), Secret(b"s"))))


def anything(_sight: Sight) -> bool:
    return True


def attacker(*moves: Move, readable: bool = False) -> Attacker[Packet]:
    return Attacker(Marks(NAMES, readable=readable), moves)


def fates(packet: Packet, *moves: Move) -> Sequence[tuple[float, Packet]]:
    return attacker(*moves).take(packet)


def test_without_a_move_everything_passes() -> None:
    assert fates(CLEAR) == [(0, CLEAR)]


def test_each_move() -> None:
    """Drop, hold, replay, change: what arrives, and when."""
    assert fates(CLEAR, Drop(on=anything)) == []
    assert fates(CLEAR, Hold(on=anything, for_s=3)) == [(3, CLEAR)]
    assert fates(CLEAR, Replay(on=anything, after_s=9)) == [(0, CLEAR), (9, CLEAR)]
    changed = Change(on=anything, edit=lambda text, _notes: text + b"x")
    assert fates(CLEAR, changed) == [(0, CLEAR._replace(data=CLEAR.data + b"x"))]


def test_what_is_protected_is_neither_read_nor_changed_unseen() -> None:
    """A mark is what ESP would be: an attacker can spoil it, and cannot make it."""
    someone = attacker(Damage(on=anything))
    [(_, damaged)] = someone.take(esp())
    assert damaged.mark is not None
    assert damaged.mark.keys is None
    [seen] = someone.notes
    assert (seen.text, seen.src.port, seen.dst.port, seen.transport) == (b"", 0, 0, None)
    assert attacker(readable=True).wire.see(esp()).text == CLEAR.data


def test_a_reflected_packet_has_its_addresses_exchanged_and_its_ports_not() -> None:
    """The ports are inside; the addresses are not."""
    (_, passed), (_, back) = fates(esp(), Reflect(on=anything))
    assert passed == esp()
    assert back.flow.local == Endpoint(PCSCF.address, UE.port)
    assert back.flow.remote == Endpoint(UE.address, PCSCF.port)


@pytest.mark.parametrize("instead", [False, True])
def test_inject_adds_packets_from_any_source(instead: bool) -> None:
    """Spoofing; the packet that gave the occasion passes, or does not."""
    forged = Forged(PCSCF, UE, b"hello")
    move = Inject(on=anything, forge=lambda _seen, _notes: [forged], instead=instead)
    made, *passed = fates(CLEAR, move)
    assert made == (0, Packet(Kind.DATAGRAM, Flow(Transport.UDP, PCSCF, UE), None, b"hello"))
    assert passed == ([] if instead else [(0, CLEAR)])


def test_the_first_move_that_fits_is_made_as_often_as_it_says() -> None:
    someone = attacker(Drop(on=lambda s: s.sender == "ue", times=1), Hold(on=anything, for_s=1))
    assert someone.take(CLEAR) == []
    assert someone.take(CLEAR) == [(1, CLEAR)]
    assert someone.made == 2
    someone.begin()
    assert someone.take(CLEAR) == [(0, CLEAR)]


def test_there_is_no_icmp_in_a_simulated_network() -> None:
    assert attacker().forge([Forged(PCSCF, UE, b"", Trick.UNREACHABLE)]) == []


def test_edits() -> None:
    """Numbers keep their length, lists lose elements, headers go; all else stays as it is."""
    notes = Notes()
    assert bump("port-s", "Security-Client")(SM1, notes) == SM1.replace(b"port-s=6109", b"port-s=6100")
    assert b"x;port-s=2" in bump("port-s")(SM1, notes)
    assert read(put("port-s", lambda _notes: "77")(SM1, notes), "port-s") == "77"
    weak = only_last("Security-Client")(SM1, notes)
    assert b"alg=a" not in weak
    assert b"alg=b" in weak
    bare = then(without("Security-Client"), without("Security-Verify"))(SM1, notes)
    assert b"Security" not in bare


@pytest.mark.parametrize("name", DEFENCES)
def test_every_defence_can_be_missing(name: str) -> None:
    """Taking it away changes the build, and nothing else takes the same away."""
    whole = Build(usual())
    assert whole.without(name) != whole
    assert whole.without() == whole
