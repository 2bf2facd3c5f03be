"""What came out of ESP may still wait to be delivered when its socket is gone, and its SA set, and all of us.

Since Linux 6.2, and in the long-term kernels before it, a packet in transport mode goes from ESP to its
socket through a work queue. An answer of the kernel to it, the RST of TCP or an ICMP message that quotes
what was protected, must not leave in the clear.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from socket import SO_LINGER, SOL_SOCKET, socket
from struct import pack

import pytest
from tests.figure1_sets import CBC
from tests.interop.gm_hosts import SOCK_DGRAM, Gm, connected
from tests.interop.kernel.kernel_host import KernelHost, mixed

from twopair.backends.kernel.backend import KernelBackend
from twopair.core.sa import End, PortName
from twopair.wire import esp, ip

pytestmark = pytest.mark.guest

PORTS = {End.UE: PortName.UC, End.PCSCF: PortName.PS}
"""The two ends of SA1."""


def ended(host: KernelHost) -> None:
    """The process is over."""
    host.backend.shut_down()


def removed(host: KernelHost) -> None:
    """The SA set is over."""
    host.backend.remove(host.set.set_id)


def replaced(host: KernelHost) -> None:
    """The process was killed, and its successor has not bound anything yet."""
    host.backend.leave()
    host.backend = _successor(host)
    assert host.set in host.backend.reconcile((host.set,)).adopted


def forgotten(host: KernelHost) -> None:
    """The same, and the successor knows nothing of the set."""
    host.backend.leave()
    host.backend = _successor(host)
    assert host.backend.reconcile().states == 4


def _successor(host: KernelHost) -> KernelBackend:
    with host.namespace.entered():
        return KernelBackend()


CASES = list(product((4, 6), End, (ended, removed, replaced, forgotten)))
EACH = pytest.mark.parametrize(
    ("version", "end", "happens"), CASES, ids=[f"IPv{v}-{e.value}-{h.__name__}" for v, e, h in CASES]
)


@contextmanager
def before_any_worker() -> Iterator[None]:
    """No thread of the kernel gets the processor, of which the guest has one."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def late(gm: Gm, end: End, sock: socket, happens: Callable[[KernelHost], None]) -> None:
    """The packet that the other end has sent comes, but to be delivered only after all this."""
    host = gm.hosts[end]
    assert isinstance(host, KernelHost)
    packet = gm.hosts[end.other].port.read()
    assert packet is not None
    with before_any_worker():
        host.port.write(packet)
        sock.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        sock.close()
        happens(host)
    gm.settle()


def in_the_clear(gm: Gm, end: End) -> list[bytes]:
    """What that end has sent beside ESP."""
    return [packet for packet in gm.sent_by(end) if ip.parse(packet).protocol != esp.ESP]


@EACH
def test_a_segment_to_a_connection_that_is_gone(
    version: int, end: End, happens: Callable[[KernelHost], None]
) -> None:
    """SA-21, MSG-06: an RST in the clear would be the answer."""
    with mixed(version, CBC, tuple(End)) as gm:
        client, server = connected(gm)
        gm.settle()
        theirs, mine = (client, server) if end is End.PCSCF else (server, client)
        with theirs:
            theirs.send(b"late")
            late(gm, end, mine, happens)
            assert in_the_clear(gm, end) == []


@EACH
def test_a_datagram_to_a_port_that_is_gone(
    version: int, end: End, happens: Callable[[KernelHost], None]
) -> None:
    """SA-21, UNP-06: ICMP port unreachable would quote what was protected."""
    with mixed(version, CBC, tuple(End)) as gm:
        host, other = gm.hosts[end], gm.hosts[end.other]
        to = host.set.endpoint(PORTS[end])
        with other.socket(SOCK_DGRAM, host.set.endpoint(PORTS[end.other]).port) as theirs:
            mine = host.socket(SOCK_DGRAM, to.port)
            theirs.sendto(b"late", to)
            late(gm, end, mine, happens)
            assert in_the_clear(gm, end) == []
