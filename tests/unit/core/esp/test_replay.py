"""Anti-replay window and the watch for repeated IVs."""

from random import Random

import pytest

from twopair.core.esp import WINDOW_PACKETS, IvWatch, ReplayWindow


def test_first_number_is_one() -> None:
    """SA-07: zero is never sent, so it is never accepted."""
    window = ReplayWindow()
    assert not window.fresh(0)
    assert window.fresh(1)


def test_asking_does_not_move_the_window() -> None:
    """SA-06: only a packet whose ICV is right does, so a forged one cannot push honest ones out."""
    window = ReplayWindow()
    window.accept(1)
    assert window.fresh(2**32 - 1)
    assert window.top == 1
    assert window.fresh(2)


@pytest.mark.parametrize(
    ("sequence", "fresh"), [(200, False), (199, True), (137, True), (136, False), (1, False)]
)
def test_edges(sequence: int, fresh: bool) -> None:
    """SA-06: 64 numbers, the highest included."""
    window = ReplayWindow()
    window.accept(200)
    assert window.fresh(sequence) is fresh
    assert WINDOW_PACKETS == 64


def test_late_packet_is_taken_once() -> None:
    window = ReplayWindow()
    window.accept(10)
    window.accept(7)
    assert not window.fresh(7)
    assert window.fresh(8)


def test_repeated_iv_is_noticed_within_the_depth() -> None:
    """KEY-08; what it remembers is bounded."""
    watch = IvWatch(depth=2)
    first, second, third = (bytes(7) + bytes((n,)) for n in (1, 2, 3))
    came = (first, second, first, third, first, third)
    assert [watch.repeated(iv) for iv in came] == [False, False, True, False, False, True]


def test_half_of_one_iv_and_half_of_the_next_are_none() -> None:
    """KEY-08: IVs stand one behind the other."""
    watch = IvWatch()
    one, other = bytes(range(8)), bytes(range(8, 16))
    assert not watch.repeated(one)
    assert not watch.repeated(other)
    assert not watch.repeated(one[4:] + other[:4])
    assert watch.repeated(one[4:] + other[:4])


def test_it_is_a_list_of_the_last_ones() -> None:
    """KEY-08: whatever comes, the same is said as by a list that is searched."""
    dice, watch, kept = Random(27), IvWatch(depth=16), list[bytes]()
    for _ in range(3_000):
        iv = bytes(dice.choices(range(2), k=4)) + bytes(dice.choices(range(3), k=4))
        assert watch.repeated(iv) is (iv in kept)
        if iv not in kept:
            kept = [*kept, iv][-16:]
