"""One host of the lab: a network namespace with its devices, sockets, and the node that runs on it."""

from asyncio import Event, get_running_loop, timeout
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from socket import socket

from twopair.backends.contract import IpsecBackend
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.backends.userspace.ports import HOST_MTU, open_port
from twopair.backends.userspace.routes import with_netlink
from twopair.base import Endpoint, Micros
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.live.lab.link import Link
from twopair.live.lab.namespace import Namespace
from twopair.live.lab.plug import Plug
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.nodes.node import Node

_LOOPBACK_INDEX = 1


class Host:
    """A namespace with loopback up and nothing else, until it is plugged into links.

    Args:
        name: for people.

    Attributes:
        device: how its packets get in and out, and why so: ``tun: /dev/net/tun can be opened``.
        driver: runs the node; `driver.node` and `driver.backend` are what it runs.
        facts: what the node reported, each with its moment.
        namespace: where its sockets and devices are.
    """

    driver: Driver

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = ""
        self.facts: list[tuple[Micros, object]] = []
        self.namespace = Namespace()
        self._plugs: list[Plug] = []
        self._closing = ExitStack()
        self._news = Event()
        with self.namespace.entered():
            with_netlink(lambda netlink: netlink.link("set", index=_LOOPBACK_INDEX, state="up"))

    def plug(
        self,
        device: str,
        link: Link,
        addresses: Sequence[str],
        routes: Sequence[str],
        *,
        engine: Engine | None = None,
        wire_mtu: int = WIRE_MTU,
        mtu: int = HOST_MTU,
    ) -> None:
        """Attach to a link by a new device with these addresses, and routes to the networks behind it.

        Without an engine, packets are carried as the host's kernel makes them; see `open_port` for the MTUs.

        Raises:
            PrerequisiteMissing: neither a TUN device nor a veth pair can be made.
        """
        with self.namespace.entered():
            try:
                port, why = open_port(device, addresses, routes, wire_mtu=wire_mtu, mtu=mtu)
            except OSError as error:
                raise PrerequisiteMissing(f"no TUN device and no veth pair for the lab: {error}") from None
        self.device = f"{port.kind}: {why}"
        bare = [address.partition("/")[0] for address in addresses]
        self._plugs.append(Plug(port, link, bare, loop=get_running_loop(), engine=engine))

    def kernel_ipsec(self) -> KernelBackend:
        """Have this host's kernel do its ESP, until the host is closed. Raises PrerequisiteMissing."""
        with self.namespace.entered():
            try:
                backend = KernelBackend()
            except OSError as error:
                raise PrerequisiteMissing(f"no ESP in the kernel for the lab: {error}") from None
        self._closing.callback(backend.shut_down)
        return backend

    def run(self, node: Node, backend: IpsecBackend) -> Driver:
        """Start a node on this host."""
        self.driver = Driver(node, backend, place=self)
        self.driver.listen(self._note)
        self.driver.start()
        return self.driver

    async def until(self, wanted: Callable[[object], bool], *, within_s: float = 10) -> object:
        """The first fact, from the start on, for which `wanted` holds. Raises TimeoutError."""
        looked_at = 0
        async with timeout(within_s):
            while True:
                while looked_at < len(self.facts):
                    looked_at += 1
                    if wanted(fact := self.facts[looked_at - 1][1]):
                        return fact
                self._news.clear()
                await self._news.wait()

    def _note(self, fact: object) -> None:
        self.facts.append((monotonic(), fact))
        self._news.set()

    def handed(self, _local: Endpoint, _kind: int) -> socket | None:
        """None: it binds its own."""
        return None

    def socket(self, family: int, kind: int) -> socket:
        """A new socket of this host."""
        return self.namespace.socket(family, kind)

    def close(self) -> None:
        """Stop what runs here and let the namespace go."""
        if hasattr(self, "driver"):
            self.driver.stop()
        with self.namespace.entered():
            for plug in self._plugs:
                plug.close()
        self._closing.close()
        self.namespace.close()
