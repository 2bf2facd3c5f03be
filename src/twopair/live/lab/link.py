"""A network of the lab: packets go from host to host inside this process, where anyone may look."""

from asyncio import TimerHandle, get_running_loop
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from twopair.base import Micros
from twopair.live.clock import monotonic
from twopair.wire.ip import address_octets

Tap = Callable[[Micros, bytes], None]
"""Someone who sees each IP packet as it is on the wire, with the moment on the monotonic clock."""

Middle = Callable[[bytes], Iterable[tuple[float, bytes]]]
"""Someone on the path: which packets go on in place of one, each after how many seconds."""

Deliver = Callable[[bytes], None]

_VERSION_6: Final = b"\x60"


class Link:
    """Carries IP packets to whoever has the destination address; has no loss, delay or limit.

    Attributes:
        counters: packets ``carried``, and ``undeliverable`` (nobody has that address).
        middle: an attacker, or nobody; taps see what is left of a packet behind it.
    """

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self._hosts: dict[bytes, Deliver] = {}
        self._taps: list[Tap] = []
        self._late: list[TimerHandle] = []
        self.middle: Middle | None = None

    def attach(self, address: str, deliver: Deliver) -> None:
        """Have packets to `address` handed to `deliver`."""
        self._hosts[address_octets(address)] = deliver

    def tap(self, tap: Tap) -> None:
        """Show every packet that is carried from now on to `tap`, before it is delivered."""
        self._taps.append(tap)

    def carry(self, packet: bytes) -> None:
        """Take a packet from a host, past whoever is in the middle."""
        if self.middle is None:
            self.inject(packet)
            return
        for after_s, carried in self.middle(packet):
            if after_s:
                self._late.append(get_running_loop().call_later(after_s, self.inject, carried))
            else:
                self.inject(carried)

    def close(self) -> None:
        """Forget packets that are held back."""
        for handle in self._late:
            handle.cancel()

    def inject(self, packet: bytes) -> None:
        """Take a packet to its destination, whoever made it."""
        destination = packet[24:40] if packet[:1] >= _VERSION_6 else packet[16:20]
        deliver = self._hosts.get(destination)
        if deliver is None:  # such as the multicasts by which IPv6 looks for routers
            self.counters["undeliverable"] += 1
            return
        self.counters["carried"] += 1
        now = monotonic()
        for tap in self._taps:
            tap(now, packet)
        deliver(packet)
