"""Whether new UEs may be sent to a P-CSCF, and why not: a table of what is looked at."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from twopair.base import SECOND
from twopair.live.clock import monotonic
from twopair.live.metrics.seen import Watched

_BEHIND_S: Final = 5.0
"""A store that works is behind by a batch; one that is so far behind does not keep up."""

_NOT_INSTALLED: Final = 3
"""So many SA sets in a row that could not be installed are no matter of one UE."""


class Reason(NamedTuple):
    """Why not.

    Args:
        name: for programs.
        words: for people.
        since_s: for how long it has been so, None where that is not known.
    """

    name: str
    words: str
    since_s: float | None = None


def _tenure(of: Watched) -> Iterator[Reason]:
    """A host that has lost its lease, or is asked for it, is about to stand by (ADR 20)."""
    tenure = of.running.tenure
    if tenure.taken or monotonic() >= tenure.until:
        yield Reason("not-owner", "another host takes over")


def _store(of: Watched) -> Iterator[Reason]:
    """What it cannot take waits, and would be lost with this machine (ADR 18)."""
    if of.running.kept is None:
        return
    lag = of.running.kept.lag()
    if lag.why:
        yield Reason("store-failing", f"store: {lag.why}; {lag.waiting} changes wait", lag.failing_s)
    elif lag.behind_s > _BEHIND_S:
        yield Reason("store-lagging", f"store: {lag.waiting} changes wait", lag.behind_s)


def _ipsec(of: Watched) -> Iterator[Reason]:
    if of.facts.not_installed >= _NOT_INSTALLED:
        words = f"the last {of.facts.not_installed} SA sets could not be installed"
        yield Reason("ipsec-failing", words)


def _node(of: Watched) -> Iterator[Reason]:
    if of.pulse.broken:
        words = f"the node failed on {of.pulse.failed} events within a minute: a mistake of ours, see the log"
        yield Reason("node-failing", words)


def _draining(of: Watched) -> Iterator[Reason]:
    if (until := of.running.ends_at) is not None:
        yield Reason(
            "draining",
            f"ends within {max(0, until - monotonic()) / SECOND:.0f} s, takes no new registrations",
        )


CHECKS: Final[tuple[Callable[[Watched], Iterator[Reason]], ...]] = (_draining, _tenure, _store, _ipsec, _node)
"""What is looked at, in the order in which reasons are told."""


def reasons(of: Watched) -> list[Reason]:
    """Why no new UE is to be sent here; none if all is well."""
    return [reason for check in CHECKS for reason in check(of)]
