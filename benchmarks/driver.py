"""What the driver and the kernel cost per relayed MESSAGE with its 200: two receives, two sends, no SIP.

    python -m benchmarks.driver [ROUNDS]

A node that only swaps flows stands where the P-CSCF would, over UDP on loopback. First with bursts of known
size: UE and core are sockets of this process, and what is counted is the turn of the event loop in which a
burst is relayed; by turns with many datagrams a system call, as programs do it, and with one, as where the
kernel has no such calls. Then UE and core are another process that has so many MESSAGEs under way, and the
waking up counts, too. Figures are CPU time of the process with the driver: median, least and largest of
the rounds. Goal: at most 12 µs in bursts of 16 and more.
"""

import asyncio
import os
import select
import sys
from collections.abc import Callable, Sequence
from functools import partial
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from time import process_time, process_time_ns

from benchmarks.machine import machine_line
from benchmarks.rounds import Rounds
from twopair.base import Bind, Endpoint, Flow, Micros, Port, Received, Send, Transport
from twopair.bursts import Bursts, OneByOne, bursts
from twopair.core.sa import SaSet
from twopair.live import datagrams
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event
from twopair.nodes.wishes import Start

MESSAGE, ANSWER = b"M" * 900, b"A" * 500
BURSTS, WINDOWS = (1, 2, 4, 8, 16, 32, 64), (1, 16, 64)
A_ROUND = 2_048


def own(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", Port(port))


RELAY, UE, CORE = own(25060), own(25061), own(25062)


class Swap:
    """Sends on to the core what comes from the UE, and the other way round."""

    def __init__(self) -> None:
        self.relayed = 0
        self.onward = {
            UE: Flow(Transport.UDP, RELAY, CORE),
            CORE: Flow(Transport.UDP, RELAY, UE),
        }

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if type(event) is Received:
            self.relayed += 1
            return (Send(self.onward[event.flow.remote], event.data),)
        return (Bind(RELAY),) if isinstance(event, Start) else ()

    def next_deadline(self) -> Micros | None:
        return None


class NoIpsec:
    """A back end that is never asked for anything."""

    def install(self, sa_set: SaSet) -> None:
        raise AssertionError(sa_set)


def bound(local: Endpoint) -> socket:
    sock = socket(AF_INET, SOCK_DGRAM)
    sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
    sock.bind(local)
    return sock


async def in_bursts(way: Callable[[int], Bursts], burst: int) -> float:
    """Microseconds per MESSAGE, relayed in bursts of that size."""
    datagrams.bursts = way  # type: ignore[attr-defined]
    driver = Driver(Swap(), NoIpsec())  # type: ignore[arg-type]
    driver.start()
    datagrams.bursts = bursts  # type: ignore[attr-defined]
    spent = 0
    with bound(UE) as ue, bound(CORE) as core:
        for _ in range(A_ROUND // burst):
            for sender, data, receiver in ((ue, MESSAGE, core), (core, ANSWER, ue)):
                for _ in range(burst):
                    sender.sendto(data, RELAY)
                began = process_time_ns()
                await asyncio.sleep(0)  # sockets are looked at,
                await asyncio.sleep(0)  # and read
                spent += process_time_ns() - began
                for _ in range(burst):
                    receiver.recv(2048)
    driver.stop()
    return spent / (A_ROUND // burst * burst) / 1000


def peer(messages: int, window: int, ready: int) -> None:
    """UE and core in one: `window` messages are under way at any time."""
    with bound(UE) as ue, bound(CORE) as core:
        os.read(ready, 1)
        sent = answered = 0
        while answered < messages:
            while sent < messages and sent - answered < window:
                ue.sendto(MESSAGE, RELAY)
                sent += 1
            readable, _, _ = select.select([ue, core], [], [], 5)
            if not readable:
                sys.exit(f"stuck after {answered} answers")
            if core in readable:
                core.recv(2048)
                core.sendto(ANSWER, RELAY)
            if ue in readable:
                ue.recv(2048)
                answered += 1


async def relay(messages: int, ready: int) -> float:
    node = Swap()
    driver = Driver(node, NoIpsec())  # type: ignore[arg-type]
    driver.start()
    os.write(ready, b"1")
    began = process_time()
    while node.relayed < 2 * messages:
        await asyncio.sleep(0.01)
    spent = process_time() - began
    driver.stop()
    return spent / messages * 1e6


def with_window(window: int) -> float:
    """Microseconds per MESSAGE, with that many under way from another process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        peer(A_ROUND, window, reading)
        os._exit(0)
    spent = asyncio.run(relay(A_ROUND, writing))
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    return spent


def main() -> None:
    """Print a line for each size of bursts, and one for each window."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    one = OneByOne()
    works: dict[str, Callable[[], float]] = {}
    for burst in BURSTS:
        works[f"many {burst}"] = lambda burst=burst: asyncio.run(in_bursts(bursts, burst))
        works[f"one {burst}"] = lambda burst=burst: asyncio.run(in_bursts(lambda _family: one, burst))
    for window in WINDOWS:
        works[f"window {window}"] = partial(with_window, window)
    print(machine_line())
    run = Rounds.run(works, rounds)
    print(
        "CPU per MESSAGE with its 200, µs", " many a call       one a call        ratio", sep="\n" + " " * 12
    )
    for burst in BURSTS:
        many, single = f"many {burst}", f"one {burst}"
        ratio = run.ratio(many, single)
        print(f"burst {burst:4}  {run.cost(many):4.1f}  {run.cost(single):4.1f}  {ratio:.2f}")
    for window in WINDOWS:
        print(f"window {window:3}  {run.cost(f'window {window}'):4.1f}")


if __name__ == "__main__":
    main()
