"""What is told of a P-CSCF over HTTP at one moment: of one process, or of its workers together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, Self

from twopair.live.http.readiness import Reason, reasons
from twopair.live.metrics.seen import Seen, Watched, seen
from twopair.live.metrics.values import Values, merged, values

WHOLE: Final = "whole"
"""How a worker is asked for a whole look."""

Number = tuple[str, int | str]
"""What is shown on the page, in words, and how much of it there is."""


class Look(NamedTuple):
    """What was seen.

    Args:
        alive: whether it lives, beside that it answers.
        failed: what the node failed on within a minute.
        reasons: why no new UE is to be sent there.
        numbers: for the page; none of a brief look.
        values: what metrics say; likewise.
    """

    alive: bool
    failed: int
    reasons: list[Reason]
    numbers: list[Number]
    values: Values

    @classmethod
    def of_json(cls, found: Any) -> Self:
        """One that a worker has sent, which JSON has as lists."""
        alive, failed, why_not, numbers, told = found
        return cls(alive, failed, [Reason(*one) for one in why_not], [(w, n) for w, n in numbers], told)


class Looker(Protocol):
    """Whoever looks."""

    def __call__(self, *, whole: bool) -> Awaitable[Look]:
        """A whole look, or a brief one: without numbers and values."""
        ...


def looking_at(of: Watched) -> Callable[..., Awaitable[Look]]:
    """Looks at one process."""

    async def look(*, whole: bool) -> Look:
        why_not = reasons(of)
        alive, failed = not of.pulse.broken, of.pulse.failed
        if not whole:
            return Look(alive, failed, why_not, [], {})
        found = await seen(of, ready=not why_not)
        return Look(alive, failed, why_not, _numbers(found), values(found))

    return look


def all_together(each: Sequence[tuple[int, Look]], more: Sequence[Reason]) -> Look:
    """What is seen of workers as one.

    Args:
        each: the number of each, and what was seen of it.
        more: further reasons not to send UEs there.
    """
    looks = [look for _, look in each]
    why_not = [
        one._replace(words=f"worker {number}: {one.words}") for number, look in each for one in look.reasons
    ]
    told = merged([look.values for look in looks]) if looks and looks[0].values else {}
    return Look(
        all(look.alive for look in looks),
        sum(look.failed for look in looks),
        [*more, *why_not],
        [_sum(rows) for rows in zip(*(look.numbers for look in looks), strict=True)],
        told,
    )


def _sum(rows: Sequence[Number]) -> Number:
    words, first = rows[0]
    return words, first if isinstance(first, str) else sum(n for _, n in rows if isinstance(n, int))


def _numbers(seen: Seen) -> list[Number]:
    tally, facts, lag = seen.tally, seen.of.facts, seen.lag
    drops = seen.of.running.ipsec.backend.drops()
    return [
        *((f"subscribers, {state}", number) for state, number in tally.subscribers.items()),
        *((f"SA sets, {stage.value}", number) for stage, number in tally.stages.items()),
        ("SIP transactions", tally.transactions),
        ("TCP connections, in the clear", tally.clear_streams),
        ("TCP connections, protected", tally.protected_streams),
        ("registrations that succeeded", facts.registered),
        ("attempts that failed", facts.failed.total()),
        ("messages that were refused", facts.refusals.total()),
        ("packets that were dropped", sum(drops.values())),
        ("back end for ESP", seen.host.build[2]),
        ("changes that wait for the store", "no store" if lag is None else lag.waiting),
    ]
