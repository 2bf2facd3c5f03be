"""Packets through the kernel's ESP and through our engine, between hosts of the same kind, in the same run.

A host is a namespace whose wire is a TUN device, which this process reads and writes. What is counted, for
each side, is all that the machine does for one datagram:

- sending: from the program's `send` until there is a packet of ESP. The kernel has it by then; our engine
  reads from its device and seals.
- receiving: from a packet of ESP until `recv` has given the datagram to the program. The kernel is handed the
  packet through its device; our engine opens it, and hands on what was in it.

To carry packets from host to host costs both the same, and is counted for TCP only. In User-mode Linux each
has a handicap: system calls are dear there, and the kernel's ciphers do without the processor's AES
instructions, which OpenSSL uses.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from select import select
from socket import SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET
from time import perf_counter
from typing import Final

from tests.interop.gm_hosts import Gm, GmHost, connected
from tests.interop.kernel.kernel_host import NoEngine, mixed

from benchmarks.rounds import Rounds
from twopair.base import Suite
from twopair.core.esp import SUITES
from twopair.core.sa import End
from twopair.live.entropy import OsEntropy

PACKET_OCTETS: Final = 900
BURST: Final = 100  # fits a TUN device's queue
STREAM_OCTETS: Final = 50_000
ROUNDS: Final = 20
PATIENCE_S: Final = 10
_DATA: Final = bytes(PACKET_OCTETS - 28)  # IPv4 and UDP
_BUFFER_OCTETS: Final = 1 << 20
WORKS: Final = ("sending", "receiving", "streaming")


class Hosts:
    """A UE and a P-CSCF with a set in use. In these our engine does ESP."""

    def __init__(self, gm: Gm) -> None:
        self._gm = gm
        ports = gm.ue.set.ports
        self._client, self._server = connected(gm)
        self._client.setsockopt(SOL_SOCKET, SO_SNDBUF, _BUFFER_OCTETS)
        self._sender = gm.ue.socket(SOCK_DGRAM, ports.uc)
        self._sender.connect((gm.pcscf.address, ports.ps))
        self._receiver = gm.pcscf.socket(SOCK_DGRAM, ports.ps)
        self._receiver.setblocking(True)
        self._receiver.settimeout(PATIENCE_S)
        self._receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, _BUFFER_OCTETS)
        self._packets: list[bytes] = []

    def sending(self) -> float:
        """Microseconds for a datagram."""
        return per_datagram_us(self._send, self._take_from_wire)

    def receiving(self) -> float:
        """Microseconds for a datagram."""
        self.sending()
        return per_datagram_us(self._put_on_wire, self._receive)

    def streaming(self) -> float:
        """Microseconds for 1,000 octets of TCP through both hosts."""
        begin = perf_counter()
        assert self._client.send(bytes(STREAM_OCTETS)) == STREAM_OCTETS
        hosts = {host.port.fileno(): host for host in self._gm.hosts.values()}
        received = 0
        while received < STREAM_OCTETS:
            readable = select([*hosts, self._server], [], [], PATIENCE_S)[0]
            assert readable, "packets were lost"
            for one in readable:
                if one is self._server:
                    received += len(self._server.recv(STREAM_OCTETS))
                else:
                    self._carry(hosts[one].set.end)
        return (perf_counter() - begin) / STREAM_OCTETS * 1e9

    def close(self) -> None:
        """Close the sockets."""
        for sock in (self._client, self._server, self._sender, self._receiver):
            sock.close()

    def _send(self) -> None:
        for _ in range(BURST):
            self._sender.send(_DATA)

    def _take_from_wire(self) -> None:
        read, from_host = self._gm.ue.port.read, self._gm.ue.engine.from_host
        self._packets = [sealed for packet in iter(read, None) for sealed in from_host(packet)]

    def _put_on_wire(self) -> None:
        write, from_wire = self._gm.pcscf.port.write, self._gm.pcscf.engine.from_wire
        for packet in self._packets:
            for inner in from_wire(packet):
                write(inner)

    def _receive(self) -> None:
        for _ in range(BURST):
            self._receiver.recv(2 * PACKET_OCTETS)

    def _carry(self, sender: End) -> None:
        ours, theirs = self._gm.hosts[sender], self._gm.hosts[sender.other]
        for packet in iter(ours.port.read, None):
            for outer in ours.engine.from_host(packet):
                for inner in theirs.engine.from_wire(outer):
                    theirs.port.write(inner)


class HostsWithoutEngine(Hosts):
    """Here the kernel does ESP, or nobody does: to read from the device is the wire's part."""

    def sending(self) -> float:
        """See `Hosts`."""
        cost = per_datagram_us(self._send)
        self._take_from_wire()
        return cost


class PlainHost(GmHost):
    """A host without IPsec."""

    def __init__(self, end: End, version: int, suite: Suite) -> None:
        super().__init__(end, version, suite)
        self.engine = NoEngine(OsEntropy())


@contextmanager
def plain(suite: Suite) -> Iterator[Gm]:
    """Two hosts without IPsec."""
    gm = Gm({end: PlainHost(end, 4, suite) for end in End})
    try:
        yield gm
    finally:
        gm.close()


def per_datagram_us(*works: Callable[[], None]) -> float:
    """Microseconds for one of a burst."""
    begin = perf_counter()
    for work in works:
        work()
    return (perf_counter() - begin) / BURST * 1e6


def by_turns(suite: Suite) -> Rounds:
    """All three kinds of hosts and all three works: ``kernel sending`` and so on."""
    kinds = {
        "none": (HostsWithoutEngine, plain(suite)),
        "kernel": (HostsWithoutEngine, mixed(4, suite, tuple(End))),
        "engine": (Hosts, mixed(4, suite, ())),
    }
    with ExitStack() as opened:
        works = {}
        for name, (kind, made) in kinds.items():
            hosts = kind(opened.enter_context(made))
            opened.callback(hosts.close)
            works |= {f"{name} {work}": getattr(hosts, work) for work in WORKS}
        return Rounds.run(works, ROUNDS)


def measure() -> None:
    """Print it for every suite."""
    print(
        f"ESP, µs for an IPv4 packet of {PACKET_OCTETS} octets and side; TCP: for 1,000 octets and both sides"
    )
    print(f"median (least..most) of {ROUNDS} rounds by turns; x: engine beside kernel")
    for suite in SUITES:
        print(f"  {suite}")
        rounds = by_turns(suite)
        for work in WORKS:
            costs = (f"{kind} {rounds.cost(f'{kind} {work}'):.1f}" for kind in ("none", "kernel", "engine"))
            ratio = rounds.ratio(f"engine {work}", f"kernel {work}")
            print(f"    {work:10}", *costs, f"  x {ratio:.2f}")
