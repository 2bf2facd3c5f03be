"""Random numbers that replay."""

from collections import Counter

import pytest

from twopair.sim import Stream, Streams


def test_equal_seed_and_name_give_equal_octets_however_they_are_asked_for() -> None:
    whole = Stream(1, "ue").octets(300)
    pieces = Stream(1, "ue")
    assert b"".join(pieces.octets(n) for n in (0, 1, 63, 64, 65, 107)) == whole
    assert len({Stream(1, "ue").octets(16), Stream(2, "ue").octets(16), Stream(1, "pcscf").octets(16)}) == 3


def test_a_known_value() -> None:
    """The same on every machine and in every version: replayed seeds depend on it."""
    assert Stream(7, "ue-1").octets(16).hex() == "27a6cbea2928050e9daf89ffb5a549c7"
    assert [Stream(7, "ue-1").below(n) for n in (1, 2, 10, 1000, 2**40)] == [0, 1, 9, 150, 170302106153]


def test_a_draw_more_in_one_stream_does_not_shift_another() -> None:
    one, other = Streams(3), Streams(3)
    one("ue").octets(5)
    assert one("pcscf").octets(8) == other("pcscf").octets(8)
    assert one("ue") is one("ue")


@pytest.mark.parametrize("bound", [1, 2, 3, 255, 256, 257, 65_536])
def test_below_stays_below(bound: int) -> None:
    stream = Stream(1, "x")
    numbers = [stream.below(bound) for _ in range(500)]
    assert all(0 <= number < bound for number in numbers)
    assert len(set(numbers)) > min(bound, 200) // 2


def test_below_is_even() -> None:
    stream = Stream(1, "dice")
    counts = Counter(stream.below(6) for _ in range(6000))
    assert all(850 < counts[face] < 1150 for face in range(6))


def test_there_is_nothing_below_zero() -> None:
    with pytest.raises(ValueError, match="bound"):
        Stream(1, "x").below(0)
