"""Closed ports: block policies that stand behind those of the sets (SA-21)."""

from socket import AF_INET, AF_INET6
from typing import Final

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Netlink
from twopair.backends.kernel.sets import Plan, Step, put_in
from twopair.base import Endpoint, Port
from twopair.core.esp import Selector

_ANY_PORT: Final = Port(0)
_ICMP: Final[dict[int, tuple[int, int]]] = {AF_INET: (1, 3), AF_INET6: (58, 1)}
"""Protocol number, and type of "destination unreachable" (RFC 792, RFC 4443 §3.1)."""


class ClosedPorts:
    """The closed ports of one owner.

    Args:
        netlink: where the policies go.
        priority: of the policies.
    """

    def __init__(self, netlink: Netlink, priority: int) -> None:
        self._netlink = netlink
        self._priority = priority
        self._ports: dict[Endpoint, list[Step]] = {}
        self._silent: dict[str, Step] = {}

    def close(self, endpoint: Endpoint) -> None:
        """Close a port, if it is not closed. Raises OSError."""
        if endpoint in self._ports:
            return
        address = endpoint.address
        silent = self._silent.get(address) or silence(address, self._priority)
        wanted = blocks(endpoint, self._priority)
        together = wanted if address in self._silent else [*wanted, silent]
        for subject, refused in put_in(self._netlink, Plan.of(together)):
            raise OSError(refused.code, f"{subject}: {refused}")
        self._ports[endpoint] = wanted
        self._silent[address] = silent

    def reopen(self, endpoint: Endpoint) -> None:
        """Undo `close`."""
        gone = self._ports.pop(endpoint, [])
        if gone and all(other.address != endpoint.address for other in self._ports):
            gone = [*gone, self._silent.pop(endpoint.address)]
        if gone:
            self._netlink.ask(Plan.of(gone).out)

    def reopen_all(self) -> None:
        """Undo every `close`."""
        for endpoint in list(self._ports):
            self.reopen(endpoint)


class ClosedByAnother(ClosedPorts):
    """Ports that several workers share: the process that has started them closes them, before they are bound.

    The kernel has one policy for a selector, and would refuse that of the second worker.
    """

    def close(self, endpoint: Endpoint) -> None:
        """It is closed."""

    def reopen(self, endpoint: Endpoint) -> None:
        """It stays closed: others use it."""


def blocks(endpoint: Endpoint, priority: int) -> list[Step]:
    """Policies that block what comes to a port from anywhere, and what leaves it for anywhere."""
    to_it = Selector(src="", src_port=_ANY_PORT, dst=endpoint.address, dst_port=endpoint.port)
    blocked = ((to_it, xfrm.IN), (to_it.reversed(), xfrm.OUT))
    return [
        _block(f"closed port {endpoint}", xfrm.encode(selector), direction, priority)
        for selector, direction in blocked
    ]


def silence(address: str, priority: int) -> Step:
    """A policy that keeps ICMP "unreachable" from leaving an address (RFC 4301 §6, UNP-06).

    Such a message quotes the packet it is about: where a port has no socket any more, the kernel would
    show in the clear what came out of ESP. Its selectors tell ICMP by type, not by what is quoted, so
    the address says nothing about its other ports either.
    """
    protocol, unreachable = _ICMP[xfrm.address(address).family]
    selector = Selector(src=address, src_port=Port(unreachable), dst="", dst_port=_ANY_PORT)
    return _block(f"silent address {address}", xfrm.encode(selector, protocol), xfrm.OUT, priority)


def _block(subject: str, wanted: xfrm.Wanted, direction: int, priority: int) -> Step:
    add = xfrm.add_policy(wanted, direction, priority=priority)
    return Step(subject, add, xfrm.delete_policy(wanted.selector, direction))
