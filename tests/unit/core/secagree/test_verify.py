"""The comparison of what was sent with what came back in SM7 (33.203 §7.2)."""

import pytest

from twopair.base import DEFAULT_SUITES, Port, Spi
from twopair.core.secagree import ServerList, Terms, same_agreement

SENT = ServerList.make(Terms(Spi(8193), Spi(8194), Port(5063), Port(5062)), DEFAULT_SUITES)
TEXT = SENT.lines[0]


@pytest.mark.parametrize(
    "echoed",
    [
        [TEXT],
        TEXT.split(", "),
        [TEXT.replace(", ", " ,\t").replace(";", " ; ").replace("=", " = ")],
        [TEXT.upper()],
        [TEXT.replace("spi-c=8193;spi-s=8194", "spi-s=8194;spi-c=8193")],
        [TEXT.replace("8193", "0000008193")],
        [TEXT.replace(";prot=esp;mod=trans", "")],
    ],
)
def test_differences_that_mean_nothing(echoed: list[str]) -> None:
    """AGR-05, Q-03, Q-08: lines, white space, case, order of parameters, zeros, defaults."""
    assert same_agreement(SENT, echoed)


@pytest.mark.parametrize(
    "echoed",
    [
        [],
        [""],
        [TEXT + ", "],
        [TEXT.replace("8193", "8195")],
        [TEXT.replace("8194", "8195")],
        [TEXT.replace("5063", "5065")],
        [TEXT.replace("5062", "5064")],
        [TEXT.replace("0.8", "0.7")],
        [TEXT.replace("aes-gmac", "hmac-md5-96")],
        [TEXT.replace(";mod=trans", ";mod=tun")],
        TEXT.split(", ")[1:],
        TEXT.split(", ")[:-1],
        TEXT.split(", ")[::-1],
        [TEXT, "tls"],
        [TEXT + ";extra"],
        [TEXT + ";q=0.6"],
    ],
)
def test_differences_that_are_tampering(echoed: list[str]) -> None:
    """AGR-31, AGR-32: every SPI, port and algorithm, order of elements, additions and omissions."""
    assert not same_agreement(SENT, echoed)


def test_parameter_twice_is_never_the_same() -> None:
    """AGR-38: not even if both say the right thing."""
    assert not same_agreement(SENT, [TEXT.replace("spi-c=8193", "spi-c=8193;spi-c=8193")])


def test_unknown_and_media_elements_count() -> None:
    """AGR-08, AGR-24: they are mirrored like all others, and compared."""
    lines = ["sdes-srtp;mediasec", f'{TEXT};x="A b"']
    sent = ServerList.parse(lines)
    assert same_agreement(sent, [", ".join(lines)])
    assert not same_agreement(sent, lines[1:])
    assert not same_agreement(sent, [lines[0], lines[1].replace("A b", "a b")])


def test_nothing_sent_is_confirmed_by_nothing() -> None:
    """AGR-31: two empty lists are no agreement."""
    assert not same_agreement(ServerList.parse([]), [])
