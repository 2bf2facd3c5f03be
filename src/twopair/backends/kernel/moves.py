"""What states have received, as the kernel tells it (Linux: Documentation/networking/xfrm_sync)."""

from collections.abc import Iterator

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Netlink


class Moves:
    """Listens to what the kernel tells of replay windows, for sets that were put in as shared.

    It tells of a state after so many packets, or a while after one; so what is known is at most that while
    old. Raises OSError.
    """

    def __init__(self, netlink: type[Netlink] = Netlink) -> None:
        self._netlink = netlink(xfrm.NETLINK_XFRM, (xfrm.GROUP_AEVENTS,))

    def told(self, asking: Netlink) -> Iterator[xfrm.Moved]:
        """What was told since, of whatever state in this namespace.

        Args:
            asking: for a look at all states, where more was told than could be kept.
        """
        while heard := self._netlink.heard():
            yield from (xfrm.decode_moved(answer) for answer in heard if answer.kind == xfrm.MOVED)
        if self._netlink.overrun:
            self._netlink.overrun = False
            yield from map(xfrm.moved_of, asking.dump(xfrm.GET_STATE))

    def close(self) -> None:
        """Stop listening."""
        self._netlink.close()
