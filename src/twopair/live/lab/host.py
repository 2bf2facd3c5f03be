"""One host of the lab: a network namespace with its devices, sockets, and the node that runs on it."""

from asyncio import get_running_loop
from collections.abc import Sequence
from socket import socket

from twopair.backends.contract import IpsecBackend
from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.backends.userspace.ports import open_port
from twopair.backends.userspace.routes import with_netlink
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
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = ""
        self._namespace = Namespace()
        self._plugs: list[Plug] = []
        self._drivers: list[Driver] = []
        with self._namespace.entered():
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
    ) -> None:
        """Attach to a link by a new device with these addresses, and routes to the networks behind it.

        Raises:
            PrerequisiteMissing: neither a TUN device nor a veth pair can be made.
        """
        with self._namespace.entered():
            try:
                port, why = open_port(device, addresses, routes, wire_mtu=wire_mtu)
            except OSError as error:
                raise PrerequisiteMissing(f"no TUN device and no veth pair for the lab: {error}") from None
        self.device = f"{port.kind}: {why}"
        bare = [address.partition("/")[0] for address in addresses]
        self._plugs.append(Plug(port, link, bare, loop=get_running_loop(), engine=engine))

    def run(self, node: Node, backend: IpsecBackend) -> Driver:
        """A driver for a node on this host; not started yet."""
        driver = Driver(node, backend, place=self)
        self._drivers.append(driver)
        return driver

    def socket(self, family: int, kind: int) -> socket:
        """A new socket of this host."""
        return self._namespace.socket(family, kind)

    def close(self) -> None:
        """Stop what runs here and let the namespace go."""
        for driver in self._drivers:
            driver.stop()
        with self._namespace.entered():
            for plug in self._plugs:
                plug.close()
        self._namespace.close()
