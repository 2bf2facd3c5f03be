"""Drawing and judging SPIs and ports (33.203 §7.1, §7.4)."""

import pytest

from twopair.base import Port, Spi
from twopair.core.secagree import (
    Share,
    Terms,
    draw_port,
    draw_spis,
    keeps_server_port,
    repeats,
    server_terms_fault,
)

THEIRS = Terms(Spi(8193), Spi(8194), Port(5063), Port(5062))


class Script:
    """Entropy that answers from a list."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def octets(self, count: int) -> bytes:
        raise AssertionError

    def below(self, bound: int) -> int:
        return self.numbers.pop(0) % bound


def test_spis_differ_and_are_fresh() -> None:
    """SA-15, SA-16, SA-17: taken ones and equal ones are drawn again; the range is 256..2^32-1."""
    assert draw_spis(Script(0, 1, 1, 2), taken={256}) == (257, 258)
    assert draw_spis(Script(2**32 - 257, 0), taken=()) == (2**32 - 1, 256)


def test_ports_are_random_and_free() -> None:
    """SA-20, SA-27: the draw decides where to look, a port in use is passed over, none left is None."""
    assert draw_port(Script(2), range(6000, 6004), {6002, 6003}) == 6000
    assert draw_port(Script(1), range(6000, 6004), set()) == 6001
    assert draw_port(Script(0), range(6000, 6002), {6000, 6001}) is None


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (THEIRS, ""),
        (THEIRS._replace(spi_c=Spi(4097)), "SPI"),
        (THEIRS._replace(spi_s=Spi(4097)), "SPI"),
        (THEIRS._replace(spi_c=THEIRS.spi_s), "unusable"),
        (THEIRS._replace(port_c=THEIRS.port_s), "unusable"),
        (THEIRS._replace(port_c=Port(5061)), "unusable"),
        (THEIRS._replace(port_s=Port(5070)), "server port"),
        (THEIRS._replace(port_c=Port(5065)), "client port"),
    ],
)
def test_terms_of_a_pcscf(terms: Terms, words: str) -> None:
    """AGR-41, SA-16, RRG-01, RRG-02: each fault by name."""
    fault = server_terms_fault(terms, own_spis={4097}, current_ps=Port(5062), live_pc={5065})
    assert (words in fault) if words else fault == ""


OURS = Terms(Spi(4097), Spi(4098), Port(6100), Port(6101))
NEXT = Terms(Spi(5097), Spi(5098), Port(6200), Port(6101))


@pytest.mark.parametrize(
    ("terms", "keeps", "repeated"),
    [
        (NEXT, True, False),
        (OURS, True, True),
        (NEXT._replace(port_s=Port(6201)), False, False),
        (NEXT._replace(port_c=OURS.port_c), True, True),
        (NEXT._replace(spi_c=OURS.spi_c), True, True),
        (NEXT._replace(spi_s=OURS.spi_c), True, True),
        (NEXT._replace(spi_c=OURS.spi_s), True, True),
    ],
)
def test_terms_of_a_renewal(terms: Terms, keeps: bool, repeated: bool) -> None:
    """RRG-01, RRG-02, RRG-04, Q-16."""
    assert keeps_server_port(terms, [OURS]) is keeps
    assert repeats(terms, OURS) is repeated


def test_nodes_that_share_a_sad_draw_from_their_own_part() -> None:
    """SA-16: no SPI is drawn by two of them, and together they have the whole range."""
    for of in (2, 3, 15):
        for number in range(of):
            share = Share(number, of)
            low, high = draw_spis(Script(0, 2**32 - 1), (), share)
            (last,) = {spi for spi in range(2**32 - of, 2**32) if spi % of == number}
            assert {spi % of for spi in (low, high)} == {number}
            assert 256 <= low < 256 + of
            assert draw_spis(Script((last - low) // of, 0), (), share) == (last, low)
