"""The replay window equals a naive set, for any order of any numbers (SA-06)."""

from hypothesis import given
from hypothesis import strategies as st

from twopair.core.esp import WINDOW_PACKETS, ReplayWindow

NEAR = st.lists(st.integers(min_value=0, max_value=300), max_size=200)
FAR = st.lists(st.integers(min_value=0, max_value=2**32 - 1), max_size=30)
EDGE = st.lists(st.integers(min_value=2**32 - 200, max_value=2**32 - 1), max_size=100)


@given(st.one_of(NEAR, FAR, EDGE, st.tuples(NEAR, FAR).map(lambda t: t[0] + t[1])), st.data())
def test_window_equals_a_naive_set(numbers: list[int], data: st.DataObject) -> None:
    window, seen = ReplayWindow(), set[int]()
    for number in numbers:
        top = max(seen, default=0)
        wanted = number > 0 and number not in seen and number > top - WINDOW_PACKETS
        assert window.fresh(number) is wanted
        if wanted and data.draw(st.booleans()):  # the ICV may prove wrong: then nothing moves
            window.accept(number)
            seen.add(number)
        assert window.top == max(seen, default=0)
