"""What every IPsec back end promises; one suite for all of them, IPv4 and IPv6, UDP and TCP."""

from collections.abc import Iterator
from itertools import product

import pytest
from tests.contract.wires import WIRES, Wire
from tests.figure1_sets import PORTS, SPIS

from twopair.backends.contract import InstallError
from twopair.base import Endpoint, Flow, Port, Spi, Transport
from twopair.core.sa import ARROWS, End, PortName, Ports, Spis

OTHER_PORTS = Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062))
OTHER_SPIS = Spis(uc=Spi(5097), us=Spi(5098), pc=Spi(9193), ps=Spi(9194))
KINDS = [
    pytest.param(
        (name, version, transport),
        id=f"{name}-IPv{version}-{transport.value}",
        marks=[pytest.mark.guest] if name == "kernel" else [],
    )
    for name, version, transport in product(WIRES, (4, 6), Transport)
]


@pytest.fixture(params=KINDS)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Two hosts, protected ports closed, nothing installed."""
    name, version, transport = request.param
    wire = WIRES[name](version, transport)
    for end in End:
        close_ports(wire, end)
    yield wire
    wire.close()


def close_ports(wire: Wire, end: End) -> None:
    for port in PortName:
        if port.end is end:
            wire.backends[end].close(wire.set_of(end).endpoint(port))


def install(wire: Wire) -> None:
    for end in End:
        wire.backends[end].install(wire.set_of(end))


def flows(wire: Wire) -> list[tuple[End, Flow, Spi, str]]:
    """The four arrows: sender, flow as it sees it, SPI expected on the wire, name."""
    found = []
    for arrow in ARROWS:
        of = wire.set_of(arrow.sender)
        flow = of.flow(wire.transport, arrow.ports.src, arrow.ports.dst)
        found.append((arrow.sender, flow, SPIS.of(arrow.spi_of), arrow.name))
    return found


def test_four_sas_carry_what_figure_1_says(wire: Wire) -> None:
    """SA-01, SA-09: each arrow goes under its own SPI, and arrives."""
    install(wire)
    for sender, flow, spi, _ in flows(wire):
        (packet,) = wire.send(sender, flow)
        assert wire.spi(packet) == spi
        assert wire.reaches(sender.other, packet)


@pytest.mark.parametrize("installed", [False, True])
def test_clear_text_to_a_protected_port_never_reaches_the_node(wire: Wire, installed: bool) -> None:
    """Law 1 (SA-21, ERR-17): whoever it claims to be from, before, during and after a set's life."""
    for times in range(2):
        if installed and not times:
            install(wire)
        for sender, flow, _, _ in flows(wire):
            for address in (flow.local.address, flow.remote.address.replace("1", "7", 1)):
                for port in (flow.local.port, PORTS.uc, Port(5060), Port(40000)):
                    claimed = Endpoint(address, port)
                    packet = wire.clear(Flow(wire.transport, claimed, flow.remote))
                    assert not wire.reaches(sender.other, packet), claimed
        for end in End:
            wire.backends[end].remove(1)
    assert wire.backends[End.PCSCF].drops()["CLEAR_TO_PROTECTED"] >= 32


def test_a_protected_port_never_speaks_in_the_clear(wire: Wire) -> None:
    """SA-21: without a set, to another port, after the set is gone."""
    for sender, flow, _, _ in flows(wire):
        assert wire.send(sender, flow) == []
    install(wire)
    for sender, flow, _, _ in flows(wire):
        elsewhere = flow._replace(remote=Endpoint(flow.remote.address, Port(5060)))
        assert wire.send(sender, elsewhere) == []
        wire.backends[sender].remove(1)
        assert wire.send(sender, flow) == []
    assert wire.backends[End.UE].drops()["CLEAR_FROM_PROTECTED"] == 6


def test_a_reopened_port_is_free(wire: Wire) -> None:
    """And one that was closed twice is reopened once; reopening what is open does nothing."""
    of = wire.set_of(End.PCSCF)
    port = of.endpoint(PortName.PS)
    backend = wire.backends[End.PCSCF]
    backend.close(port)
    backend.reopen(port)
    backend.reopen(port)
    clear = wire.clear(of.flow(wire.transport, PortName.UC, PortName.PS).mirrored())
    assert wire.reaches(End.PCSCF, clear)
    still = wire.clear(Flow(wire.transport, Endpoint(of.ue, Port(40000)), of.endpoint(PortName.PC)))
    assert not wire.reaches(End.PCSCF, still)


def test_unprotected_ports_are_left_alone(wire: Wire) -> None:
    install(wire)
    of = wire.set_of(End.UE)
    flow = Flow(wire.transport, Endpoint(of.ue, Port(5060)), Endpoint(of.pcscf, Port(5060)))
    (packet,) = wire.send(End.UE, flow)
    assert wire.spi(packet) is None
    assert wire.reaches(End.PCSCF, packet)


CONFLICTS: list[dict[str, object]] = [
    {"set_id": 1},
    {"spis": OTHER_SPIS._replace(uc=OTHER_SPIS.us)},  # SA-15
    {"spis": OTHER_SPIS._replace(pc=OTHER_SPIS.ps)},  # SA-16
    {"spis": OTHER_SPIS._replace(ps=OTHER_SPIS.uc)},  # SA-16: else a packet could be reflected
    {"spis": OTHER_SPIS._replace(us=SPIS.us)},  # SA-15: in use
    {"spis": OTHER_SPIS._replace(ps=SPIS.ps)},  # SA-16: in use
    {"spis": OTHER_SPIS._replace(pc=Spi(255))},  # SA-17
    {"ports": PORTS},  # SA-22
]


@pytest.mark.parametrize("changes", CONFLICTS)
@pytest.mark.parametrize("end", End)
def test_a_failed_install_leaves_nothing_behind(wire: Wire, end: End, changes: dict[str, object]) -> None:
    """Law 2 (SA-01, ERR-24): not in the tables, and not on the wire; what stood still stands."""
    install(wire)
    backend = wire.backends[end]
    before = list(backend.query())
    wanted = {"set_id": 2, "ports": OTHER_PORTS, "spis": OTHER_SPIS} | changes
    with pytest.raises(InstallError):
        backend.install(wire.set_of(end, **wanted))
    assert list(backend.query()) == before
    good = wire.set_of(end, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS)
    for arrow in ARROWS:
        if arrow.sender is end:
            leak = good.flow(wire.transport, arrow.ports.src, arrow.ports.dst)
            assert all(wire.spi(p) is None for p in wire.send(end, leak))
    backend.install(good)
    for sender, flow, _, _ in flows(wire):
        assert wire.reaches(sender.other, wire.send(sender, flow)[0])


def test_old_and_new_set_work_side_by_side(wire: Wire) -> None:
    """RRG-06: told apart by ports alone; removing one leaves the other."""
    install(wire)
    for end in End:
        wire.backends[end].install(wire.set_of(end, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS))
    new = wire.set_of(End.UE, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS)
    flow = new.flow(wire.transport, PortName.UC, PortName.PS)
    (packet,) = wire.send(End.UE, flow)
    assert wire.spi(packet) == OTHER_SPIS.ps
    assert wire.reaches(End.PCSCF, packet)
    for end in End:
        wire.backends[end].remove(1)
    (packet,) = wire.send(End.UE, flow)
    assert wire.reaches(End.PCSCF, packet)
    assert {c.set_id for end in End for c in wire.backends[end].query()} == {2}


def test_a_replayed_packet_never_reaches_the_node(wire: Wire) -> None:
    """SA-06, ERR-07."""
    install(wire)
    for sender, flow, _, name in flows(wire):
        (packet,) = wire.send(sender, flow)
        assert wire.reaches(sender.other, packet)
        assert not wire.reaches(sender.other, packet)
        counters = {c.name: c for c in wire.backends[sender.other].query()}
        assert (counters[name].packets, counters[name].replayed) == (1, 1)
    assert wire.backends[End.UE].drops() == {"REPLAYED": 2}


def test_removal_ends_a_set(wire: Wire) -> None:
    """UNP-07, KEY-10: packets on their way find no SA; removing twice does nothing."""
    install(wire)
    sent = [(sender, wire.send(sender, flow)[0]) for sender, flow, _, _ in flows(wire)]
    for end in End:
        wire.backends[end].remove(1)
        wire.backends[end].remove(1)
        assert list(wire.backends[end].query()) == []
    assert not any(wire.reaches(sender.other, packet) for sender, packet in sent)
    assert wire.backends[End.PCSCF].drops() == {"UNKNOWN_SPI": 2}


def test_a_removed_set_can_be_installed_anew(wire: Wire) -> None:
    """With other SPIs and keys, on the same ports."""
    install(wire)
    for end in End:
        wire.backends[end].remove(1)
        wire.backends[end].install(wire.set_of(end, set_id=3, spis=OTHER_SPIS, key=bytes(16)))
    sender, flow, _, _ = flows(wire)[0]
    assert wire.reaches(sender.other, wire.send(sender, flow)[0])


def test_query_names_every_sa(wire: Wire) -> None:
    """SA-23."""
    install(wire)
    for end in End:
        found = {c.name: c.spi for c in wire.backends[end].query()}
        assert found == {arrow.name: SPIS.of(arrow.spi_of) for arrow in ARROWS}


def test_one_set_is_counted_without_the_others(wire: Wire) -> None:
    """SA-23: the same as among all; a set that is not there has no SAs."""
    install(wire)
    for end in End:
        wire.backends[end].install(wire.set_of(end, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS))
    for sender, flow, _, _ in flows(wire):
        assert wire.reaches(sender.other, wire.send(sender, flow)[0])
    for backend in wire.backends.values():
        assert all(c.packets for c in backend.counters(1))
        assert list(backend.counters(1)) == [c for c in backend.query() if c.set_id == 1]
        assert {c.spi for c in backend.counters(2)} == set(OTHER_SPIS)
        backend.remove(1)
        assert list(backend.counters(1)) == []


def test_features_name_what_can_be_installed(wire: Wire) -> None:
    backend = wire.backends[End.UE]
    assert backend.features.name in WIRES
    for n, suite in enumerate(backend.features.suites):
        backend.install(wire.set_of(End.UE, set_id=n, suite=suite))
        backend.remove(n)
