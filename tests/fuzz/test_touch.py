"""A small fuzz that always runs: mutations of what each reader knows, the same ones on every run."""

from collections.abc import Sequence
from importlib import import_module
from random import Random

import pytest
from tests.fuzz.targets import TARGETS

PIECES = [
    *(bytes([octet]) for octet in b'\r\n "\\<>,;:=?@%[]()/*\t\x00\x7f\x80\xff01lv'),
    *(b"\r\n", b"\r\n ", b"\r\n\r\n", b"SIP/2.0", b"Via: ", b"l: 5\r\n", b"z9hG4bK", b";branch=", b"sip:"),
]


def mutated(random: Random, seeds: Sequence[bytes]) -> bytes:
    """One seed after a few cuts, insertions, swaps and splices."""
    data = bytearray(random.choice(seeds))
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
            other = random.choice(seeds)
            start = random.randrange(len(other))
            data[at:at] = other[start : start + random.randrange(100)]
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    module = import_module(TARGETS[name].module)
    for seed in module.SEEDS:
        module.touch(seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", TARGETS)
def test_mutations(name: str, seed: int) -> None:
    module, random = import_module(TARGETS[name].module), Random(seed)
    for _ in range(250):
        module.touch(mutated(random, module.SEEDS))
