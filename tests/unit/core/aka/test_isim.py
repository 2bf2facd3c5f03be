"""The card's answers (AKA-11, AKA-12, AKA-15, AKA-16, AKA-17)."""

import pytest

from twopair.base import Secret
from twopair.core.aka import (
    Accepted,
    AkaKeys,
    Isim,
    MacFailure,
    SqnHome,
    SqnUsim,
    SyncFailure,
    generate_vector,
    resynchronise,
)
from twopair.crypto import AkaFunctions, TuakSizes

RAND = bytes(range(16))
MILENAGE = AkaKeys(Secret(b"k" * 16), opc=Secret(b"o" * 16)).functions()
TUAK = AkaKeys(
    Secret(b"k" * 32), opc=Secret(b"t" * 32), algorithm="tuak", sizes=TuakSizes(res=16)
).functions()


@pytest.fixture(params=[MILENAGE, TUAK], ids=["milenage", "tuak"])
def functions(request: pytest.FixtureRequest) -> AkaFunctions:
    found: AkaFunctions = request.param
    return found


def autn(functions: AkaFunctions, home: SqnHome) -> bytes:
    number = home.take()
    assert number is not None
    return generate_vector(functions, number, b"\x80\x00", RAND).autn


def test_a_fresh_challenge_gives_the_keys_of_the_vector(functions: AkaFunctions) -> None:
    number = SqnHome().take()
    assert number is not None
    vector = generate_vector(functions, number, b"\x00\x00", RAND)
    assert Isim(functions, SqnUsim()).answer(RAND, vector.autn) == Accepted(vector.xres, vector.ck, vector.ik)


@pytest.mark.parametrize("octet", range(16))
def test_one_changed_bit_anywhere_in_autn_is_a_mac_failure(functions: AkaFunctions, octet: int) -> None:
    """AKA-12: even where the changed SQN would be out of range."""
    forged = bytearray(autn(functions, SqnHome()))
    forged[octet] ^= 0x80
    card = SqnUsim()
    assert Isim(functions, card).answer(RAND, bytes(forged)) == MacFailure()
    assert card.snapshot() == (0,) * 32


def test_another_key_is_a_mac_failure() -> None:
    """AKA-20: a false network."""
    other = AkaKeys(Secret(b"K" * 16), opc=Secret(b"o" * 16)).functions()
    assert Isim(other, SqnUsim()).answer(RAND, autn(MILENAGE, SqnHome())) == MacFailure()


def test_a_replayed_challenge_gives_auts_and_leads_to_an_accepted_one(functions: AkaFunctions) -> None:
    """AKA-14, AKA-16, AKA-17: the home lost its counter and finds it again."""
    home, card = SqnHome(), Isim(functions, SqnUsim())
    for _ in range(3):
        assert isinstance(card.answer(RAND, autn(functions, home)), Accepted)
    restarted = SqnHome()
    outcome = card.answer(RAND, autn(functions, restarted))
    assert isinstance(outcome, SyncFailure)
    assert resynchronise(functions, restarted, RAND, outcome.auts)
    assert restarted.snapshot() == home.snapshot()
    assert isinstance(card.answer(RAND, autn(functions, restarted)), Accepted)


@pytest.mark.parametrize("where", ["sqn", "mac", "rand", "length"])
def test_a_forged_auts_moves_nothing(functions: AkaFunctions, where: str) -> None:
    """AKA-17; attacker table: forged AUTS."""
    card = SqnUsim()
    isim = Isim(functions, card)
    challenge = autn(functions, SqnHome(5 << 5))
    isim.answer(RAND, challenge)
    outcome = isim.answer(RAND, challenge)
    assert isinstance(outcome, SyncFailure)
    auts = bytearray(outcome.auts)
    if where == "sqn":
        auts[5] ^= 1
    elif where == "mac":
        auts[13] ^= 1
    elif where == "length":
        auts.append(0)
    home = SqnHome()
    assert not resynchronise(functions, home, bytes(16) if where == "rand" else RAND, bytes(auts))
    assert home.snapshot() == 0


def test_the_array_is_saved_before_the_answer_leaves() -> None:
    """AKA-15: and not when nothing was accepted."""
    saved: list[tuple[int, ...]] = []
    isim = Isim(MILENAGE, SqnUsim(), saved.append)
    challenge = autn(MILENAGE, SqnHome())
    isim.answer(RAND, challenge)
    assert [max(array) for array in saved] == [1]
    isim.answer(RAND, challenge)
    isim.answer(bytes(16), challenge)
    assert len(saved) == 1


def test_keys_that_cannot_be_saved_are_not_given_out() -> None:
    """AKA-15: the disk is full."""

    def full(_seqs: tuple[int, ...]) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 (whatever the store raises)
        Isim(MILENAGE, SqnUsim(), full).answer(RAND, autn(MILENAGE, SqnHome()))


def test_answers_do_not_show_what_they_hold() -> None:
    """AKA-32."""
    outcome = Isim(MILENAGE, SqnUsim()).answer(RAND, autn(MILENAGE, SqnHome()))
    assert repr(outcome) == "Accepted(res=Secret(8 octets), ck=Secret(16 octets), ik=Secret(16 octets))"
