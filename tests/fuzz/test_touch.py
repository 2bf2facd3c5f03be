"""A small fuzz that always runs: mutations of real messages, the same ones on every run (RFC 3261 §7)."""

from random import Random

import pytest
from benchmarks.sip_parse import REGISTER
from tests.fuzz.touch import touch
from tests.vectors.wire.sip.torture import MESSAGES

SEEDS = [REGISTER, *(message.data for message in MESSAGES)]
PIECES = [
    *(bytes([octet]) for octet in b'\r\n "\\<>,;:=?@%[]()/*\t\x00\x7f\x80\xff01lv'),
    *(b"\r\n", b"\r\n ", b"\r\n\r\n", b"SIP/2.0", b"Via: ", b"l: 5\r\n", b"z9hG4bK", b";branch=", b"sip:"),
]


def mutated(random: Random) -> bytes:
    """One seed after a few cuts, insertions, swaps and splices."""
    data = bytearray(random.choice(SEEDS))
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(data) + 1)
        move = random.randrange(4)
        if move == 0:
            data[at : at + random.randrange(1, 20)] = b""
        elif move == 1:
            data[at:at] = random.choice(PIECES) * random.choice((1, 1, 1, 2, 50))
        elif move == 2:
            data[at : at + 1] = bytes([random.randrange(256)])
        else:
            other = random.choice(SEEDS)
            start = random.randrange(len(other))
            data[at:at] = other[start : start + random.randrange(100)]
    return bytes(data)


@pytest.mark.parametrize("data", SEEDS, ids=["register", *(message.name for message in MESSAGES)])
def test_seeds(data: bytes) -> None:
    touch(data)


@pytest.mark.parametrize("seed", range(4))
def test_mutations(seed: int) -> None:
    random = Random(seed)
    for _ in range(250):
        touch(mutated(random))
