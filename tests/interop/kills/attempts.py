"""What was attempted, and what came of it, seen against the moments of the kills."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple


class Attempt(NamedTuple):
    """Something that a user asked a UE for.

    Args:
        kind: one of `KINDS`.
        begin: moment on the monotonic clock, in seconds, which is that of all processes.
        end: when its outcome was known.
        fault: what was wrong with that; empty if nothing.
        who: which UE, for people.
    """

    kind: str
    begin: float
    end: float
    fault: str
    who: str


class Kill(NamedTuple):
    """From a kill to the moment at which a successor was ready. That one may have been killed, too."""

    at: float
    ready: float


KINDS: Final = {
    "re-registration": "re-registrations",
    "message": "messages",
    "in a call": "messages in calls",
    "call ended": "calls ended",
    "call set up": "calls set up",
}
"""All kinds, with the words for many of them."""

MAY_FAIL: Final = "call set up"
"""If a kill falls into it: responses to requests of the predecessor are dropped (RFC 6026 §8)."""


def under_way(attempt: Attempt, kills: Iterable[Kill]) -> bool:
    """Whether it had begun when the P-CSCF was killed, or began before the next one was ready."""
    return any(kill.at < attempt.end and attempt.begin < kill.ready for kill in kills)


def excused(attempt: Attempt, kills: Iterable[Kill]) -> bool:
    """Whether its failure is none of ours to mend: a call that was being set up when the P-CSCF died."""
    return attempt.kind == MAY_FAIL and any(attempt.begin < kill.at < attempt.end for kill in kills)


class Row(NamedTuple):
    """A line of the table."""

    kind: str
    all: int
    under_way: int
    excused: int
    lost: int
    longest_s: float


def rows(attempts: Sequence[Attempt], kills: Sequence[Kill]) -> list[Row]:
    """What came of each kind."""
    table = []
    for kind, words in KINDS.items():
        of_kind = [attempt for attempt in attempts if attempt.kind == kind]
        failed = [attempt for attempt in of_kind if attempt.fault]
        spared = sum(excused(attempt, kills) for attempt in failed)
        longest = max((a.end - a.begin for a in of_kind if not a.fault), default=0.0)
        at_kills = sum(under_way(attempt, kills) for attempt in of_kind)
        table.append(Row(words, len(of_kind), at_kills, spared, len(failed) - spared, longest))
    return table


def table(these: Iterable[Row], when: str) -> Iterator[str]:
    """The lines of it; `when` says what it is to be under way."""
    yield f"{'':20}{'all':>8}{when:>11}{'may fail':>10}{'lost':>7}{'longest':>10}"
    for row in these:
        yield f"{row.kind:20}{row.all:8}{row.under_way:11}{row.excused:10}{row.lost:7}{row.longest_s:8.1f} s"


def losses(attempts: Iterable[Attempt], kills: Sequence[Kill]) -> list[Attempt]:
    """What failed and must not."""
    return [attempt for attempt in attempts if attempt.fault and not excused(attempt, kills)]
