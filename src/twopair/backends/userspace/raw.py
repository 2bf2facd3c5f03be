"""The engine on an ordinary host: ESP through raw sockets, the kernel's own UDP and TCP through a TUN.

For services that have an address on a real interface::

    sockets of the node ⇄ kernel ⇄ rules ⇄ TUN ⇄ engine ⇄ raw sockets ⇄ network
"""

import ctypes
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from socket import AF_INET, AF_INET6, IPPROTO_RAW
from typing import Final, NamedTuple

from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.backends.userspace.ports import TunPort
from twopair.backends.userspace.rules import DEVICE_PREFIX, PolicyRoutes, RoutesOfAnother
from twopair.base import Endpoint, Entropy
from twopair.bursts import packets
from twopair.core.esp import WHOLE, Ledger
from twopair.wire.esp import ESP

_IPV6_HDRINCL: Final = 36
_SO_ATTACH_FILTER: Final = 26
_BUFFER_OCTETS: Final = 4 << 20
_BURST: Final = 64
"""Packets taken from one descriptor before others get their turn."""


class Queue(NamedTuple):
    """What one of several workers has of a TUN device.

    Args:
        descriptor: of its queue.
        choose: has a raw socket of a family take only what comes from the worker's UEs.
    """

    descriptor: int
    choose: Callable[[socket.socket], None]


class RawWire(Engine):
    """An `IpsecBackend` for one process on an ordinary host: engine, TUN device, raw sockets, rules.

    It acts in the network namespace of the thread that makes it, and is to be called from there.
    Clear text that the kernel's rules and filters stop does not reach it, so `drops` has none of it.

    Args:
        entropy: where the IVs of CBC come from.
        mtu: of the network, in octets.
        ledger: where counters are written down, if they are to outlive the process.
        index: of the TUN device, that of the predecessor, whose rules stand until `settle`; 0 for any.
        block: how many sequence numbers of an SA are this host's.
        queue: of a device that several share, whose rules are made elsewhere; None: a device of its own.

    Attributes:
        unsent: ESP packets that the network would not take (no route, no buffer, MTU).

    Raises:
        OSError: no right to make the TUN device, the sockets or the rules; nothing is left behind.
    """

    def __init__(
        self,
        entropy: Entropy,
        *,
        mtu: int = WIRE_MTU,
        ledger: Ledger | None = None,
        index: int = 0,
        block: int = WHOLE,
        queue: Queue | None = None,
    ) -> None:
        super().__init__(entropy, mtu=mtu, ledger=ledger, block=block)
        self.unsent = 0
        self._tun = TunPort(f"{DEVICE_PREFIX}%d", index, queue.descriptor if queue else None)
        self._sockets: dict[tuple[int, int], socket.socket] = {}
        self._alone: dict[int, bool] = {AF_INET: True, AF_INET6: True}
        try:
            for family in (AF_INET, AF_INET6):
                for protocol in (ESP, IPPROTO_RAW):
                    self._sockets[family, protocol] = _raw_socket(family, protocol)
                if queue:
                    queue.choose(self._sockets[family, ESP])
            name = self._tun.name
            self._routes: PolicyRoutes | RoutesOfAnother = (
                RoutesOfAnother(name) if queue else PolicyRoutes(name, mtu, inherits=bool(index))
            )
        except OSError:
            self._release()
            raise

    def close(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`. Raises OSError if the rules cannot be set: then do not use the port."""
        if endpoint not in self._closed:
            self._routes.open(endpoint)
            super().close(endpoint)

    def reopen(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        if endpoint in self._closed:
            super().reopen(endpoint)
            self._routes.shut(endpoint)

    def settle(self) -> None:
        """All ports are closed that a successor closes: what else its predecessor left behind goes."""
        if self._tun.fileno() >= 0:
            self._routes.settle()

    @property
    def index(self) -> int:
        """Number of the TUN device."""
        return self._routes.index

    # packets

    def readers(self) -> Mapping[int, Callable[[], None]]:
        """File descriptors, and what to call when one is readable (``loop.add_reader``)."""
        return {
            self._tun.fileno(): self._from_host,
            **{
                self._sockets[family, ESP].fileno(): partial(self._from_wire, family)
                for family in (AF_INET, AF_INET6)
            },
        }

    def guard(self, sock: socket.socket) -> None:
        """Have a socket take only what came through the TUN device; before it is bound, or at once after.

        Accepted connections inherit it. This is what stops clear text in fragments, which the rules
        cannot see the ports of. The kernel drops what the filter refuses without RST or ICMP (SA-21).
        """
        guard(sock, self._routes.index)

    def shut_down(self) -> None:
        """Remove the rules, the sockets and the device. A second call does nothing."""
        if self._tun.fileno() >= 0:
            self._routes.close()
            self._release()

    def _release(self) -> None:
        for sock in self._sockets.values():
            sock.close()
        self._tun.close()

    def _from_host(self) -> None:
        """Seal what the host sends. Nothing waits for a burst: what is there is what leaves together."""
        outer: dict[int, list[bytes]] = {4: [], 6: []}
        for _ in range(_BURST):
            packet = self._tun.read()
            if packet is None:
                break
            for one in self.from_host(packet):
                outer[one[0] >> 4].append(one)
        self._send(AF_INET, outer[4])
        self._send(AF_INET6, outer[6])

    def _send(self, family: int, outer: Sequence[bytes]) -> None:
        sock, way, sent = self._sockets[family, IPPROTO_RAW], packets(family, ESP), 0
        while sent < len(outer):
            try:
                sent += way.send(sock, outer, sent)
            except OSError:
                self.unsent += 1
                sent += 1

    def _from_wire(self, family: int) -> None:
        """Open what the network brings: one packet first, or all at once if there were more the last time.

        One that is alone is there sooner that way, as datagrams of UDP ports are.
        """
        alone = self._alone[family]
        if alone:
            for packet in self._receive(family, 1):
                self._open_and_deliver(packet)
        came = self._receive(family, _BURST - alone)
        for packet in came:
            self._open_and_deliver(packet)
        self._alone[family] = len(came) + alone < 2

    def _open_and_deliver(self, packet: bytes) -> None:
        for inner in self.from_wire(packet):
            self._tun.write(inner)

    def _receive(self, family: int, most: int) -> Sequence[bytes]:
        try:
            return packets(family, ESP).receive(self._sockets[family, ESP], most)
        except OSError:
            return ()


def _raw_socket(family: int, protocol: int) -> socket.socket:
    """A raw socket that receives ESP, or one that sends whole IP packets."""
    sock = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    try:
        if protocol == ESP:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        if family == socket.AF_INET6 and protocol == ESP:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        elif family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_HDRINCL, 1)
    except OSError:
        sock.close()
        raise
    return sock


def guard(sock: socket.socket, index: int) -> None:
    """Have a socket refuse, in silence, all that did not arrive on the device with that number.

    A classic BPF program: load the interface's number, compare, accept or drop. It runs after IP has
    put fragments together, and before UDP or TCP look at the segment.
    """
    program = struct.pack(
        "=HBBIHBBIHBBIHBBI",
        *(0x20, 0, 0, 0xFFFFF008),  # ld #ifidx: the ancillary word at SKF_AD_OFF + SKF_AD_IFINDEX
        *(0x15, 0, 1, index),  # jeq #index
        *(0x06, 0, 0, 0xFFFFFFFF),  # ret whole packet
        *(0x06, 0, 0, 0),  # ret nothing
    )
    held = ctypes.create_string_buffer(program, len(program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 4, ctypes.addressof(held)))
