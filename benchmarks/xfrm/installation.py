"""A set in and out again: our one send for all of it, the same with a send per message, and ``ip -batch``."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count, islice
from time import perf_counter
from typing import Final, TypeVar

from benchmarks.rounds import Rounds
from benchmarks.xfrm.sets import a_set
from twopair.backends.kernel import xfrm
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.netlink import Batch, Netlink, Refused
from twopair.backends.kernel.owner import reqid_of
from twopair.backends.kernel.sets import Plan
from twopair.backends.kernel.stencil import plan
from twopair.core.sa import SaSet
from twopair.live.lab.namespace import Namespace

T = TypeVar("T")

ROUNDS: Final = 40
SETS: Final = 50
SETS_BY_IP: Final = 4

OURS, SINGLE, IP = "one send per set (ours)", "one send per message", "ip -batch"
IN, OUT = "in: ours", "out: ours"
KERNEL, KERNEL_SINGLE = "kernel alone", "kernel alone, one send per message"


class OneByOne(Netlink):
    """Each message in a send of its own, and its answer awaited: as most programs do it."""

    def ask(self, batch: Batch) -> list[Refused]:
        """See `Netlink`."""
        single = [Batch.of([request]) for request in batch.requests()]
        return [refused for one in single for refused in super(OneByOne, self).ask(one)]

    def tell(self, batch: Batch) -> None:
        """See `Netlink`."""
        self.ask(batch)


def timed(work: Callable[[T], object], things: list[T]) -> float:
    """Microseconds for one of them."""
    begin = perf_counter()
    for thing in things:
        work(thing)
    return (perf_counter() - begin) / len(things) * 1e6


def by_backend(numbers: Iterator[int], backend: KernelBackend) -> Callable[[], float]:
    """Sets in and out, by a back end."""

    def in_and_out(one: SaSet) -> None:
        backend.install(one)
        backend.remove(one.set_id)

    return lambda: timed(in_and_out, [a_set(number) for number in islice(numbers, SETS)])


def into(numbers: Iterator[int], backend: KernelBackend) -> Callable[[], float]:
    """The first half: sets in."""

    def work() -> float:
        sets = [a_set(number) for number in islice(numbers, SETS)]
        cost = timed(backend.install, sets)
        for one in sets:
            backend.remove(one.set_id)
        return cost

    return work


def out(numbers: Iterator[int], backend: KernelBackend) -> Callable[[], float]:
    """The second half: sets out."""

    def work() -> float:
        sets = [a_set(number) for number in islice(numbers, SETS)]
        for one in sets:
            backend.install(one)
        return timed(backend.remove, [one.set_id for one in sets])

    return work


def by_kernel(numbers: Iterator[int], netlink: Netlink) -> Callable[[], float]:
    """The same without what goes on in Python before: the messages are there already."""

    def in_and_out(wanted: Plan) -> None:
        netlink.ask(wanted.into)
        netlink.tell(wanted.out)

    def work() -> float:
        return timed(in_and_out, [plan(a_set(n), reqid_of(0, n)) for n in islice(numbers, SETS)])

    return work


def ip_lines(one: SaSet) -> str:
    """The same for ``ip -batch``: eight lines in, eight out."""
    keys = one.keys
    algorithms = f"auth-trunc hmac(sha1) 0x{keys.integrity.reveal().hex()} 96"
    algorithms += f" enc cbc(aes) 0x{keys.encryption.reveal().hex()}"
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


def by_ip(numbers: Iterator[int]) -> Callable[[], float]:
    """One process per set, as scripts do it."""

    def in_and_out(one: SaSet) -> None:
        subprocess.run(["ip", "-batch", "-"], input=ip_lines(one), text=True, check=True)

    return lambda: timed(in_and_out, [a_set(number) for number in islice(numbers, SETS_BY_IP)])


def measure() -> None:
    """All of it by turns, in a namespace of its own."""
    numbers = count(1)
    namespace = Namespace()
    with namespace.entered(), ExitStack() as opened:
        ours, single = KernelBackend(), KernelBackend(netlink=OneByOne)
        opened.callback(ours.shut_down)
        opened.callback(single.shut_down)
        bare = opened.enter_context(closing(Netlink(xfrm.NETLINK_XFRM)))
        bare_single = opened.enter_context(closing(OneByOne(xfrm.NETLINK_XFRM)))
        works = {
            OURS: by_backend(numbers, ours),
            SINGLE: by_backend(numbers, single),
            IP: by_ip(numbers),
            IN: into(numbers, ours),
            OUT: out(numbers, ours),
            KERNEL: by_kernel(numbers, bare),
            KERNEL_SINGLE: by_kernel(numbers, bare_single),
        }
        rounds = Rounds.run(works, ROUNDS)
    namespace.close()
    print(f"a set installed and removed, 8 + 8 messages; median (least..most) of {ROUNDS} rounds by turns")
    for name in (OURS, SINGLE, IP):
        print(f"  {name:36} {rounds.cost(name):9.1f} µs   x {rounds.ratio(name, OURS):.1f}")
    for name in (IN, OUT, KERNEL, KERNEL_SINGLE):
        print(f"  {name:36} {rounds.cost(name):9.1f} µs")
    print(f"  {'kernel alone: one send beside many':36} x {rounds.ratio(KERNEL_SINGLE, KERNEL):.1f}")
