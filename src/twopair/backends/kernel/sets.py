"""One SA set as requests to the kernel: four states, then the four policies that use them (SA-01)."""

from collections.abc import Iterable
from typing import NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Netlink, Refused, Request
from twopair.backends.kernel.owner import PROTECT_PRIORITY
from twopair.core.esp import SecurityAssociation
from twopair.core.sa import SaSet
from twopair.core.sa.figure1 import Arrow


class Step(NamedTuple):
    """One thing to put into the kernel, and how to take it out again."""

    do: Request
    undo: Request


Associations = tuple[tuple[Arrow, SecurityAssociation], ...]
"""The four SAs of a set, each with its arrow of Figure 1."""


def associations(sa_set: SaSet) -> Associations:
    """The four SAs of a set."""
    return tuple((arrow, sa_set.association(arrow)) for arrow in sa_set.arrows)


def steps(sa_set: SaSet, reqid: int, sas: Associations) -> list[Step]:
    """What a set consists of, in the order in which it goes in.

    States before policies: a policy without its state would have the kernel ask for a key daemon.

    Args:
        sa_set: the set.
        reqid: that ties policies to states.
        sas: its `associations`.

    Raises:
        OSError: an address is none.
    """
    algorithms = b"".join(a.encode(sa_set.keys) for a in ALGORITHMS[sa_set.suite])
    states, policies = [], []
    for arrow, sa in sas:
        wanted = xfrm.encode(sa.selector)
        states.append(_state(wanted, sa, reqid, algorithms, arrow.name))
        direction = xfrm.OUT if arrow.sender is sa_set.end else xfrm.IN
        policies.append(_policy(wanted, direction, reqid, sa.spi, arrow.name))
    return states + policies


def _state(wanted: xfrm.Wanted, sa: SecurityAssociation, reqid: int, algorithms: bytes, name: str) -> Step:
    subject = f"state {name}"
    return Step(
        xfrm.add_state(wanted, sa.spi, reqid, algorithms, subject),
        xfrm.delete_state(sa.selector.dst, sa.spi, subject),
    )


def _policy(wanted: xfrm.Wanted, direction: int, reqid: int, spi: int, name: str) -> Step:
    subject = f"policy {name}"
    add = xfrm.add_policy(wanted, direction, priority=PROTECT_PRIORITY, reqid=reqid, spi=spi, subject=subject)
    return Step(add, xfrm.delete_policy(wanted.selector, direction, subject))


def put_in(netlink: Netlink, wanted: list[Step]) -> list[tuple[Step, Refused]]:
    """Put all of it into the kernel, or nothing; what was refused is returned.

    A batch is not atomic: the kernel goes on after a request that fails. So what went in is taken out.

    Raises:
        OSError: the socket failed; all that may have gone in was taken out, as far as that went.
    """
    try:
        refused = netlink.ask([step.do for step in wanted])
    except OSError:
        take_out(netlink, wanted)
        raise
    if refused:
        bad = {one.place for one in refused}
        take_out(netlink, [step for place, step in enumerate(wanted) if place not in bad])
    return [(wanted[one.place], one) for one in refused]


def take_out(netlink: Netlink, present: Iterable[Step]) -> list[Refused]:
    """Take it out, last first: policies before the states they use. Returns what the kernel refused."""
    return netlink.ask([step.undo for step in reversed(list(present))])
