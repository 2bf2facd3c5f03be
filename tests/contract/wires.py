"""Two hosts with a back end each, and a wire between them that an attacker may use; per kind of back end."""

from abc import ABC, abstractmethod
from typing import Final

from tests.contract.kernel_hosts import KernelHost
from tests.figure1_sets import FAMILIES, PORTS, Dice, sa_set

from twopair.backends.contract import IpsecBackend
from twopair.backends.memory import Mark, MemoryBackend
from twopair.backends.userspace.engine import Engine
from twopair.base import Flow, Spi, Transport
from twopair.core.esp import HOST_BLOCK, WHOLE, Drop
from twopair.core.sa import End, SaSet
from twopair.wire import esp, ip


def spi_of(packet: object) -> Spi | None:
    """The SPI of an IP packet, None if there is no ESP in it."""
    assert isinstance(packet, bytes)
    header = ip.parse(packet)
    if header.protocol != esp.ESP:
        return None
    return Spi(int.from_bytes(packet[header.offset : header.offset + 4], "big"))


def sequence_of(packet: object) -> int:
    """The sequence number of an ESP packet."""
    assert isinstance(packet, bytes)
    at = ip.parse(packet).offset
    return int.from_bytes(packet[at + 4 : at + 8], "big")


def clear_packet(flow: Flow) -> bytes:
    """A packet as the sender of that flow would make it without IPsec."""
    (src, src_port), (dst, dst_port) = flow.local, flow.remote
    if flow.transport is Transport.UDP:
        return ip.udp_datagram(src, src_port, dst, dst_port, b"MESSAGE")
    segment = src_port.to_bytes(2, "big") + dst_port.to_bytes(2, "big") + bytes(8) + b"\x50\x10" + bytes(6)
    return ip.build(src, dst, ip.TCP, segment + b"MESSAGE")


class Wire(ABC):
    """What the contract's tests need of a back end, whatever its packets are made of.

    A packet is whatever the back end puts on the wire; the attacker can keep it and send it again.
    """

    backends: dict[End, IpsecBackend]

    def __init__(self, version: int, transport: Transport, *, shared: bool = False) -> None:
        self.ue, self.pcscf = FAMILIES[version]
        self.transport = transport
        self.shared = shared
        self.backends = {end: self.host(end) for end in End}

    @abstractmethod
    def host(self, end: End) -> IpsecBackend:
        """A new host at this end, in the place of the one that was there."""

    def set_of(self, end: End, **changes: object) -> SaSet:
        """A set between these two hosts."""
        return sa_set(end, **{"ue": self.ue, "pcscf": self.pcscf, **changes})  # type: ignore[arg-type]

    def close(self) -> None:  # noqa: B027  most kinds hold nothing
        """Give back what the hosts hold."""

    @abstractmethod
    def send(self, sender: End, flow: Flow) -> list[object]:
        """Packets on the wire when `sender` sends something on a flow of its own."""

    @abstractmethod
    def clear(self, flow: Flow) -> object:
        """A clear packet that anybody can make; `flow` as its claimed sender sees it."""

    @abstractmethod
    def reaches(self, receiver: End, packet: object) -> bool:
        """Whether the receiver's host gets to see what is in the packet."""

    @abstractmethod
    def spi(self, packet: object) -> Spi | None:
        """The SPI, None for a clear packet."""

    @abstractmethod
    def sequence(self, packet: object) -> int:
        """The sequence number of a packet that is not in the clear."""


class MemoryWire(Wire):
    """Packets are flows with marks."""

    def __init__(self, version: int, transport: Transport, *, shared: bool = False) -> None:
        self.memory: dict[End, MemoryBackend] = {}
        super().__init__(version, transport, shared=shared)

    def host(self, end: End) -> IpsecBackend:
        self.memory[end] = MemoryBackend(HOST_BLOCK if self.shared else WHOLE)
        return self.memory[end]

    def send(self, sender: End, flow: Flow) -> list[object]:
        mark = self.memory[sender].outbound(flow)
        return [] if isinstance(mark, Drop) else [(flow, mark)]

    def clear(self, flow: Flow) -> object:
        return flow, None

    def reaches(self, receiver: End, packet: object) -> bool:
        assert isinstance(packet, tuple)
        flow, mark = packet
        return self.memory[receiver].inbound(flow.mirrored(), mark) is None

    def spi(self, packet: object) -> Spi | None:
        assert isinstance(packet, tuple)
        return packet[1].spi if isinstance(packet[1], Mark) else None

    def sequence(self, packet: object) -> int:
        assert isinstance(packet, tuple)
        assert isinstance(packet[1], Mark)
        return packet[1].sequence


class EngineWire(Wire):
    """Packets are IP packets."""

    def __init__(self, version: int, transport: Transport, *, shared: bool = False) -> None:
        self.engines: dict[End, Engine] = {}
        super().__init__(version, transport, shared=shared)

    def host(self, end: End) -> IpsecBackend:
        block = HOST_BLOCK if self.shared else WHOLE
        self.engines[end] = Engine(Dice(list(End).index(end)), block=block)
        return self.engines[end]

    def send(self, sender: End, flow: Flow) -> list[object]:
        return list(self.engines[sender].from_host(self._packet(flow)))

    def clear(self, flow: Flow) -> object:
        return self._packet(flow)

    def reaches(self, receiver: End, packet: object) -> bool:
        assert isinstance(packet, bytes)
        return bool(self.engines[receiver].from_wire(packet))

    def spi(self, packet: object) -> Spi | None:
        return spi_of(packet)

    def sequence(self, packet: object) -> int:
        return sequence_of(packet)

    def _packet(self, flow: Flow) -> bytes:
        return clear_packet(flow)


class KernelWire(Wire):
    """Packets are IP packets that a kernel made, or is given."""

    def __init__(self, version: int, transport: Transport, *, shared: bool = False) -> None:
        self.hosts: dict[End, KernelHost] = {}
        super().__init__(version, transport, shared=shared)

    def host(self, end: End) -> IpsecBackend:
        if end in self.hosts:
            self.hosts[end].close()
        addresses = {End.UE: self.ue, End.PCSCF: self.pcscf}
        host = KernelHost(addresses[end], addresses[end.other], self.transport, shared=self.shared)
        self.hosts[end] = host
        host.listen(PORTS)
        return host.backend

    def close(self) -> None:
        for host in self.hosts.values():
            host.close()

    def send(self, sender: End, flow: Flow) -> list[object]:
        return list(self.hosts[sender].send(flow))

    def clear(self, flow: Flow) -> object:
        return clear_packet(flow)

    def reaches(self, receiver: End, packet: object) -> bool:
        assert isinstance(packet, bytes)
        return self.hosts[receiver].gets(packet)

    def spi(self, packet: object) -> Spi | None:
        return spi_of(packet)

    def sequence(self, packet: object) -> int:
        return sequence_of(packet)


WIRES: Final[dict[str, type[Wire]]] = {
    "memory": MemoryWire,
    "userspace": EngineWire,
    "kernel": KernelWire,
}
"""Every back end the contract holds for."""
