"""Anti-replay window and the watch for repeated IVs."""

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
    assert [watch.repeated(iv) for iv in (b"1", b"2", b"1", b"3", b"1")] == [False, False, True, False, False]
