"""Laws of sequence numbers and of Digest AKA, for any input (AKA-13..AKA-17, AKA-02)."""

from contextlib import suppress
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from twopair.base import Secret, WireError
from twopair.core.aka import (
    Accepted,
    AkaKeys,
    Isim,
    SqnHome,
    SqnProfile,
    SqnUsim,
    SyncFailure,
    decode_auts,
    decode_nonce,
    encode_auts,
    encode_nonce,
    generate_vector,
    resynchronise,
)

FUNCTIONS = AkaKeys(Secret(b"k" * 16), opc=Secret(b"o" * 16)).functions()
RAND = bytes(16)
PROFILES = st.builds(SqnProfile, st.integers(0, 6), st.integers(1, 300), st.none() | st.integers(1, 40))
SQNS = st.integers(0, 2000).map(lambda number: number.to_bytes(6, "big"))


@given(PROFILES, st.lists(SQNS, max_size=60))
def test_no_number_is_accepted_twice(profile: SqnProfile, offered: list[bytes]) -> None:
    """AKA-14: whatever the order and the profile."""
    card = SqnUsim(profile=profile)
    accepted = [number for number in offered if card.accept(number)]
    assert len(set(accepted)) == len(accepted)
    assert card.highest == max(accepted, default=bytes(6))


@given(PROFILES, st.lists(SQNS, max_size=40), st.lists(SQNS, max_size=40))
def test_a_restored_card_behaves_as_the_one_it_was(
    profile: SqnProfile, before: list[bytes], after: list[bytes]
) -> None:
    """AKA-13, AKA-18."""
    card = SqnUsim(profile=profile)
    for number in before:
        card.accept(number)
    twin = SqnUsim.restore(card.snapshot(), profile)
    assert [card.accept(n) for n in after] == [twin.accept(n) for n in after]


@given(st.integers(0, (1 << 48) - (1 << 34)), st.integers(0, (1 << 43) - (1 << 30)), st.integers(0, 31))
@settings(max_examples=300)
def test_resynchronisation_always_leads_to_an_accepted_vector(home_sqn: int, card_seq: int, ind: int) -> None:
    """AKA-16, AKA-17: wherever the two counters stand, one round is enough."""
    seqs = [0] * 32
    seqs[ind] = card_seq
    card, home = Isim(FUNCTIONS, SqnUsim(seqs)), SqnHome(home_sqn)
    for attempt in range(2):
        number = home.take()
        assert number is not None
        vector = generate_vector(FUNCTIONS, number, b"\x00\x00", RAND)
        outcome = card.answer(RAND, vector.autn)
        if isinstance(outcome, Accepted):
            assert outcome.res == vector.xres
            return
        assert attempt == 0, "not even after resynchronisation"
        assert isinstance(outcome, SyncFailure)
        assert resynchronise(FUNCTIONS, home, RAND, outcome.auts)


@given(st.integers(0, (1 << 48) - (1 << 12)), st.integers(1, 100))
def test_home_never_gives_out_a_number_twice(start: int, count: int) -> None:
    home = SqnHome(start)
    numbers = [home.take() or b"" for _ in range(count)]
    assert all(left < right for left, right in pairwise(numbers))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=40))
def test_nonces_round_trip(rand: bytes, autn: bytes, server_data: bytes) -> None:
    """AKA-02."""
    assert decode_nonce(encode_nonce(rand, autn, server_data)) == (rand, autn)


@given(st.binary(min_size=14, max_size=14))
def test_auts_round_trips(auts: bytes) -> None:
    """AKA-21."""
    assert decode_auts(encode_auts(auts)) == auts


@given(st.text(alphabet=st.characters(max_codepoint=0xDFFF, exclude_categories=())))
def test_any_text_is_a_value_or_a_wire_error(text: str) -> None:
    """AKA-03."""
    for decode in (decode_nonce, decode_auts):
        with suppress(WireError):
            assert decode(text)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_a_forged_autn_is_never_accepted(rand: bytes, autn: bytes) -> None:
    """AKA-11: nor does it ever give an AUTS."""
    card = SqnUsim()
    outcome = Isim(FUNCTIONS, card).answer(rand, autn)
    assert type(outcome).__name__ == "MacFailure"
    assert card.snapshot() == (0,) * 32
