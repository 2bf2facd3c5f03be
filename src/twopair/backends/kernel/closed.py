"""Closed ports: block policies that stand behind those of the sets (SA-21)."""

from collections.abc import Container, Sequence
from errno import EEXIST
from itertools import chain
from socket import AF_INET, AF_INET6
from typing import Final, NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Batch, Netlink, Refused, batches
from twopair.backends.kernel.owner import is_left, left
from twopair.backends.kernel.sets import Plan, Step, put_in
from twopair.base import Endpoint, Port
from twopair.core.esp import Selector

_ANY_PORT: Final = Port(0)
_ICMP: Final[dict[int, tuple[int, int]]] = {AF_INET: (1, 3), AF_INET6: (58, 1)}
"""Protocol number, and type of "destination unreachable" (RFC 792, RFC 4443 §3.1)."""


class Block(NamedTuple):
    """What is blocked.

    Args:
        subject: what it is, for people.
        selector: struct xfrm_selector.
        direction: IN or OUT.
    """

    subject: str
    selector: bytes
    direction: int

    def step(self, priority: int, *, instead: bool) -> Step:
        """The policy; in the place of one that stands, or where none does."""
        add = xfrm.block(self.selector, self.direction, priority=priority, instead=instead)
        return Step(self.subject, add, xfrm.delete_policy(self.selector, self.direction))


class ClosedPorts:
    """The closed ports of one owner.

    Args:
        netlink: where the policies go.
        priority: of the policies.
    """

    def __init__(self, netlink: Netlink, priority: int) -> None:
        self._netlink = netlink
        self._priority = priority
        self._ports: dict[Endpoint, list[Block]] = {}
        self._silent: dict[str, Block] = {}

    def close(self, endpoint: Endpoint) -> None:
        """Close a port, if it is not closed, or was left so. Raises OSError."""
        if endpoint in self._ports:
            return
        address = endpoint.address
        wanted, silent = blocks(endpoint), self._silent.get(address) or silence(address)
        together = wanted if address in self._silent else [*wanted, silent]
        refused = self._put_in(together)
        stand = {one.place for _, one in refused if one.code == EEXIST and self._is_left(together[one.place])}
        if stand and len(stand) == len(refused):
            refused = self._put_in(together, stand)
        for subject, why in refused:
            raise OSError(why.code, f"{subject}: {why}")
        self._ports[endpoint] = wanted
        self._silent[address] = silent

    def reopen(self, endpoint: Endpoint) -> None:
        """Undo `close`."""
        gone = self._ports.pop(endpoint, [])
        if gone and all(other.address != endpoint.address for other in self._ports):
            gone = [*gone, self._silent.pop(endpoint.address)]
        if gone:
            self._netlink.ask(Batch.of([xfrm.delete_policy(b.selector, b.direction) for b in gone]))

    def leave_all(self) -> None:
        """Have the kernel undo every `close`, in a while.

        What came out of ESP may wait for its socket, which is gone, and be answered: TCP with an RST, UDP
        with an ICMP message that quotes it (SA-21, UNP-06).
        """
        gone = [*chain.from_iterable(self._ports.values()), *self._silent.values()]
        self._ports.clear()
        self._silent.clear()
        for batch in batches([left(block.selector, block.direction) for block in gone]):
            self._netlink.ask(batch)

    def _put_in(self, wanted: Sequence[Block], stand: Container[int] = ()) -> list[tuple[str, Refused]]:
        steps = [b.step(self._priority, instead=place in stand) for place, b in enumerate(wanted)]
        return put_in(self._netlink, Plan.of(steps))

    def _is_left(self, block: Block) -> bool:
        found = self._netlink.get(xfrm.get_policy(block.selector, block.direction))
        return found is not None and is_left(xfrm.decode_policy(found))


class ClosedByAnother(ClosedPorts):
    """Ports that several workers share: the process that has started them closes them, before they are bound.

    The kernel has one policy for a selector, and would refuse that of the second worker.
    """

    def close(self, endpoint: Endpoint) -> None:
        """It is closed."""

    def reopen(self, endpoint: Endpoint) -> None:
        """It stays closed: others use it."""


def blocks(endpoint: Endpoint) -> list[Block]:
    """What comes to a port from anywhere, and what leaves it for anywhere."""
    to_it = Selector(src="", src_port=_ANY_PORT, dst=endpoint.address, dst_port=endpoint.port)
    return [
        Block(f"closed port {endpoint}", xfrm.encode(selector).selector, direction)
        for selector, direction in ((to_it, xfrm.IN), (to_it.reversed(), xfrm.OUT))
    ]


def silence(address: str) -> Block:
    """ICMP "unreachable" that leaves an address (RFC 4301 §6, UNP-06).

    Such a message quotes the packet it is about: where a port has no socket any more, the kernel would
    show in the clear what came out of ESP. Its selectors tell ICMP by type, not by what is quoted, so
    the address says nothing about its other ports either.
    """
    protocol, unreachable = _ICMP[xfrm.address(address).family]
    selector = Selector(src=address, src_port=Port(unreachable), dst="", dst_port=_ANY_PORT)
    return Block(f"silent address {address}", xfrm.encode(selector, protocol).selector, xfrm.OUT)
