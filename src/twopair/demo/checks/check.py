"""A check: one requirement, compared with what was seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from twopair.base import WireError
from twopair.demo.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check.

    Args:
        id: the requirement.
        ok: whether what was seen follows it.
        detail: what was seen, or the first thing that is wrong; one or more lines.
    """

    id: str
    ok: bool
    detail: str


class Finding(NamedTuple):
    """What a check found: everything that is wrong, and what to say if nothing is."""

    faults: list[str]
    good: str


class Check(NamedTuple):
    """A requirement and how it is judged."""

    id: str
    judge: Callable[[Evidence], Finding]


def run(checks: Iterable[Check], evidence: Evidence) -> list[Verdict]:
    """Judge them all. One that fails says its first fault, and how many more there are."""
    return [_verdict(check, _judge(check, evidence)) for check in checks]


def _judge(check: Check, evidence: Evidence) -> Finding:
    try:
        return check.judge(evidence)
    except WireError as error:
        return Finding([f"a message cannot be read: {error}"], "")


def _verdict(check: Check, finding: Finding) -> Verdict:
    if not finding.faults:
        return Verdict(check.id, ok=True, detail=finding.good)
    more = f" (and {len(finding.faults) - 1} more)" if len(finding.faults) > 1 else ""
    return Verdict(check.id, ok=False, detail=finding.faults[0] + more)
