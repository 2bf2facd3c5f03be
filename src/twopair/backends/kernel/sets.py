"""One SA set as requests to the kernel: four states, then the four policies that use them (SA-01)."""

from collections.abc import Iterable
from typing import NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Netlink, Refused, Request
from twopair.backends.kernel.owner import PROTECT_PRIORITY
from twopair.core.esp import SecurityAssociation
from twopair.core.sa import ARROWS, SaSet


class Step(NamedTuple):
    """One thing to put into the kernel, and how to take it out again."""

    do: Request
    undo: Request


def steps(sa_set: SaSet, reqid: int) -> list[Step]:
    """What a set consists of, in the order in which it goes in.

    States before policies: a policy without its state would have the kernel ask for a key daemon.

    Raises:
        OSError: an address is none.
    """
    named = [(arrow, sa_set.association(arrow)) for arrow in ARROWS]
    algorithms = b"".join(a.encode(sa_set.keys) for a in ALGORITHMS[sa_set.suite])
    states = [_state(sa, reqid, algorithms, arrow.name) for arrow, sa in named]
    return states + [
        _policy(sa, xfrm.OUT if arrow.sender is sa_set.end else xfrm.IN, reqid, arrow.name)
        for arrow, sa in named
    ]


def _state(sa: SecurityAssociation, reqid: int, algorithms: bytes, name: str) -> Step:
    subject = f"state {name}"
    return Step(
        xfrm.add_state(sa.selector, sa.spi, reqid, algorithms, subject),
        xfrm.delete_state(sa.selector.dst, sa.spi, subject),
    )


def _policy(sa: SecurityAssociation, direction: int, reqid: int, name: str) -> Step:
    subject = f"policy {name}"
    add = xfrm.add_policy(
        sa.selector, direction, priority=PROTECT_PRIORITY, reqid=reqid, spi=sa.spi, subject=subject
    )
    return Step(add, xfrm.delete_policy(sa.selector, direction, subject=subject))


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
