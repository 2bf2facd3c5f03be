"""What a datagram costs by the system call it goes or comes with: 900 octets between sockets of this process.

    python -m benchmarks.system_calls [ROUNDS]

`sendto` and `recvfrom` for each; `sendmmsg` and `recvmmsg` for a burst, laid out and taken apart as the
driver does it; and one `sendmsg` that the kernel cuts into datagrams of one size for one peer (UDP_SEGMENT).
CPU per datagram: median, least and largest of rounds, each way by turns.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from socket import AF_INET, IPPROTO_UDP, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from struct import pack
from time import process_time_ns

from benchmarks.machine import machine_line
from benchmarks.rounds import Rounds
from twopair.base import Endpoint, Port
from twopair.live.bursts import Bursts, Datagram, ManyAtOnce, OneByOne

DATA = b"M" * 900
BURSTS = (1, 4, 16, 64)
A_ROUND = 2_048
_UDP_SEGMENT, _MOST_OCTETS = 103, 65_507


class Loop:
    """Two sockets, one that sends to the other."""

    def __init__(self) -> None:
        self.here, self.there = (socket(AF_INET, SOCK_DGRAM) for _ in range(2))
        for sock in (self.here, self.there):
            sock.setblocking(False)
            sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
            sock.bind(("127.0.0.1", 0))
        address, port = self.there.getsockname()
        self.remote = Endpoint(address, Port(port))

    def sending(self, send: Callable[[Sequence[Datagram]], object], burst: int) -> float:
        """Microseconds to send one."""
        spent = 0
        for _ in range(A_ROUND // burst):
            datagrams = [(DATA, self.remote) for _ in range(burst)]
            began = process_time_ns()
            send(datagrams)
            spent += process_time_ns() - began
            for _ in range(burst):
                self.there.recv(2048)
        return spent / A_ROUND / 1000

    def receiving(self, way: Bursts, burst: int) -> float:
        """Microseconds to receive one."""
        spent = 0
        for _ in range(A_ROUND // burst):
            for _ in range(burst):
                self.here.sendto(DATA, self.remote)
            began = process_time_ns()
            count = len(way.receive(self.there, 64))
            spent += process_time_ns() - began
            assert count == burst
        return spent / A_ROUND / 1000

    def by(self, way: Bursts, datagrams: Sequence[Datagram]) -> None:
        sent = 0
        while sent < len(datagrams):
            sent += way.send(self.here, datagrams, sent)

    def cut_by_the_kernel(self, datagrams: Sequence[Datagram]) -> None:
        size = [(IPPROTO_UDP, _UDP_SEGMENT, pack("H", len(DATA)))]
        self.here.sendmsg([data for data, _ in datagrams], size, 0, self.remote)


def main() -> None:
    """Print a line for each size of bursts."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    loop, ways = Loop(), {"many": ManyAtOnce(AF_INET), "one": OneByOne()}
    works: dict[str, Callable[[], float]] = {}
    for burst in BURSTS:
        for name, way in ways.items():
            works[f"send {name} {burst}"] = partial(loop.sending, partial(loop.by, way), burst)
            works[f"receive {name} {burst}"] = partial(loop.receiving, way, burst)
        if burst * len(DATA) <= _MOST_OCTETS:
            works[f"cut {burst}"] = partial(loop.sending, loop.cut_by_the_kernel, burst)
    print(machine_line())
    run = Rounds.run(works, rounds)
    for burst in BURSTS:
        sends = [
            ("sendto", f"send one {burst}"),
            ("sendmmsg", f"send many {burst}"),
            ("UDP_SEGMENT", f"cut {burst}"),
        ]
        receives = [("recvfrom", f"receive one {burst}"), ("recvmmsg", f"receive many {burst}")]
        figures = [f"{call} {run.cost(work):.1f}" for call, work in sends + receives if work in works]
        print(f"bursts of {burst:2}, µs: {', '.join(figures)}")


if __name__ == "__main__":
    main()
