"""What SA sets cost in the kernel: to install and remove, to keep, and to find among many.

    python -m benchmarks.xfrm [MOST_SETS]

Where this machine's kernel has no ESP, or may not be used, it runs in User-mode Linux: speeds mean nothing
there, ratios do. Beside our batch stand the same eight messages sent one by one, each with its answer, and
``ip -batch`` with the same eight lines.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from select import select
from socket import AF_INET, SOCK_DGRAM, socket, socketpair
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, TypeVar

from tests.uml import lacking, run_in_guest

from benchmarks.machine import machine_line
from twopair.backends.kernel import xfrm
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.netlink import Netlink, Refused, Request
from twopair.backends.kernel.owner import reqid_of
from twopair.backends.kernel.probe import probe
from twopair.backends.kernel.sets import Step, associations, put_in, steps, take_out
from twopair.backends.userspace.routes import index_of, with_netlink
from twopair.base import DEFAULT_SUITES, Impi, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand
from twopair.live.lab.namespace import Namespace
from twopair.live.prerequisite import PrerequisiteMissing

T = TypeVar("T")

SETS: Final = (1, 1_000, 10_000, 25_000)
INSTALLS: Final = 200
ROUND_TRIPS: Final = 2_000
ROUNDS: Final = 5
PCSCF: Final = "10.0.0.1"
SUITE: Final = Suite("hmac-sha-1-96", "aes-cbc")
KEYS: Final = expand(SUITE, Secret(bytes(range(16))), Secret(bytes(range(16, 32))))
PORTS: Final = Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062))


def a_set(number: int, end: End = End.PCSCF) -> SaSet:
    """The set of a UE with an address of its own."""
    ue = f"10.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
    spis = Spis(*(Spi(0x10000 + 4 * number + i) for i in range(4)))
    return SaSet(number, Impi("bench"), end, ue, PCSCF, PORTS, spis, SUITE, KEYS)


class OneByOne(Netlink):
    """Each message in a send of its own, and its answer awaited: as most programs do it."""

    def ask(self, requests: Sequence[Request]) -> list[Refused]:
        """See `Netlink`."""
        return [refused for request in requests for refused in super(OneByOne, self).ask([request])]


def per_set_us(work: Callable[[T], None], count: int, make: Callable[[int], T]) -> float:
    """Median over rounds of the time for one set, in microseconds; `make` is not counted."""
    rounds = []
    for number in range(ROUNDS):
        sets = [make(number * count + n + 1) for n in range(count)]
        begin = perf_counter()
        for one in sets:
            work(one)
        rounds.append((perf_counter() - begin) / count * 1e6)
    return median(rounds)


def install_and_remove(netlink: type[Netlink]) -> float:
    """A set in and out again, by a back end over that kind of netlink."""
    backend = KernelBackend(netlink=netlink(xfrm.NETLINK_XFRM))

    def work(one: SaSet) -> None:
        backend.install(one)
        backend.remove(one.set_id)

    try:
        return per_set_us(work, INSTALLS, a_set)
    finally:
        backend.shut_down()


def kernel_alone(netlink: type[Netlink]) -> float:
    """The same without what goes on in Python before: messages are made, the kernel handles them."""
    with closing(netlink(xfrm.NETLINK_XFRM)) as opened:

        def make(number: int) -> list[Step]:
            one = a_set(number)
            return steps(one, reqid_of(0, number), associations(one))

        def work(wanted: list[Step]) -> None:
            put_in(opened, wanted)
            take_out(opened, wanted)

        return per_set_us(work, INSTALLS, make)


def ip_lines(one: SaSet) -> str:
    """The same for ``ip -batch``: eight lines in, eight out."""
    algorithms = f"auth-trunc hmac(sha1) 0x{KEYS.integrity.reveal().hex()} 96"
    algorithms += f" enc cbc(aes) 0x{KEYS.encryption.reveal().hex()}"
    into, out = [], []
    for direction, sas in (("in", one.inbound), ("out", one.outbound)):
        for sa in sas:
            s = sa.selector
            ends = f"src {s.src} dst {s.dst} proto esp spi {sa.spi:#x}"
            wanted = f"src {s.src}/32 dst {s.dst}/32 sport {s.src_port} dport {s.dst_port}"
            into.append(
                f"xfrm state add {ends} reqid 1 mode transport replay-window 64 {algorithms} sel {wanted}"
            )
            into.append(f"xfrm policy add {wanted} dir {direction} tmpl {ends} reqid 1 mode transport")
            out.append(f"xfrm policy delete {wanted} dir {direction}")
            out.append(f"xfrm state delete src {s.src} dst {s.dst} proto esp spi {sa.spi:#x}")
    return "\n".join(into + out) + "\n"


def by_ip_batch() -> float:
    """One process per set, as scripts do it."""

    def work(one: SaSet) -> None:
        subprocess.run(["ip", "-batch", "-"], input=ip_lines(one), text=True, check=True)

    return per_set_us(work, 10, a_set)


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
    """Everything, in this kernel."""
    print(machine_line())
    one = Namespace()
    with one.entered():
        results = {
            "one send per set (ours)": install_and_remove(Netlink),
            "one send per message": install_and_remove(OneByOne),
            "ip -batch": by_ip_batch(),
        }
        alone = [kernel_alone(Netlink), kernel_alone(OneByOne)]
    one.close()
    ours = next(iter(results.values()))
    print("a set installed and removed (8 + 8 messages)")
    for name, cost in results.items():
        print(f"  {name:32} {cost:10.1f} µs  x {cost / ours:.1f}")
    print(f"  the kernel's part alone: {alone[0]:.1f} µs, {alone[1]:.1f} µs  x {alone[1] / alone[0]:.1f}")
    rows = among_many(most)
    print("round trip of a protected datagram among sets on distinct addresses")
    for sets, (cost, plain), memory in rows:
        ratio = cost / rows[0][1][0]
        beside = f"(loopback, without IPsec: {plain:.1f} µs)"
        print(
            f"  {sets:6d} sets {cost:8.1f} µs  x {ratio:.2f} {beside}  {memory:6.2f} kB per set in the kernel"
        )


def possible() -> bool:
    """Whether this kernel can be measured."""
    try:
        namespace = Namespace()
    except PrerequisiteMissing:
        return False
    with namespace.entered():
        lacks = probe().lacking(DEFAULT_SUITES)
    namespace.close()
    return not lacks


def main() -> int:
    """Measure here, or in a guest."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else SETS[-1]
    if possible():
        measure(most)
        return 0
    if "TWOPAIR_GUEST" in os.environ or (why := lacking()):
        print(f"not measured: {why if 'TWOPAIR_GUEST' not in os.environ else 'the guest has no ESP'}")
        return 0
    with TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "benchmarks.xfrm", str(most)]
        finished = run_in_guest(command, Path(directory), timeout_s=600, memory="2G")
    print("# in User-mode Linux: ratios mean something, times do not")
    print(finished.output, end="")
    return finished.status or 0


if __name__ == "__main__":
    sys.exit(main())
