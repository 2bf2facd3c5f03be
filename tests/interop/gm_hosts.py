"""Two hosts in namespaces of their own, UE and P-CSCF, with an engine each and a wire in between."""

import errno
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket

import pytest
from tests.figure1_sets import FAMILIES, GCM, sa_set

from twopair.backends.userspace import ports
from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ports import PacketPort
from twopair.base import Suite
from twopair.core.sa import End, PortName, SaSet
from twopair.live.entropy import OsEntropy
from twopair.live.lab.namespace import Namespace, gain_rights
from twopair.wire import ip

PATIENCE_S = 2.0


class GmHost:
    """One host: namespace, device, engine, with its protected ports closed and a set installed."""

    def __init__(self, end: End, version: int, suite: Suite = GCM) -> None:
        self.set = self.set_of(end, version, suite)
        self.address = self.set.address(end)
        self.engine = Engine(OsEntropy())
        for name in PortName:
            if name.end is end:
                self.engine.close(self.set.endpoint(name))
        self.engine.install(self.set)
        self.namespace = Namespace()
        with self.namespace.entered():
            self.port, self.why = ports.open_port("gm", [self.address])

    @staticmethod
    def set_of(end: End, version: int, suite: Suite) -> SaSet:
        """The set of a host."""
        ue, pcscf = FAMILIES[version]
        return sa_set(end, suite, ue=ue, pcscf=pcscf)

    def socket(self, kind: int, port: int) -> socket:
        """A non-blocking socket bound to one of the host's ports."""
        sock = self.namespace.socket(AF_INET6 if ":" in self.address else AF_INET, kind)
        sock.setblocking(False)
        if kind == SOCK_STREAM:
            sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        sock.bind((self.address, port))
        return sock

    def close(self) -> None:
        with self.namespace.entered():
            self.port.close()
        self.namespace.close()


class Gm:
    """Both hosts.

    Attributes:
        packets: what crossed the wire between them, with who sent it (None: the attacker).
        inner: what the hosts' kernels sent, before ESP.
    """

    def __init__(self, hosts: Mapping[End, GmHost]) -> None:
        self.hosts = hosts
        self.packets: list[tuple[End | None, bytes]] = []
        self.inner: list[tuple[End, bytes]] = []

    @property
    def ue(self) -> GmHost:
        return self.hosts[End.UE]

    @property
    def pcscf(self) -> GmHost:
        return self.hosts[End.PCSCF]

    def run(self, until: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        """Carry packets until something is the case, or patience ends; says whether it is."""
        ends = {host.port.fileno(): end for end, host in self.hosts.items()}
        over = time.monotonic() + patience_s
        while not until():
            if time.monotonic() > over:
                return False
            for fd in select.select(list(ends), [], [], 0.02)[0]:
                self._carry(ends[fd], self.hosts[ends[fd]].port)
        return True

    def settle(self) -> None:
        """Carry packets until none have come for a little while."""
        self.run(lambda: False, 0.15)

    def inject(self, receiver: End, packet: bytes) -> None:
        """The attacker puts a packet on the wire."""
        self.packets.append((None, packet))
        self._deliver(receiver, packet)
        self.settle()

    def sent_by(self, end: End) -> list[bytes]:
        return [packet for sender, packet in self.packets if sender is end]

    def close(self) -> None:
        for host in self.hosts.values():
            host.close()

    def _carry(self, sender: End, port: PacketPort) -> None:
        while (packet := port.read()) is not None:
            self.inner.append((sender, packet))
            for outer in self.hosts[sender].engine.from_host(packet):
                if ip.address_text(ip.parse(outer).dst) != self.hosts[sender.other].address:
                    continue  # the kernel's own multicasts: MLD, IGMP
                self.packets.append((sender, outer))
                self._deliver(sender.other, outer)

    def _deliver(self, receiver: End, packet: bytes) -> None:
        host = self.hosts[receiver]
        for inner in host.engine.from_wire(packet):
            host.port.write(inner)


@contextmanager
def gm_hosts(kind: str, version: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gm]:
    """Two hosts with devices of that kind: for "veth", /dev/net/tun is as good as closed to us."""
    gain_rights()
    if kind == "tun" and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip("/dev/net/tun may not be opened")
    if kind == "veth":

        def refuse(_name: str) -> PacketPort:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(ports, "TunPort", refuse)
    gm = Gm({end: GmHost(end, version) for end in End})
    try:
        yield gm
    finally:
        gm.close()


def received(sock: socket) -> bytes | None:
    """What a socket has, or None."""
    with suppress(BlockingIOError):
        return sock.recv(65535)
    return None


def collected(gm: Gm, sock: socket, octets: int) -> bytes:
    """What a socket gets, until it is that much or patience ends."""
    got = bytearray()

    def is_enough() -> bool:
        got.extend(received(sock) or b"")
        return len(got) >= octets

    gm.run(is_enough)
    return bytes(got)


def connected(gm: Gm) -> tuple[socket, socket]:
    """A TCP connection from port_uc to port_ps, both ends."""
    listener = gm.pcscf.socket(SOCK_STREAM, gm.pcscf.set.ports.ps)
    listener.listen()
    client = gm.ue.socket(SOCK_STREAM, gm.ue.set.ports.uc)
    with suppress(BlockingIOError):
        client.connect((gm.pcscf.address, gm.pcscf.set.ports.ps))
    accepted: list[socket] = []

    def has_accepted() -> bool:
        with suppress(BlockingIOError):
            accepted.append(listener.accept()[0])
        return bool(accepted)

    assert gm.run(has_accepted)
    listener.close()
    accepted[0].setblocking(False)
    return client, accepted[0]


__all__ = ["SOCK_DGRAM", "SOCK_STREAM", "Gm", "GmHost", "collected", "connected", "gm_hosts", "received"]
