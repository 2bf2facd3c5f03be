"""Sequence numbers at both ends (AKA-13..AKA-17)."""

import pytest

from twopair.core.aka import SqnHome, SqnProfile, SqnUsim

DELTA = 1 << 28


def sqn(seq: int, ind: int = 0) -> bytes:
    return (seq << 5 | ind).to_bytes(6, "big")


def test_seq_grows_and_ind_goes_round() -> None:
    """AKA-13: low five bits are IND."""
    home = SqnHome()
    numbers = [int.from_bytes(home.take() or b"", "big") for _ in range(40)]
    assert [n >> 5 for n in numbers] == list(range(1, 41))
    assert [n & 31 for n in numbers] == [i % 32 for i in range(1, 41)]


def test_home_continues_from_its_snapshot() -> None:
    home = SqnHome()
    home.take()
    assert SqnHome.restore(home.snapshot()).take() == home.take()


def test_used_up_numbers_give_no_vector() -> None:
    assert SqnHome((1 << 48) - 1).take() is None


@pytest.mark.parametrize("value", [-1, 1 << 48])
def test_a_sequence_number_has_48_bits(value: int) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        SqnHome(value)


@pytest.mark.parametrize(
    "given", [{"ind_bits": 17}, {"ind_bits": -1}, {"delta": 0}, {"age_limit": 0}], ids=str
)
def test_a_profile_must_make_sense(given: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="IND has"):
        SqnProfile(**given)


def test_an_array_of_another_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="32 places"):
        SqnUsim([0] * 16)


def test_the_same_number_is_never_fresh_again_but_an_older_unused_one_is() -> None:
    """AKA-14."""
    card = SqnUsim()
    assert card.accept(sqn(10, 3))
    assert not card.accept(sqn(10, 3))
    assert card.accept(sqn(9, 2))
    assert not card.accept(sqn(9, 2))
    assert not card.accept(sqn(9, 3))


def test_a_jump_beyond_delta_is_refused() -> None:
    """AKA-14."""
    card = SqnUsim()
    assert not card.accept(sqn(DELTA + 1))
    assert card.accept(sqn(DELTA))
    assert card.accept(sqn(2 * DELTA, 1))


def test_the_age_limit_refuses_what_lies_too_far_back() -> None:
    """AKA-14: SEQ_MS - SEQ < L."""
    card = SqnUsim(profile=SqnProfile(age_limit=5))
    assert card.accept(sqn(100, 1))
    assert not card.accept(sqn(95, 2))
    assert card.accept(sqn(96, 2))


def test_a_refused_number_changes_nothing() -> None:
    """AKA-15."""
    card = SqnUsim()
    card.accept(sqn(7, 4))
    before = card.snapshot(), card.highest
    assert not card.accept(sqn(7, 4))
    assert not card.accept(sqn(8 + DELTA, 5))
    assert (card.snapshot(), card.highest) == before


def test_highest_is_the_greatest_accepted_with_its_ind() -> None:
    """AKA-16."""
    card = SqnUsim()
    assert card.highest == bytes(6)
    card.accept(sqn(50, 9))
    card.accept(sqn(20, 10))
    assert card.highest == sqn(50, 9)
    card.accept(sqn(50, 12))
    assert card.highest == sqn(50, 12)
    card.accept(sqn(50, 11))
    assert card.highest == SqnUsim.restore(card.snapshot()).highest == sqn(50, 12)


@pytest.mark.parametrize(
    ("home_seq", "card_seq", "moved"),
    [
        (0, 5, True),
        (5, 5, False),  # the next is 6
        (4, 5, True),  # the next is 5, used
        (5 + DELTA - 1, 5, False),
        (5 + DELTA, 5, True),
    ],
)
def test_home_follows_only_where_its_next_number_would_be_refused(
    home_seq: int, card_seq: int, moved: bool
) -> None:
    """AKA-17."""
    home = SqnHome(home_seq << 5)
    assert home.resynchronise(sqn(card_seq, 7)) is moved
    assert home.snapshot() == (card_seq << 5 | 7 if moved else home_seq << 5)
