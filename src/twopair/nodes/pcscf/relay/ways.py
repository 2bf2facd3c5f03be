"""Ways of a request to a UE, and which comes after which (RFC 3261 §18.1.1; MSG-08, PCS-24, PCS-26)."""

from collections.abc import Callable
from typing import Final, TypeAlias

from twopair.base import REFUSED_FOR, Flow, Micros
from twopair.core.sa import Stage
from twopair.core.sip import Why
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber

LARGE_OCTETS: Final = 1300
"""A larger request goes over TCP, where the path MTU is not known (RFC 3261 §18.1.1; MSG-08)."""

ESP_OCTETS: Final = 57
"""What ESP adds at most: SPI and sequence number, IV, padding and trailer, ICV (MSG-08)."""

OTHER_WAY: Final = "1"
"""Max-Breadth of a request that goes another way: the branch kept back for it (RFC 5393 §5.3.3)."""

_USABLE: Final = (Stage.NEWLY_ESTABLISHED, Stage.IN_USE)


class Way:
    """Over which set and which transport a request goes to a UE.

    Args:
        live: the set.
        flow: from its port_pc to port_us.
        for_size: whether it is TCP only because the request is large.
    """

    __slots__ = ("flow", "for_size", "live")

    def __init__(self, live: LiveSet, flow: Flow, *, for_size: bool = False) -> None:
        self.live = live
        self.flow = flow
        self.for_size = for_size


def way_over(live: LiveSet, octets: int, now: Micros) -> Way:
    """The first way over a set: TCP where the UE registered over it, or for the size of the request."""
    if live.owner.over_tcp:
        return Way(live, live.by_tcp)
    if octets + ESP_OCTETS > LARGE_OCTETS and now >= live.refuses_tcp_until:
        return Way(live, live.by_tcp, for_size=True)
    return Way(live, live.by_udp)


def _by_udp(way: Way, _user: Subscriber, _octets: int, _now: Micros) -> Way | None:
    """UDP over the same set, where TCP was for the size alone."""
    live = way.live
    if not way.for_size or live.life.stage is Stage.DELETED:
        return None
    return Way(live, live.by_udp)


def _over_newer(way: Way, user: Subscriber, octets: int, now: Micros) -> Way | None:
    """The newest set that is established."""
    if way.live.life.stage is Stage.DELETED:  # row 6: the UE has begun anew
        return None
    newer = [
        live for live in user.sets if live.life.stage in _USABLE and live.life.set_id > way.live.life.set_id
    ]
    return way_over(newer[-1], octets, now) if newer else None


_Next: TypeAlias = Callable[[Way, Subscriber, int, Micros], Way | None]

ONWARD: Final[dict[Why, tuple[tuple[_Next, str], ...]]] = {
    Why.NO_STREAM: ((_by_udp, "RFC 3261 §18.1.1, PCS-26"), (_over_newer, "24.229 §5.2.2.2 row 3, PCS-24")),
    Why.SILENT: ((_over_newer, "24.229 §5.2.2.2 row 3, PCS-24"),),
    Why.LOST: (),  # the UE may have it; its answer takes a new connection (MSG-06)
    Why.UNAVAILABLE: (),  # what a UE says is its answer
    Why.UNREACHABLE: (),  # not heard: anybody may forge ICMP (UNP-06)
    Why.TIMER: (),
    Why.ABANDONED: (),
}
"""Which way is taken after which trouble: the first that there is.

The list ends: from TCP to UDP once a set, and then only to a newer set.
"""


def onward(way: Way, why: Why, user: Subscriber, octets: int, now: Micros) -> Way | None:
    """The way after this one, None if there is none; that TCP failed is remembered with the set.

    Args:
        way: that has not led to the UE.
        why: what was the trouble with it.
        user: whom the request is for.
        octets: size of the request.
        now: the moment.
    """
    if why is Why.NO_STREAM and way.for_size:
        way.live.refuses_tcp_until = Micros(now + REFUSED_FOR)
    for find, _clause in ONWARD[why]:
        found = find(way, user, octets, now)
        if found is not None:
            return found
    return None
