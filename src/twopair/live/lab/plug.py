"""A host's end of a link: carries packets between its kernel and the link, through ESP if it has any."""

from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Final

from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ports import PacketPort
from twopair.live.lab.link import Link

_BURST: Final = 64  # packets per wake, so that one busy host does not starve the others


class Plug:
    """One packet port, watched by the event loop.

    Args:
        port: the device in the host's namespace.
        link: the network it belongs to.
        addresses: the host's own on that link.
        loop: the event loop.
        engine: ESP of that host; None where the network is trusted (the core).
    """

    def __init__(
        self,
        port: PacketPort,
        link: Link,
        addresses: Sequence[str],
        *,
        loop: AbstractEventLoop,
        engine: Engine | None = None,
    ) -> None:
        self.port = port
        self._link = link
        self._loop = loop
        self._engine = engine
        loop.add_reader(port.fileno(), self._readable)
        for address in addresses:
            link.attach(address, self._deliver)

    def close(self) -> None:
        """Stop watching and remove the device; to be called in the host's namespace."""
        self._loop.remove_reader(self.port.fileno())
        self.port.close()

    def _readable(self) -> None:
        for _ in range(_BURST):
            packet = self.port.read()
            if packet is None:
                return
            for sent in [packet] if self._engine is None else self._engine.from_host(packet):
                self._link.carry(sent)

    def _deliver(self, packet: bytes) -> None:
        for taken in [packet] if self._engine is None else self._engine.from_wire(packet):
            self.port.write(taken)
