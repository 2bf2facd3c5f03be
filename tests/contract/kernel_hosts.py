"""A host of its own for the kernel back end: namespace, TUN device as its wire, sockets."""

import errno
from collections.abc import Iterable
from contextlib import suppress
from select import select
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)
from typing import Final

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.netlink import Netlink
from twopair.backends.userspace.ports import open_port
from twopair.base import Endpoint, Flow, Port, Transport
from twopair.live.lab.namespace import Namespace
from twopair.wire import ip
from twopair.wire.esp import ESP

_MARKER_PORT: Final = 9
_PATIENCE_S: Final = 5
_THREAD_S: Final = 0.2


class KernelHost:
    """One end of a wire.

    Whether a packet got through is seen by a raw socket, which the kernel gives what has passed IPsec.
    Every question ends with a clear marker that comes last, so that no time has to be waited for
    unless ESP ends in nothing.

    Args:
        address: its own.
        peer: of the other host.
        transport: which protocol the raw socket listens to.
    """

    def __init__(
        self,
        address: str,
        peer: str,
        transport: Transport,
        *,
        netlink: type[Netlink] = Netlink,
        shared: bool = False,
    ) -> None:
        self.address = address
        self.peer = peer
        self._family = AF_INET6 if ":" in address else AF_INET
        self.namespace = Namespace()
        with self.namespace.entered():
            self.port, _ = open_port("gm", [address])
            self.backend = KernelBackend(netlink=netlink, shared=shared)
        protocol = IPPROTO_TCP if transport is Transport.TCP else IPPROTO_UDP
        with self.namespace.entered():
            self._raw = socket(self._family, SOCK_RAW, protocol)
        self._raw.setblocking(False)
        self._marker = self.namespace.socket(self._family, SOCK_DGRAM)
        self._marker.bind((address, _MARKER_PORT))
        self._marker.setblocking(False)

        self._sinks: list[socket] = []

    def listen(self, ports: Iterable[Port]) -> None:
        """Have programs there, so that the kernel sees no reason for an ICMP message."""
        for port in ports:
            sock = self.namespace.socket(self._family, SOCK_DGRAM)
            sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            sock.bind((self.address, port))
            self._sinks.append(sock)

    def send(self, flow: Flow, data: bytes = b"MESSAGE") -> list[bytes]:
        """What is on the wire when a program of this host sends a datagram, or opens a connection."""
        self.wire()
        kind = SOCK_STREAM if flow.transport is Transport.TCP else SOCK_DGRAM
        with self.namespace.socket(self._family, kind) as sock:
            sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind(flow.local)
            try:
                if flow.transport is Transport.UDP:
                    sock.sendto(data, flow.remote)
                else:
                    sock.connect(flow.remote)
            except BlockingIOError:
                pass
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL):
                    raise
            return self.wire()

    def wire(self) -> list[bytes]:
        """Packets to the peer since the last call."""
        self._marker.sendto(b"marker", (self.peer, _MARKER_PORT))
        found: list[bytes] = []
        while True:
            assert select([self.port.fileno()], [], [], _PATIENCE_S)[0], "the marker never came"
            packet = self.port.read()
            assert packet is not None
            if packet.endswith(b"marker"):
                return found
            if ip.parse(packet).dst == ip.address_octets(self.peer):
                found.append(packet)

    def gets(self, packet: bytes) -> bool:
        """Whether what is in a packet gets past IPsec."""
        self._seen()
        self.port.write(packet)
        marker = Endpoint(self.peer, Port(_MARKER_PORT)), Endpoint(self.address, Port(_MARKER_PORT))
        (src, src_port), (dst, dst_port) = marker
        self.port.write(ip.udp_datagram(src, src_port, dst, dst_port, b"marker"))
        assert select([self._marker], [], [], _PATIENCE_S)[0], "the marker never came"
        self._marker.recv(100)
        if ip.parse(packet).protocol == ESP:  # what comes out of ESP is handed on by a kernel thread
            while not (seen := self._seen()) and select([self._raw], [], [], _THREAD_S)[0]:
                pass
            return seen
        return self._seen()

    def _seen(self) -> bool:
        """Whether the raw socket saw anything but markers since the last call."""
        seen = False
        with suppress(BlockingIOError):
            while True:
                seen |= not self._raw.recv(65535).endswith(b"marker")
        return seen

    def close(self) -> None:
        """Let all of it go."""
        self.backend.shut_down()
        with self.namespace.entered():
            self.port.close()
        for sock in (self._raw, self._marker, *self._sinks):
            sock.close()
        self.namespace.close()
