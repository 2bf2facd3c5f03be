"""Look-up among many sets, and what each of them takes of the kernel's memory."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from select import select
from socket import AF_INET, SOCK_DGRAM, socket, socketpair
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.xfrm.sets import PCSCF, PORTS, a_set
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.userspace.routes import index_of, with_netlink
from twopair.core.sa import End
from twopair.live.lab.namespace import Namespace

SETS: Final = (1, 1_000, 10_000, 25_000)
ROUND_TRIPS: Final = 2_000
ROUNDS: Final = 5


def connect(pcscf: Namespace, ue: Namespace, address: str) -> None:
    """A pair of devices between two namespaces, with addresses and routes."""

    def make(netlink: object) -> None:
        peer = {"ifname": "gm", "net_ns_fd": ue.fd}
        netlink.link("add", ifname="gm", kind="veth", peer=peer)  # type: ignore[attr-defined]

    def raise_it(own: str) -> Callable[[object], None]:
        def work(netlink: object) -> None:
            index = index_of(netlink, "gm")
            netlink.link("set", index=index, state="up")  # type: ignore[attr-defined]
            netlink.link("set", index=1, state="up")  # type: ignore[attr-defined]
            netlink.addr("add", index=index, address=own, prefixlen=8)  # type: ignore[attr-defined]

        return work

    with pcscf.entered():
        with_netlink(make)
        with_netlink(raise_it(PCSCF))
    with ue.entered():
        with_netlink(raise_it(address))


def round_trip_us(asking: socket, answering: socket, to: tuple[str, int]) -> float:
    """A datagram of 300 octets there and one back, in microseconds."""
    data = bytes(300)
    begin = perf_counter()
    for _ in range(ROUND_TRIPS):
        asking.sendto(data, to)
        _, sender = answering.recvfrom(2000)
        answering.sendto(data, sender)
        asking.recv(2000)
    return (perf_counter() - begin) / ROUND_TRIPS * 1e6


class Ear:
    """A process of its own, small whatever is installed, that measures when it is told to."""

    def __init__(self, protected: tuple[socket, socket], plain: tuple[socket, socket]) -> None:
        self._here, there = socketpair()
        self._child = os.fork()
        if self._child:
            there.close()
            return
        self._here.close()
        while there.recv(1):
            rounds = [
                (round_trip_us(*protected, (PCSCF, PORTS.ps)), round_trip_us(*plain, plain[1].getsockname()))
                for _ in range(ROUNDS)
            ]
            there.send(repr([median(column) for column in zip(*rounds, strict=True)]).encode())
        os._exit(0)

    def measure(self) -> tuple[float, float]:
        """Round trips in microseconds: under ESP, and over the loopback device, where there is no IPsec."""
        self._here.send(b"!")
        protected, plain = json.loads(self._here.recv(100))
        return protected, plain

    def close(self) -> None:
        """End it."""
        self._here.close()
        os.waitpid(self._child, 0)


def slab_kb() -> int:
    """Memory that the kernel holds in small objects, in kB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Slab:"))


def among_many(most: int) -> list[tuple[int, tuple[float, float], float]]:
    """Sets installed, microseconds per round trip, kB of kernel memory per set."""
    pcscf, ue = Namespace(), Namespace()
    first = a_set(1)
    connect(pcscf, ue, first.ue)
    with ue.entered():
        there = KernelBackend()
    with pcscf.entered():
        here = KernelBackend()
    there.install(a_set(1, End.UE))
    asking, answering = ue.socket(AF_INET, SOCK_DGRAM), pcscf.socket(AF_INET, SOCK_DGRAM)
    asking.bind((first.ue, PORTS.uc))
    answering.bind((PCSCF, PORTS.ps))
    plain = ue.socket(AF_INET, SOCK_DGRAM), ue.socket(AF_INET, SOCK_DGRAM)
    for sock in plain:
        sock.bind((first.ue, 0))
    ear = Ear((asking, answering), plain)
    before, standing, found = slab_kb(), 0, []
    for wanted in (n for n in SETS if n <= most):
        while standing < wanted:
            standing += 1
            here.install(a_set(standing))
        select([], [], [], 0.3)
        found.append((standing, ear.measure(), (slab_kb() - before) / standing))
    ear.close()
    begin = perf_counter()
    here.shut_down()
    print(f"{'all out again':34} {(perf_counter() - begin) / standing * 1e6:10.1f} µs per set")
    there.shut_down()
    for holder in (asking, answering, *plain, pcscf, ue):
        holder.close()
    return found


def measure(most: int) -> None:
    """Print it, for up to so many sets."""
    rows = among_many(most)
    print("round trip of a protected datagram among sets on distinct addresses")
    for sets, (cost, plain), memory in rows:
        ratio = cost / rows[0][1][0]
        beside = f"(loopback, without IPsec: {plain:.1f} µs)"
        print(
            f"  {sets:6d} sets {cost:8.1f} µs  x {ratio:.2f} {beside}  {memory:6.2f} kB per set in the kernel"
        )
