"""Where the engine meets a host: devices that carry the IP packets of the host's kernel.

A `TunPort` is a TUN device. Where /dev/net/tun may not be opened (an ordinary user inside a user
namespace meets EACCES, the file belongs to root outside), a `VethPort` does the same with a pair of
virtual Ethernet devices, which any owner of a network namespace may make.

All of this acts in the network namespace the calling thread is in; what was opened stays there.
"""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, Final, Protocol

from twopair.backends.userspace.engine import WIRE_MTU
from twopair.backends.userspace.routes import await_carrier, index_of, raise_link, with_netlink

HOST_MTU: Final = 65280
"""MTU of the device: as large as can be, with room for ESP below 65535.

A datagram that exceeds it would be cut into fragments before ESP, and fragments have no ports. It is
the outer packet that is cut, at the MTU of the wire.
"""

_TUNSETIFF: Final = 0x400454CA
_TUNSETIFINDEX: Final = 0x400454DA
_TUNGETIFF: Final = 0x800454D2
_IFF_TUN_NO_PI: Final = 0x1001
_SIOCETHTOOL: Final = 0x8946
_SIOCGIFHWADDR: Final = 0x8927
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_ETH_P_IP: Final = 0x0800
_ETH_P_IPV6: Final = 0x86DD
_ETH_P_ALL: Final = 3
_IFF_NOARP: Final = 0x80
_BUFFER_OCTETS: Final = 4 << 20
_OFFLOADS: Final = (0x17, 0x1F, 0x24)
"""ETHTOOL_STXCSUM, _STSO, _SGSO: with them on, the kernel would leave checksums and cutting to a card."""


class PacketPort(Protocol):
    """A device of a host: read what its kernel sends, write what it is to receive.

    Attributes:
        name: of the device that has the host's addresses.
        kind: "tun" or "veth".
    """

    name: str
    kind: str

    def fileno(self) -> int:
        """A file descriptor that is readable when there is a packet."""
        ...

    def read(self) -> bytes | None:
        """The next IP packet, or None if there is none now."""
        ...

    def write(self, packet: bytes) -> None:
        """Hand a packet to the host. What its kernel will not take is lost, as on any network."""
        ...

    def close(self) -> None:
        """Remove the device, with its addresses and routes."""
        ...


class TunPort:
    """A TUN device. It goes when it is closed, or when the process ends in any way.

    Args:
        name: of the device, at most 15 octets; ``tp%d`` lets the kernel choose the number.
        index: that it is to have if nothing else has it; 0: any. Connections of a process that was killed
            end in the kernel for up to two minutes, and go on looking for the device by its index.
        queue: file descriptor of a queue of a device that another process has made (`TunQueues`).

    Raises:
        OSError: /dev/net/tun is missing (ENOENT, ENXIO) or may not be used (EACCES, EPERM).
    """

    kind = "tun"

    def __init__(self, name: str, index: int = 0, queue: int | None = None) -> None:
        self._fd, self.name = -1, ""
        if queue is not None:
            self._fd = os.dup(queue)
            self.name = fcntl.ioctl(queue, _TUNGETIFF, bytes(40))[:16].rstrip(b"\0").decode()
            return
        for wanted in (index, 0) if index else (0,):
            try:
                self._make(name, wanted)
            except OSError as error:
                self.close()
                if not wanted or error.errno in (errno.EACCES, errno.EPERM):
                    raise
            else:
                return

    def _make(self, name: str, index: int) -> None:
        self._fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        if index:
            fcntl.ioctl(self._fd, _TUNSETIFINDEX, struct.pack("I", index))
        answer = fcntl.ioctl(self._fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN_NO_PI))
        self.name = answer[:16].rstrip(b"\0").decode()

    def fileno(self) -> int:
        """See `PacketPort`."""
        return self._fd

    def read(self) -> bytes | None:
        """See `PacketPort`."""
        try:
            return os.read(self._fd, HOST_MTU)
        except BlockingIOError:
            return None

    def write(self, packet: bytes) -> None:
        """See `PacketPort`."""
        try:
            os.write(self._fd, packet)
        except OSError as error:
            if error.errno == errno.EBADF:
                raise

    def close(self) -> None:
        """See `PacketPort`."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class VethPort:
    """A pair of virtual Ethernet devices in one namespace: one with the host's addresses, one we hold.

    Neither asks for neighbours, so every frame of the host carries the host's own hardware address; the
    namespace's IP stack, seeing it arrive on the other device, takes it for somebody else's and leaves
    it alone. Transmit offloads are off: what is read has its checksums.

    Args:
        name: of the host's device, at most 13 octets; the other one is called `name` and ``-w``.

    Raises:
        OSError: this is no network namespace of ours.
    """

    kind = "veth"

    def __init__(self, name: str) -> None:
        self.name = name
        self._wire_name = f"{name}-w"
        with_netlink(self._make)
        try:
            self._socket = self._open()
        except OSError:
            self._remove()
            raise

    def _make(self, netlink: Any) -> None:
        netlink.link("add", ifname=self.name, kind="veth", peer={"ifname": self._wire_name})
        for name in (self.name, self._wire_name):
            index = index_of(netlink, name)
            netlink.link("set", index=index, mtu=HOST_MTU, flags=_IFF_NOARP, change=_IFF_NOARP)

    def _open(self) -> socket.socket:
        for name in (self.name, self._wire_name):
            raise_link(name, (), (), mtu=HOST_MTU, wire_mtu=WIRE_MTU)
        await_carrier(self.name, self._wire_name)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for command in _OFFLOADS:
                _ethtool_off(control, self.name, command)
            hardware = fcntl.ioctl(control, _SIOCGIFHWADDR, struct.pack("256s", self.name.encode()))[18:24]
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
            sock.bind((self._wire_name, _ETH_P_ALL))
        except OSError:
            sock.close()
            raise
        self._to_v4 = (self._wire_name, _ETH_P_IP, 0, 0, hardware)
        self._to_v6 = (self._wire_name, _ETH_P_IPV6, 0, 0, hardware)
        return sock

    def fileno(self) -> int:
        """See `PacketPort`."""
        return self._socket.fileno()

    def read(self) -> bytes | None:
        """See `PacketPort`."""
        try:
            return self._socket.recv(HOST_MTU)
        except BlockingIOError:
            return None

    def write(self, packet: bytes) -> None:
        """See `PacketPort`."""
        try:
            self._socket.sendto(packet, self._to_v4 if packet[0] >> 4 == 4 else self._to_v6)
        except OSError as error:
            if error.errno == errno.EBADF:
                raise

    def close(self) -> None:
        """See `PacketPort`; to be called in the namespace of the port."""
        if self._socket.fileno() >= 0:
            self._socket.close()
            self._remove()

    def _remove(self) -> None:
        with_netlink(lambda netlink: netlink.link("del", index=index_of(netlink, self.name)))


def _ethtool_off(control: socket.socket, name: str, command: int) -> None:
    """Switch one offload of a device off (struct ethtool_value)."""
    value = bytearray(struct.pack("=II", command, 0))
    held = (ctypes.c_char * len(value)).from_buffer(value)
    request = struct.pack("16sP16x", name.encode(), ctypes.addressof(held))
    fcntl.ioctl(control, _SIOCETHTOOL, request)


def open_port(
    name: str,
    addresses: Sequence[str],
    routes: Sequence[str] = (),
    *,
    wire_mtu: int = WIRE_MTU,
    mtu: int = HOST_MTU,
) -> tuple[PacketPort, str]:
    """A device with these addresses and routes in the calling thread's namespace, and why this kind.

    Args:
        name: of the device, at most 13 octets.
        addresses: the host's own, ``10.0.0.1/24`` or without prefix length.
        routes: networks behind it; by default everything, of each version there is an address of.
        wire_mtu: of the network that ESP packets travel over.
        mtu: of the device; that of the wire where ESP is done before packets get here.

    Raises:
        OSError: neither kind can be made here.
    """
    port, why = _open_device(name)
    everything = tuple(sorted({"::/0" if ":" in a else "0.0.0.0/0" for a in addresses}))
    try:
        raise_link(port.name, addresses, routes or everything, mtu=mtu, wire_mtu=wire_mtu)
    except OSError:
        port.close()
        raise
    return port, why


def _open_device(name: str) -> tuple[PacketPort, str]:
    try:
        return TunPort(name), "/dev/net/tun can be opened"
    except OSError as error:
        return VethPort(name), f"/dev/net/tun: {error.strerror}"
