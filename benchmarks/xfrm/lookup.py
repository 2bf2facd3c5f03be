"""Look-up among many sets, and what each of them takes of memory.

P-CSCFs with few sets and with many stand beside each other, each in a namespace of its own and with UEs of
its own. They are measured by turns, by one process that is small whatever is installed. So what disturbs the
machine, or fills its caches, disturbs all of them, and what is left is look-up.
"""

import json
import os
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socketpair
from time import perf_counter, sleep
from typing import Any, Final, NamedTuple

from benchmarks.rounds import Rounds
from benchmarks.xfrm.sets import PCSCF, PORTS, a_set
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.userspace.routes import index_of, with_netlink
from twopair.base import Endpoint
from twopair.core.sa import End
from twopair.live.lab.namespace import Namespace

SETS: Final = (0, 1, 100, 1_000, 10_000, 25_000)
UES: Final = 100
ROUND_TRIPS: Final = 200
ROUNDS: Final = 60
SETTLE_S: Final = 2.5
"""A second after it was made, each state and policy has a timer run out: for a while all is slower."""


ONE: Final = (1, "always the same UE's", 1)
MANY: Final = (UES, f"another UE's each time, of {UES}: caches count, too", 1_000)
"""How many UEs speak; for people; beside which number of sets they are put."""


class Gm:
    """UEs and a P-CSCF with a device between them.

    Args:
        sets: how many will stand at the P-CSCF; with none there is no IPsec at all.
    """

    def __init__(self, sets: int) -> None:
        self.sets = sets
        self._numbers = sorted({1 + n * sets // UES for n in range(UES)})
        self._pcscf, self._ues = Namespace(), Namespace()
        addresses = [a_set(number).ue for number in self._numbers]
        connect(self._pcscf, self._ues, addresses)
        self._answering = self._pcscf.socket(AF_INET, SOCK_DGRAM)
        self._answering.bind((PCSCF, PORTS.ps))
        self._asking = [self._ues.socket(AF_INET, SOCK_DGRAM) for _ in addresses]
        for sock, address in zip(self._asking, addresses, strict=True):
            sock.bind((address, PORTS.uc))
        with self._ues.entered():
            self._there = KernelBackend()
        with self._pcscf.entered():
            self._here = KernelBackend()

    @property
    def works(self) -> dict[str, Callable[[], float]]:
        """Round trips of always the same UE, and each of another."""
        works = {name_of(self.sets, 1): lambda: self._round_trip_us(1)}
        if self.sets >= UES:
            works[name_of(self.sets, UES)] = lambda: self._round_trip_us(UES)
        return works

    def install(self) -> None:
        """Have the P-CSCF's ports closed and its sets stand."""
        for port in (PORTS.ps, PORTS.pc) if self.sets else ():
            self._here.close(Endpoint(PCSCF, port))
        for number in range(1, self.sets + 1):
            self._here.install(a_set(number))

    def install_ues(self) -> None:
        """And those of the UEs that will speak."""
        for number in self._numbers if self.sets else ():
            self._there.install(a_set(number, End.UE))

    def _round_trip_us(self, ues: int) -> float:
        """A datagram of 300 octets there and one back, in microseconds."""
        answering, data, to = self._answering, bytes(300), (PCSCF, PORTS.ps)
        turns = list(islice(cycle(self._asking[:ues]), ROUND_TRIPS))
        begin = perf_counter()
        for asking in turns:
            asking.sendto(data, to)
            _, sender = answering.recvfrom(2000)
            answering.sendto(data, sender)
            asking.recv(2000)
        return (perf_counter() - begin) / ROUND_TRIPS * 1e6

    def close(self) -> None:
        """Take everything out."""
        self._here.shut_down()
        self._there.shut_down()
        for holder in (*self._asking, self._answering, self._pcscf, self._ues):
            holder.close()


def name_of(sets: int, ues: int) -> str:
    """The name of a measurement."""
    return f"{sets} sets, {ues} UEs"


def connect(pcscf: Namespace, ues: Namespace, addresses: Sequence[str]) -> None:
    """A pair of devices between two namespaces, with addresses and routes."""

    def make(netlink: Any) -> None:
        netlink.link("add", ifname="gm", kind="veth", peer={"ifname": "gm", "net_ns_fd": ues.fd})

    def raise_it(*own: str) -> Callable[[Any], None]:
        def work(netlink: Any) -> None:
            index = index_of(netlink, "gm")
            netlink.link("set", index=index, state="up")
            for address in own:
                netlink.addr("add", index=index, address=address, prefixlen=8)

        return work

    with pcscf.entered():
        with_netlink(make)
        with_netlink(raise_it(PCSCF))
    with ues.entered():
        with_netlink(raise_it(*addresses))


class Ear:
    """A process of its own, small whatever is installed, that measures when it is told to."""

    def __init__(self, pairs: Sequence[Gm]) -> None:
        self._here, there = socketpair()
        self._child = os.fork()
        if self._child:
            there.close()
            return
        self._here.close()
        if there.recv(1):
            works = {name: work for gm in pairs for name, work in gm.works.items()}
            there.sendall(json.dumps(Rounds.run(works, ROUNDS).costs).encode())
        os._exit(0)

    def measure(self) -> Rounds:
        """Everything, once."""
        self._here.send(b"!")
        told = b"".join(iter(lambda: self._here.recv(1 << 16), b""))
        self._here.close()
        os.waitpid(self._child, 0)
        return Rounds(json.loads(told))


class Memory(NamedTuple):
    """What is held, in kB."""

    kernel: int
    program: int

    @classmethod
    def now(cls) -> "Memory":
        """By the kernel in small objects, by this process altogether."""
        return cls(_kb("/proc/meminfo", "Slab:"), _kb("/proc/self/status", "VmRSS:"))

    def per_set(self, before: "Memory", sets: int) -> str:
        """The growth since, for people."""
        kernel, program = ((now - then) / sets for now, then in zip(self, before, strict=True))
        return f"{kernel:5.1f} kB in the kernel, {program:4.1f} kB in the program"


def _kb(file: str, key: str) -> int:
    return next(int(line.split()[1]) for line in Path(file).read_text().splitlines() if line.startswith(key))


def measure(most: int) -> None:
    """Print it, for up to so many sets."""
    pairs = [Gm(sets) for sets in SETS if sets <= most]
    ear = Ear(pairs)
    memory = {}
    for gm in pairs:
        before = Memory.now()
        gm.install()
        memory[gm.sets] = Memory.now().per_set(before, gm.sets or 1)
        gm.install_ues()
    sleep(SETTLE_S)
    rounds = ear.measure()
    print(f"round trip of a datagram, µs; median (least..most) of {ROUNDS} rounds by turns")
    for ues, words, beside in ONE, MANY:
        print(f"  {words}; beside {beside:,} sets")
        for gm in pairs:
            if (name := name_of(gm.sets, ues)) in rounds.costs and beside <= most:
                ratio = rounds.ratio(name, name_of(beside, ues))
                print(f"  {gm.sets:6,} sets  {rounds.cost(name):.1f}   x {ratio:.2f}")
    print("memory per set")
    for sets in (sets for sets in memory if sets >= UES):
        print(f"  {sets:6,} sets  {memory[sets]}")
    begin, standing = perf_counter(), sum(gm.sets for gm in pairs)
    for gm in pairs:
        gm.close()
    print(f"all out again: {(perf_counter() - begin) / max(standing, 1) * 1e6:.1f} µs per set")
