"""What the driver and the kernel cost per relayed MESSAGE with its 200: two receives, two sends, no SIP.

A node that only swaps flows stands where the P-CSCF would; another process plays UE and core over UDP
on loopback. The figure is CPU time of the process with the driver. Goal: at most 25 µs.

    python benchmarks/driver.py [MESSAGES] [WINDOW]
"""

import asyncio
import os
import select
import socket
import sys
import time
from collections.abc import Sequence

from twopair.base import Bind, Endpoint, Flow, Micros, Port, Received, Send, Transport
from twopair.core.sa import SaSet
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event
from twopair.nodes.wishes import Start

RELAY, UE, CORE = (Endpoint("127.0.0.1", Port(port)) for port in (25060, 25061, 25062))
MESSAGE, ANSWER = b"M" * 900, b"A" * 500


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


def peer(messages: int, window: int, ready: int) -> None:
    """UE and core in one: `window` messages are under way at any time."""
    ue, core = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    ue.bind(UE)
    core.bind(CORE)
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
    began = time.process_time()
    while node.relayed < 2 * messages:
        await asyncio.sleep(0.05)
    spent = time.process_time() - began
    driver.stop()
    return spent


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    for window in [int(sys.argv[2])] if len(sys.argv) > 2 else [1, 16, 64]:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            peer(messages, window, reading)
            os._exit(0)
        spent = asyncio.run(relay(messages, writing))
        os.waitpid(child, 0)
        print(f"window {window:3}: {spent / messages * 1e6:5.1f} µs per MESSAGE with its 200")


if __name__ == "__main__":
    main()
