"""Which worker has a UE: what the program of the kernel gives, and what we say it gives (ADR 28)."""

import os
import select
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from random import Random
from socket import AF_INET, AF_INET6, SO_REUSEPORT, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SocketKind, socket
from typing import Any

import pytest

from twopair.backends.userspace.routes import with_netlink
from twopair.live.lab.namespace import Namespace
from twopair.live.workers import steering
from twopair.live.workers.steering import Step, accepts, place_of, program, steer

OWN = f"127.{30 + os.getpid() % 90}"
WORKERS = (1, 2, 3, 4, 7, 15)


def run(steps: Sequence[Step], packet: bytes) -> int:
    """What the kernel does with such a program (Documentation/networking/filter.rst), on an IP header."""
    a = x = 0
    skip = 0
    for code, k, otherwise in steps:
        if skip:
            skip -= 1
            continue
        if code == steering.LOAD:
            a = int.from_bytes(packet[k - 0xFFF00000 :][:4])
        elif code == steering.MULTIPLY:
            a = a * k & 0xFFFF_FFFF
        elif code == steering.SHIFT_RIGHT:
            a >>= k
        elif code == steering.MODULO:
            a %= k
        elif code == steering.TO_X:
            x = a
        elif code == steering.XOR_X:
            a ^= x
        elif code == steering.EQUAL:
            skip = 0 if a == k else otherwise
        elif code == steering.GIVE:
            return k
        elif code == steering.RETURN:
            return a
    raise AssertionError("a program ends with a result")


def addresses(family: int, count: int) -> Iterator[str]:
    draw = Random(f"{family}")
    octets = 4 if family == AF_INET else 16
    return (str(ip_address(draw.randbytes(octets))) for _ in range(count))


def header(source: str) -> bytes:
    """An IP header as far as a program may look (RFC 791 §3.1, RFC 8200 §3)."""
    octets = ip_address(source).packed
    return bytes(12 if len(octets) == 4 else 8) + octets


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_the_program_gives_the_place_of_the_address(family: int, workers: int) -> None:
    for address in addresses(family, 500):
        assert run(program(family, workers), header(address)) == place_of(address, workers) < workers


@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_the_filter_lets_pass_what_is_of_its_worker(family: int) -> None:
    for address in addresses(family, 200):
        passes = [bool(run(accepts(family, 3, place), header(address))) for place in range(3)]
        assert passes == [place == place_of(address, 3) for place in range(3)]


def test_what_changes_of_an_ipv6_address_does_not_count() -> None:
    """RFC 8981: a UE may take another interface identifier, in the same /64."""
    for workers in WORKERS:
        assert len({place_of(f"2001:db8:1:2::{n:x}", workers) for n in range(200)}) == 1


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    "pool",
    [
        [f"10.45.{n >> 8}.{n & 255}" for n in range(2_000)],
        [f"10.{n >> 6}.{n & 63}.1" for n in range(2_000)],
        [f"2001:db8:{n:x}::1" for n in range(2_000)],
        [f"2001:db8:0:{n:x}::1" for n in range(2_000)],
    ],
)
def test_addresses_that_follow_each_other_are_spread(pool: list[str], workers: int) -> None:
    """As operators hand them out: no worker has a fifth more or less than its part."""
    counts = Counter(place_of(address, workers) for address in pool)
    part = len(pool) / workers
    assert len(counts) == workers
    assert all(0.8 * part < count < 1.2 * part for count in counts.values())


def group(kind: SocketKind, workers: int, opened: ExitStack) -> list[socket]:
    """Sockets that share a port and are steered; they listen in the order of the workers."""
    found: list[socket] = []
    local = (f"{OWN}.9.1", 0)
    for _ in range(workers):
        sock = opened.enter_context(socket(AF_INET, kind))
        sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        sock.bind(found[0].getsockname() if found else local)
        if kind is SOCK_STREAM:
            sock.listen(64)
        sock.setblocking(False)
        if not found:
            steer(sock, workers)
        found.append(sock)
    return found


@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_STREAM])
def test_the_kernel_steers_so(kind: SocketKind) -> None:
    """Real sockets on loopback: each source address reaches the socket of its worker, and no other."""
    workers, sources = 3, [f"{OWN}.{n // 8}.{n % 250 + 1}" for n in range(90)]
    with ExitStack() as opened:
        sockets = group(kind, workers, opened)
        for source in sources:
            sock = opened.enter_context(socket(AF_INET, kind))
            sock.bind((source, 0))
            sock.connect(sockets[0].getsockname())
            if kind is SOCK_DGRAM:
                sock.send(source.encode())
        came: dict[str, int] = {}
        while len(came) < len(sources) and (ready := select.select(sockets, [], [], 10)[0]):
            for sock in ready:
                _what, peer = sock.recvfrom(64) if kind is SOCK_DGRAM else sock.accept()
                came[peer[0]] = sockets.index(sock)
    assert came == {source: place_of(source, workers) for source in sources}
    assert set(came.values()) == {0, 1, 2}


def test_a_closed_copy_leaves_its_place_in_the_group() -> None:
    """What a worker closes when it ends is a copy: its UEs are not led to another one."""
    with ExitStack() as opened:
        sockets = group(SOCK_DGRAM, 2, opened)
        socket(fileno=os.dup(sockets[0].fileno())).close()
        ours = next(f"{OWN}.8.{n}" for n in range(1, 250) if place_of(f"{OWN}.8.{n}", 2) == 0)
        sender = opened.enter_context(socket(AF_INET, SOCK_DGRAM))
        sender.bind((ours, 0))
        sender.sendto(b"x", sockets[0].getsockname())
        assert select.select(sockets, [], [], 5)[0] == [sockets[0]]


@pytest.mark.lab
def test_the_kernel_steers_ipv6_by_the_prefix() -> None:
    """RFC 8981: real sockets in a namespace; two addresses of one /64 are one UE."""
    workers, sources = 3, [f"2001:db8:0:{n:x}::{m:x}" for n in range(1, 25) for m in (1, 0xABCD)]
    namespace = Namespace()
    with ExitStack() as opened, namespace.entered():
        opened.callback(namespace.close)
        with_netlink(lambda netlink: _has(netlink, [*sources, "2001:db8:ffff::1"]))
        sockets: list[socket] = []
        for _ in range(workers):
            sock = opened.enter_context(socket(AF_INET6, SOCK_DGRAM))
            sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            sock.bind(("2001:db8:ffff::1", 5060))
            if not sockets:
                steer(sock, workers)
            sockets.append(sock)
        for source in sources:
            with socket(AF_INET6, SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                sender.sendto(b"x", ("2001:db8:ffff::1", 5060))
        came: dict[str, int] = {}
        while len(came) < len(sources) and (ready := select.select(sockets, [], [], 10)[0]):
            for sock in ready:
                came[sock.recvfrom(8)[1][0]] = sockets.index(sock)
    assert came == {source: place_of(source, workers) for source in sources}
    assert set(came.values()) == {0, 1, 2}


def _has(netlink: Any, addresses: list[str]) -> None:
    """Have loopback up, with these addresses."""
    netlink.link("set", index=1, state="up")
    for address in addresses:
        netlink.addr("add", index=1, address=address, prefixlen=128, flags=2)  # no look for duplicates
