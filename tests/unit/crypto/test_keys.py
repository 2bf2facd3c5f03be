"""Lengths of K, OP, OPc, TOP and TOPc; DES parity (AKA-50, AKA-51, KEY-06)."""

import pytest

from twopair.base import Secret, Suite
from twopair.crypto import Milenage, Tuak, TuakSizes, expand


@pytest.mark.parametrize(("k", "opc"), [(15, 16), (16, 15), (32, 16), (16, 32), (0, 0)])
def test_milenage_refuses_other_lengths(k: int, opc: int) -> None:
    """AKA-50: a TOPc or a truncated key is no OPc."""
    with pytest.raises(ValueError, match="16 octets"):
        Milenage(Secret(bytes(k)), Secret(bytes(opc)))
    with pytest.raises(ValueError, match="16 octets"):
        Milenage.from_op(Secret(bytes(k)), Secret(bytes(opc)))


@pytest.mark.parametrize(("k", "topc"), [(24, 32), (16, 16), (32, 31)])
def test_tuak_refuses_other_lengths(k: int, topc: int) -> None:
    """AKA-51."""
    with pytest.raises(ValueError, match="32"):
        Tuak(Secret(bytes(k)), Secret(bytes(topc)))
    with pytest.raises(ValueError, match="32"):
        Tuak.from_top(Secret(bytes(k)), Secret(bytes(topc)))


@pytest.mark.parametrize(
    "sizes", [{"mac": 4}, {"res": 12}, {"ck": 8}, {"ik": 24}, {"iterations": 0}], ids=lambda s: str(*s)
)
def test_tuak_refuses_other_sizes(sizes: dict[str, int]) -> None:
    """AKA-51."""
    with pytest.raises(ValueError, match="TUAK has MAC"):
        TuakSizes(**sizes)


def test_op_and_opc_of_the_same_octets_are_different_cards() -> None:
    """AKA-50: OP and OPc must not be confused, and a confusion is noticed."""
    k, octets, rand = Secret(bytes(16)), Secret(bytes(range(16))), bytes(16)
    assert Milenage(k, octets).f2345(rand) != Milenage.from_op(k, octets).f2345(rand)


def test_every_octet_of_a_3des_key_has_odd_parity() -> None:
    """KEY-06: all 256 octet values, each with its seven key bits kept."""
    suite = Suite("hmac-md5-96", "des-ede3-cbc")
    for start in range(0, 256, 16):
        ck = bytes(range(start, start + 16))
        key = expand(suite, Secret(ck), Secret(bytes(16))).encryption.reveal()
        assert all(octet.bit_count() % 2 == 1 for octet in key)
        assert [octet >> 1 for octet in key] == [octet >> 1 for octet in ck + ck[:8]]


def test_a_milenage_object_does_not_show_its_keys() -> None:
    """AKA-32."""
    functions = Milenage(Secret(b"K" * 16), Secret(b"O" * 16))
    assert "K" * 16 not in repr(functions)
    assert not hasattr(functions, "__dict__")
