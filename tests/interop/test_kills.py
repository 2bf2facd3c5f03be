"""A short run of `make kills`, with ESP in user space (MGP-14); the one in a kernel is beside its tests."""

from pathlib import Path

import pytest
from tests.interop.kills.attempts import Attempt, Kill, losses, rows
from tests.interop.kills.course import follow
from tests.interop.kills.plan import Plan
from tests.interop.programs import NEEDS_ROOT

SHORT = Plan("userspace", kills=3, ues=16, seed=1, messages_per_s=4, registrations_per_s=1, pause_s=5)


@pytest.mark.lab
@NEEDS_ROOT
def test_nothing_and_nobody_is_lost(tmp_path: Path) -> None:
    """MGP-14, SA-07: registrations, calls and messages while the P-CSCF is killed three times."""
    outcome = follow(SHORT, tmp_path)
    assert outcome.lost == []
    assert len(outcome.kills) == SHORT.kills
    assert all(
        row.all for row in outcome.rows if row.kind in {"messages", "messages in calls", "calls ended"}
    )


KILLS = [Kill(10.0, 12.0), Kill(20.0, 21.0)]


def attempt(kind: str, begin: float, end: float, fault: str = "") -> Attempt:
    return Attempt(kind, begin, end, fault, "somebody")


@pytest.mark.parametrize(
    ("one", "lost"),
    [
        (attempt("call set up", 9.0, 11.0, "408"), False),
        (attempt("call set up", 10.5, 13.0, "408"), True),
        (attempt("call set up", 13.0, 19.0, "408"), True),
        (attempt("message", 9.0, 11.0, "408"), True),
        (attempt("message", 9.0, 11.0), False),
    ],
    ids=["set up at a kill", "set up after it", "set up between", "message", "answered"],
)
def test_only_a_call_that_a_kill_falls_into_may_fail(one: Attempt, lost: bool) -> None:
    """RFC 6026 §8 excuses nothing else."""
    assert (losses([one], KILLS) == [one]) is lost


def test_what_was_under_way_is_counted() -> None:
    told = [
        attempt("message", 8.0, 9.0),
        attempt("message", 11.0, 12.5),
        attempt("message", 9.0, 22.0, "408"),
    ]
    row = next(row for row in rows(told, KILLS) if row.kind == "messages")
    assert (row.all, row.under_way, row.excused, row.lost, row.longest_s) == (3, 2, 0, 1, 1.5)
