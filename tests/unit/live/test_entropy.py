import pytest

from twopair.live.entropy import OsEntropy


def test_octets_have_the_length_asked_for_and_do_not_repeat() -> None:
    entropy = OsEntropy()
    draws = [entropy.octets(16) for _ in range(1000)]
    assert all(len(draw) == 16 for draw in draws)
    assert len(set(draws)) == 1000


def test_a_draw_longer_than_the_block() -> None:
    entropy = OsEntropy()
    assert len(entropy.octets(10_000)) == 10_000
    assert entropy.octets(0) == b""


@pytest.mark.parametrize("bound", [1, 2, 3, 255, 256, 257, 2**32])
def test_numbers_stay_below_their_bound(bound: int) -> None:
    entropy = OsEntropy()
    assert all(0 <= entropy.below(bound) < bound for _ in range(500))


def test_every_number_below_a_small_bound_comes() -> None:
    entropy = OsEntropy()
    assert {entropy.below(5) for _ in range(500)} == {0, 1, 2, 3, 4}


def test_nothing_is_below_zero() -> None:
    with pytest.raises(ValueError, match="no number"):
        OsEntropy().below(0)
