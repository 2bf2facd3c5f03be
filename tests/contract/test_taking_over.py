"""What every IPsec back end promises where a set goes from host to host (ADR 20)."""

import time
from collections.abc import Iterator

import pytest
from tests.contract.test_ipsec_backend import KINDS, close_ports, flows, install
from tests.contract.wires import WIRES, Wire

from twopair.backends.contract import InstallError
from twopair.core.esp import HOST_BLOCK, HOST_BLOCKS, Positions, taken_over
from twopair.core.sa import End

_TOLD_WITHIN_S = 2.0


@pytest.fixture(params=KINDS)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Two hosts whose sets other hosts may have later, protected ports closed."""
    name, version, transport = request.param
    wire = WIRES[name](version, transport, shared=True)
    for end in End:
        close_ports(wire, end)
    yield wire
    wire.close()


def successor(wire: Wire, at: Positions | None) -> None:
    """Another host is the P-CSCF, and has the set of the one before it."""
    assert at is not None
    wire.backends[End.PCSCF] = wire.host(End.PCSCF)
    close_ports(wire, End.PCSCF)
    wire.backends[End.PCSCF].take_over(wire.set_of(End.PCSCF), at)


def moved(wire: Wire, end: End, wanted: tuple[int, int]) -> tuple[int, int]:
    """What the back end tells of set 1, once it is what is wanted, or the patience is over."""
    found, until = (0, 0), time.monotonic() + _TOLD_WITHIN_S
    while found != wanted and time.monotonic() < until:
        found = wire.backends[end].moved().get(1, found)
        time.sleep(0.01)
    return found


def test_it_tells_what_it_has_received(wire: Wire) -> None:
    """Of sets that have moved since, and of no other."""
    install(wire)
    assert wire.backends[End.PCSCF].moved() == {}
    up = [flow for sender, flow, _, _ in flows(wire) if sender is End.UE]
    for times, flow in enumerate(up, 2):
        for _ in range(times):
            assert wire.reaches(End.PCSCF, wire.send(End.UE, flow)[0])
    assert moved(wire, End.PCSCF, (2, 3)) == (2, 3)
    assert wire.backends[End.PCSCF].moved() == {}
    assert wire.reaches(End.PCSCF, wire.send(End.UE, up[1])[0])
    assert moved(wire, End.PCSCF, (2, 4)) == (2, 4)
    wire.backends[End.PCSCF].remove(1)
    assert wire.backends[End.PCSCF].moved() == {}


def test_a_successor_repeats_no_number_and_takes_no_replay(wire: Wire) -> None:
    """SA-06, SA-07, KEY-08: also while the host before it goes on sending."""
    install(wire)
    ups: list[object] = []
    downs: list[object] = []
    for sender, flow, _, _ in flows(wire):
        for _ in range(3):
            (packet,) = wire.send(sender, flow)
            assert wire.reaches(sender.other, packet)
            (ups if sender is End.UE else downs).append(packet)
    late = [wire.send(End.PCSCF, flow)[0] for sender, flow, _, _ in flows(wire) if sender is End.PCSCF]
    tops = [max(map(wire.sequence, up)) for up in (ups[:3], ups[3:])]  # kernels send RSTs, too
    successor(wire, taken_over(1, (tops[0], tops[1])))
    assert not any(wire.reaches(End.PCSCF, packet) for packet in ups)
    for sender, flow, _, _ in flows(wire):
        (packet,) = wire.send(sender, flow)
        assert wire.reaches(sender.other, packet)
        assert sender is End.UE or wire.sequence(packet) - HOST_BLOCK in (1, 2)
    assert not any(wire.reaches(End.UE, packet) for packet in downs + late)


def test_what_was_saved_late_lets_a_replay_in_once(wire: Wire) -> None:
    """What ADR 20 says of replays: those since the last look, and each one time."""
    install(wire)
    flow = next(flow for sender, flow, _, _ in flows(wire) if sender is End.UE)
    packets = [wire.send(End.UE, flow)[0] for _ in range(3)]
    assert all(wire.reaches(End.PCSCF, packet) for packet in packets)
    successor(wire, taken_over(1, (2, 2)))
    assert [wire.reaches(End.PCSCF, packet) for packet in packets * 2] == [False] * 2 + [True] + [False] * 3


def test_a_host_sends_the_numbers_of_its_block_alone(wire: Wire) -> None:
    """KEY-08: the last number of a block is sent, the first of the next is another host's."""
    install(wire)
    successor(wire, Positions(2 * HOST_BLOCK - 3, (0, 0)))
    for sender, flow, _, _ in flows(wire):
        if sender is End.PCSCF:
            sent = [wire.sequence(packet) for _ in range(4) for packet in wire.send(sender, flow)]
            assert sent == [2 * HOST_BLOCK - 2, 2 * HOST_BLOCK - 1]


def test_a_set_that_cannot_be_taken_over_leaves_nothing(wire: Wire) -> None:
    """SA-01: as with one that is installed."""
    install(wire)
    backend = wire.backends[End.PCSCF]
    before = [(c.set_id, c.spi) for c in backend.query()]
    with pytest.raises(InstallError):
        backend.take_over(wire.set_of(End.PCSCF, set_id=2), Positions(HOST_BLOCK, (0, 0)))
    assert [(c.set_id, c.spi) for c in backend.query()] == before


def test_no_block_is_given_twice() -> None:
    """Each owner of a set has one; when all are used the set is given up."""
    starts = [at.sent for owners in range(1, HOST_BLOCKS) if (at := taken_over(owners, (0, 0)))]
    assert starts == [n * HOST_BLOCK for n in range(1, HOST_BLOCKS)]
    assert taken_over(HOST_BLOCKS, (0, 0)) is None
