"""Clocks that run apart: what a node is told of time, and when it is woken."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twopair.base import Micros, Woke
from twopair.nodes import Action, Event
from twopair.sim.clock import Drifting, Rate

RATES = st.builds(Rate, st.integers(0, 10**12), st.integers(-5_000, 5_000))
MOMENTS = st.integers(0, 10**12).map(Micros)


@given(RATES, MOMENTS)
def test_the_first_moment_at_which_the_clock_shows_that_much(rate: Rate, moment: Micros) -> None:
    shown = rate.local(moment)
    found = rate.world(shown)
    assert rate.local(found) >= shown
    assert rate.local(Micros(found - 1)) < shown


@given(RATES, MOMENTS, MOMENTS)
def test_time_never_goes_back(rate: Rate, one: Micros, other: Micros) -> None:
    assert (rate.local(one) <= rate.local(other)) == (one <= other) or rate.local(one) == rate.local(other)


class Alarm:
    """A node that wants to be woken when its own clock shows that."""

    def __init__(self, at: Micros) -> None:
        self.at = at
        self.told: list[Micros] = []

    def feed(self, _event: Event, now: Micros) -> Sequence[Action]:
        self.told.append(now)
        return []

    def next_deadline(self) -> Micros:
        return self.at


@pytest.mark.parametrize("ppm", [-5_000, 0, 5_000])
def test_a_node_lives_by_its_own_clock(ppm: int) -> None:
    """Woken when the world says so, it finds its deadline reached."""
    alarm = Alarm(Micros(1_000_000_000))
    node = Drifting(alarm, Rate(500_000_000, ppm))
    deadline = node.next_deadline()
    assert deadline is not None
    assert (deadline < 500_000_000) == (ppm > 0)
    node.feed(Woke(), deadline)
    assert alarm.told[0] >= alarm.at
