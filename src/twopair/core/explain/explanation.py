"""From a case to its cause: the first row of the table that has evidence."""

from typing import NamedTuple

from twopair.core.explain.case import Case
from twopair.core.explain.causes import CAUSES, Cause
from twopair.core.explain.happenings import Entry


class Explanation(NamedTuple):
    """A cause with what proves it, oldest first; nothing is known of whom there is no evidence."""

    cause: Cause
    evidence: tuple[Entry, ...]


def explain(case: Case) -> Explanation:
    """Why a UE is not registered, or that it is."""
    for cause in CAUSES[:-1]:
        if found := cause.test(case):
            return Explanation(cause, tuple(sorted(found, key=lambda entry: entry.at)))
    return Explanation(CAUSES[-1], case.entries)
