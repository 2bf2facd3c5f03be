"""What a datagram costs by the system call it goes or comes with: 900 octets between sockets of this process.

    python -m benchmarks.system_calls [ROUNDS]

`sendto` and `recvfrom` for each; `sendmmsg` and `recvmmsg` for a burst, laid out and taken apart as programs
do it; and one `sendmsg` that the kernel cuts into datagrams of one size for one peer (UDP_SEGMENT). Then the
same for ESP packets of raw sockets, where they may be made. CPU for each: median, least and largest of
rounds, each way by turns.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from socket import (
    AF_INET,
    IPPROTO_RAW,
    IPPROTO_UDP,
    SO_RCVBUF,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
    inet_aton,
    socket,
)
from struct import pack
from time import process_time_ns
from typing import Any

from benchmarks.machine import machine_line
from benchmarks.rounds import Rounds
from twopair.base import Endpoint, Port
from twopair.bursts import ManyAtOnce, ManyPackets, OneByOne, PacketsOneByOne
from twopair.wire.esp import ESP

HERE = "127.0.0.1"
DATA = b"M" * 900
BURSTS = (1, 4, 16, 64)
A_ROUND = 2_048
_UDP_SEGMENT, _MOST_OCTETS = 103, 65_507

Send = Callable[[Sequence[Any]], object]


class Loop:
    """A socket that sends to another.

    Args:
        here: that socket.
        there: the other.
        one: what is sent each time.
    """

    def __init__(self, here: socket, there: socket, one: object) -> None:
        self.here, self.there, self.one = here, there, one
        for sock in (here, there):
            sock.setblocking(False)
            sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)

    def by(self, way: Any, what: Sequence[Any]) -> None:
        sent = 0
        while sent < len(what):
            sent += way.send(self.here, what, sent)

    def cut_by_the_kernel(self, datagrams: Sequence[Any]) -> None:
        size = [(IPPROTO_UDP, _UDP_SEGMENT, pack("H", len(DATA)))]
        self.here.sendmsg([data for data, _ in datagrams], size, 0, datagrams[0][1])

    def sending(self, send: Send, burst: int) -> float:
        """Microseconds to send one."""
        spent, what = 0, [self.one] * burst
        for _ in range(A_ROUND // burst):
            began = process_time_ns()
            send(what)
            spent += process_time_ns() - began
            for _ in range(burst):
                self.there.recv(2048)
        return spent / A_ROUND / 1000

    def receiving(self, way: Any, burst: int) -> float:
        """Microseconds to receive one."""
        spent, what = 0, [self.one] * burst
        for _ in range(A_ROUND // burst):
            self.by(way, what)
            began = process_time_ns()
            count = len(way.receive(self.there, 64))
            spent += process_time_ns() - began
            assert count == burst
        return spent / A_ROUND / 1000


def udp() -> tuple[Loop, Mapping[str, Any]]:
    here, there = (socket(AF_INET, SOCK_DGRAM) for _ in range(2))
    there.bind((HERE, 0))
    remote = Endpoint(HERE, Port(there.getsockname()[1]))
    return Loop(here, there, (DATA, remote)), {"one": OneByOne(), "many": ManyAtOnce(AF_INET)}


def raw() -> tuple[Loop, Mapping[str, Any]]:
    """Raises PermissionError."""
    here, there = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), socket(AF_INET, SOCK_RAW, ESP)
    head = pack("!BBHIBBH", 0x45, 0, 20 + len(DATA), 0, 64, ESP, 0) + inet_aton(HERE) * 2
    ways = {"one": PacketsOneByOne(AF_INET, ESP), "many": ManyPackets(AF_INET, ESP)}
    return Loop(here, there, head + DATA), ways


def measure(name: str, loop: Loop, ways: Mapping[str, Any], rounds: int) -> None:
    """Print a line for each size of bursts."""
    works: dict[str, Callable[[], float]] = {}
    for burst in BURSTS:
        for kind, way in ways.items():
            works[f"send {kind} {burst}"] = partial(loop.sending, partial(loop.by, way), burst)
            works[f"receive {kind} {burst}"] = partial(loop.receiving, way, burst)
        if name == "UDP" and burst * len(DATA) <= _MOST_OCTETS:
            works[f"cut {burst}"] = partial(loop.sending, loop.cut_by_the_kernel, burst)
    run = Rounds.run(works, rounds)
    for burst in BURSTS:
        calls = {
            "sendto": f"send one {burst}",
            "sendmmsg": f"send many {burst}",
            "UDP_SEGMENT": f"cut {burst}",
            "recvfrom": f"receive one {burst}",
            "recvmmsg": f"receive many {burst}",
        }
        figures = [f"{call} {run.cost(work):.1f}" for call, work in calls.items() if work in works]
        print(f"{name}, bursts of {burst:2}, µs: {', '.join(figures)}", flush=True)


def main() -> None:
    """UDP, then raw sockets."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(machine_line())
    measure("UDP", *udp(), rounds)
    try:
        measure("ESP", *raw(), rounds)
    except PermissionError:
        print("ESP: raw sockets need CAP_NET_RAW")


if __name__ == "__main__":
    main()
