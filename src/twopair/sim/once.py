"""What was sent under ESP, what is to come of it, and what may come once more (SA-06, SA-07; ADR 20)."""

from collections import deque

from twopair.backends.memory import Mark
from twopair.base import Micros
from twopair.sim.packet import Packet
from twopair.sim.stored import LOOK

_Name = tuple[str, Mark]
"""Destination address and mark: what nobody can make but a sender, and no sender twice."""


class Once:
    """Each number is sent once, and each packet taken once; once more after a look, by the next machine."""

    def __init__(self) -> None:
        self._numbers: dict[_Name, None] = {}
        self._to_come: dict[_Name, Packet] = {}
        self._lately: deque[tuple[Micros, str, Packet]] = deque()

    def sent(self, packet: Packet, mark: Mark) -> bool:
        """Take note of a packet that leaves; whether its number is new on its SA."""
        name = packet.flow.remote.address, mark
        new = name not in self._numbers
        self._numbers[name] = None
        self._to_come[name] = packet
        return new

    def taken(self, host: str, packet: Packet, mark: Mark, now: Micros) -> Packet | None:
        """A packet has come to a host; as what it was sent, None if there is none to come."""
        while self._lately and self._lately[0][0] < now - LOOK:
            self._lately.popleft()
        self._lately.append((now, host, packet))
        return self._to_come.pop((packet.flow.remote.address, mark), None)

    def again(self, host: str, since: Micros) -> None:
        """Another machine goes on as this host, and does not know what it took from that moment on."""
        for at, name, packet in self._lately:
            if name == host and at >= since and packet.mark is not None:
                self._to_come[packet.flow.remote.address, packet.mark] = packet
