"""One SA set as requests to the kernel: four states, then the four policies that use them (SA-01)."""

from collections.abc import Sequence
from typing import NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Batch, Netlink, Refused, Request, batches
from twopair.backends.kernel.owner import PROTECT_PRIORITY
from twopair.core.esp import Positions
from twopair.core.sa import SaSet


class Step(NamedTuple):
    """One thing to put into the kernel, and how to take it out again.

    Args:
        subject: what it is, for people: ``state SA1-up``.
        do: puts it in.
        undo: takes it out.
    """

    subject: str
    do: Request
    undo: Request


class Plan(NamedTuple):
    """Things to put into the kernel together, and how to take them out again.

    Args:
        subjects: what they are, for people.
        into: puts them in.
        out: takes them out, last first: policies before the states they use.
    """

    subjects: Sequence[str]
    into: Batch
    out: Batch

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Plan":
        """The plan of these steps."""
        into = Batch.of([step.do for step in steps])
        return cls([step.subject for step in steps], into, Batch.of([step.undo for step in reversed(steps)]))


def steps(
    sa_set: SaSet, reqid: int, *, shared: bool = False, at: Positions = xfrm.FROM_THE_START
) -> list[Step]:
    """What a set consists of, in the order in which it goes in.

    States before policies: a policy without its state would have the kernel ask for a key daemon.

    Args:
        sa_set: the set.
        reqid: that ties policies to states.
        shared: whether other hosts may have it later.
        at: where another host was with it.

    Raises:
        OSError: an address is none.
    """
    algorithms = b"".join(a.encode(sa_set.keys) for a in ALGORITHMS[sa_set.suite])
    states, policies = [], []
    received = iter(at.received)
    for arrow in sa_set.arrows:
        wanted, spi = xfrm.encode(sa_set.selector(arrow)), sa_set.spis.of(arrow.spi_of)
        direction = xfrm.OUT if arrow.sender is sa_set.end else xfrm.IN
        sent, seen = (at.sent, 0) if direction == xfrm.OUT else (0, next(received))
        state = xfrm.add_state(wanted, spi, reqid, algorithms, shared=shared, sent=sent, seen=seen)
        states.append(Step(f"state {arrow.name}", state, xfrm.delete_state(wanted.dst, spi)))
        policy = xfrm.add_policy(wanted, direction, priority=PROTECT_PRIORITY, reqid=reqid, spi=spi)
        policies.append(Step(f"policy {arrow.name}", policy, xfrm.delete_policy(wanted.selector, direction)))
    return states + policies


def put_in(netlink: Netlink, wanted: Plan) -> list[tuple[str, Refused]]:
    """Put all of it into the kernel, or nothing; what was refused is returned, with its subject.

    A batch is not atomic: the kernel goes on after a request that fails. So what went in is taken out.

    Raises:
        OSError: the socket failed; all that may have gone in was taken out, as far as that went.
    """
    try:
        refused = netlink.ask(wanted.into)
    except OSError:
        netlink.ask(wanted.out)
        raise
    if refused:
        last, bad = len(wanted.subjects) - 1, {one.place for one in refused}
        stands = [undo for n, undo in enumerate(wanted.out.requests()) if last - n not in bad]
        for batch in batches(stands):
            netlink.ask(batch)
    return [(wanted.subjects[one.place], one) for one in refused]
