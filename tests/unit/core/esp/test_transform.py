"""ESP transforms: every suite, both directions, both pairs."""

import sys
from dataclasses import replace

import pytest
from tests.figure1_sets import CBC, GCM, Dice, sa_set

from twopair.base import STATUS, Suite
from twopair.core.esp import SUITES, Transform, make_transform, well_formed
from twopair.core.sa import ARROWS, End
from twopair.wire.esp import split_trailer

GMAC = Suite("aes-gmac", "null")


def pair_of(suite: Suite) -> tuple[Transform, Transform]:
    """The same SA at its sender and at its receiver."""
    sa = sa_set(End.UE, suite).outbound[0]
    return make_transform(sa, Dice(1)), make_transform(sa, Dice(2))


def opened(transform: Transform, esp: bytes) -> tuple[bytes, int] | None:
    plain = transform.open(esp)
    return None if plain is None else split_trailer(plain)


def test_every_suite_of_the_agreement_has_a_transform() -> None:
    """AGR-06, AGR-07: nothing can be negotiated that cannot be carried."""
    assert set(SUITES) == set(STATUS)


@pytest.mark.parametrize("suite", SUITES, ids=str)
@pytest.mark.parametrize("octets", [0, 1, 2, 3, 4, 13, 14, 15, 16, 900, 8000])
def test_what_is_sealed_opens(suite: Suite, octets: int) -> None:
    """SA-02, KEY-09: any length, aligned, and the header in the clear."""
    sender, receiver = pair_of(suite)
    payload = bytes(i & 0xFF for i in range(octets))
    for sequence in (1, 2, 2**32 - 1):
        esp = sender.seal(4097, sequence, payload, 17)
        assert esp[:8] == (4097 << 32 | sequence).to_bytes(8, "big")
        assert well_formed(receiver, len(esp))
        assert opened(receiver, esp) == (payload, 17)


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_every_altered_octet_is_noticed(suite: Suite) -> None:
    """ERR-07: header, IV, payload, trailer and ICV are all covered; and the next packet still opens."""
    sender, receiver = pair_of(suite)
    esp = sender.seal(4097, 1, b"payload of a datagram", 17)
    for at in range(len(esp)):
        altered = bytearray(esp)
        altered[at] ^= 0x80
        assert receiver.open(bytes(altered)) is None, at
    assert opened(receiver, esp) == (b"payload of a datagram", 17)


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_packets_open_in_any_order(suite: Suite) -> None:
    """A kept cipher context must not carry anything from one packet to the next."""
    sender, receiver = pair_of(suite)
    packets = [sender.seal(4097, n, bytes([n]) * n * 7, 6) for n in range(1, 12)]
    for n in (11, 3, 4, 1, 10, 3):
        assert opened(receiver, packets[n - 1]) == (bytes([n]) * n * 7, 6)


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_another_key_opens_nothing(suite: Suite) -> None:
    """ERR-01: a UE with the wrong K fails the ICV."""
    sender, _ = pair_of(suite)
    other = make_transform(sa_set(End.UE, suite, key=bytes(15) + b"\1").outbound[0], Dice())
    assert other.open(sender.seal(4097, 1, b"REGISTER", 17)) is None


@pytest.mark.parametrize("suite", [s for s in SUITES if s.ealg.endswith("cbc")], ids=str)
def test_cbc_iv_is_fresh_for_every_packet(suite: Suite) -> None:
    """KEY-03: equal payloads have different IVs and cipher texts, with equal random octets too."""

    class Stuck(Dice):
        def octets(self, count: int) -> bytes:
            return bytes(count)

    transform = make_transform(sa_set(End.UE, suite).outbound[0], Stuck())
    packets = [transform.seal(4097, n, bytes(64), 17) for n in range(1, 9)]
    width = transform.iv_octets
    assert len({p[8 : 8 + width] for p in packets}) == 8
    assert len({p[8 + width : -12] for p in packets}) == 8


@pytest.mark.parametrize("suite", [GCM, GMAC], ids=str)
def test_iv_space_is_divided_among_the_four_sas(suite: Suite) -> None:
    """KEY-08: bit 63 tells the sender's role, bit 62 the pair, the rest is the sequence number."""
    ivs = set()
    for arrow in ARROWS:
        sender = sa_set(arrow.sender, suite)
        transform = make_transform(sender.association(arrow), Dice())
        for sequence in (1, 2, 2**32 - 1):
            iv = int.from_bytes(transform.seal(4097, sequence, b"", 17)[8:16], "big")
            assert iv >> 63 == (arrow.sender is End.PCSCF)
            assert iv >> 62 & 1 == arrow.pair.value
            assert iv & (1 << 62) - 1 == sequence
            ivs.add(iv)
    assert len(ivs) == 12


@pytest.mark.parametrize("suite", [GCM, Suite("hmac-md5-96", "aes-cbc"), Suite("null", "null")], ids=str)
def test_keys_that_do_not_fit_are_refused(suite: Suite) -> None:
    """SA-01: the keys are those of another suite, or the suite is none."""
    sa = sa_set(End.UE, CBC).outbound[0]
    with pytest.raises(ValueError, match=str(suite)):
        make_transform(replace(sa, suite=suite), Dice())


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_nothing_holds_a_transform_back(suite: Suite) -> None:
    """KEY-10: with the last reference its contexts go, and OpenSSL wipes what it frees."""
    transform = make_transform(sa_set(End.UE, suite).outbound[0], Dice())
    transform.open(transform.seal(4097, 1, b"x", 17))
    assert sys.getrefcount(transform) == 2  # this name, and the argument
