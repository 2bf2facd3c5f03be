"""The short cut and the long way lead to the same octets."""

from ipaddress import IPv4Address, IPv6Address
from random import Random

import pytest

from twopair.backends.kernel.sets import Plan, steps
from twopair.backends.kernel.stencil import Stencil, plan, removal
from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.esp import SUITES, Positions
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand
from twopair.demo.single_pair.layout import SinglePair


def test_values_take_each_others_place() -> None:
    """Wherever they stand, and however often; an empty one stands nowhere."""
    stencil = Stencil(b"<one|two|one>", [b"one", b"two", b""])
    assert stencil.fill([b"1", b"22", b"never"]) == b"<1|22|1>"
    assert Stencil(b"onetwo", [b"two", b"one"]).fill([b"(", b")"]) == b")("


def drawn(layout: type[SaSet], end: End, suite: Suite, ipv6: bool, dice: Random) -> SaSet:
    """A set whose every value was drawn."""
    ue, pcscf = (
        str(IPv6Address(dice.randbytes(16)) if ipv6 else IPv4Address(dice.randbytes(4))) for _ in End
    )
    keys = expand(suite, Secret(dice.randbytes(16)), Secret(dice.randbytes(16)))
    ports = Ports(*(Port(dice.randrange(1, 2**16)) for _ in range(4)))
    spis = Spis(*(Spi(dice.randrange(256, 2**32)) for _ in range(4)))
    return layout(1, Impi("x"), end, ue, pcscf, ports, spis, suite, keys)


@pytest.mark.parametrize("layout", [SaSet, SinglePair])
@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_a_plan_is_what_the_steps_say(layout: type[SaSet], end: End, ipv6: bool, suite: Suite) -> None:
    """SA-01: whatever the set."""
    dice = Random(f"{layout} {end} {ipv6} {suite}")
    for _ in range(20):
        wanted = drawn(layout, end, suite, ipv6, dice)
        reqid = dice.randrange(1, 2**32)
        made, expected = plan(wanted, reqid), Plan.of(steps(wanted, reqid))
        assert list(made.subjects) == list(expected.subjects)
        assert (made.into, made.out) == (expected.into, expected.out)
        elsewhere = steps(wanted, reqid, shared=True, at=Positions(7, (8, 9)))
        assert removal(wanted, reqid) == made.out == Plan.of(elsewhere).out
