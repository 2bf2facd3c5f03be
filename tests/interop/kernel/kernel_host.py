"""A host whose kernel does ESP, in the place of one with an engine."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.interop.gm_hosts import Gm, GmHost

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.backends.userspace.ports import open_port
from twopair.base import Suite
from twopair.core.sa import End, PortName
from twopair.live.entropy import OsEntropy
from twopair.live.lab.namespace import Namespace


class NoEngine(Engine):
    """Packets pass: the kernel has been at them, or will be."""

    def from_host(self, packet: bytes) -> list[bytes]:
        return [packet]

    def from_wire(self, packet: bytes) -> list[bytes]:
        return [packet]


class KernelHost(GmHost):
    """Namespace, device with the MTU of the wire, kernel back end with closed ports and a set."""

    def __init__(self, end: End, version: int, suite: Suite) -> None:
        self.set = GmHost.set_of(end, version, suite)
        self.address = self.set.address(end)
        self.engine = NoEngine(OsEntropy())
        self.namespace = Namespace()
        with self.namespace.entered():
            self.port, self.why = open_port("gm", [self.address], mtu=WIRE_MTU)
            self.backend = KernelBackend()
        for name in PortName:
            if name.end is end:
                self.backend.close(self.set.endpoint(name))
        self.backend.install(self.set)

    def close(self) -> None:
        self.backend.shut_down()
        super().close()


@contextmanager
def mixed(version: int, suite: Suite, kernels: tuple[End, ...]) -> Iterator[Gm]:
    """Two hosts; those of `kernels` have the kernel do their ESP."""
    kinds = {end: KernelHost if end in kernels else GmHost for end in End}
    gm = Gm({end: kinds[end](end, version, suite) for end in End})
    try:
        yield gm
    finally:
        gm.close()
