"""What a Security-* list offers, in words for people: all of it, and nothing that harms a screen (AGR-01)."""

import pytest

from twopair.base import DEFAULT_SUITES, Port, Spi
from twopair.core.secagree import Offer, Terms
from twopair.core.secagree.lists import LONGEST_WORD, MOST_WORDS

TERMS = ";spi-c=300;spi-s=301;port-c=5064;port-s=5062"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"ipsec-3gpp;alg=hmac-sha-1-96{TERMS}", "hmac-sha-1-96/null"),
        (f"ipsec-3gpp;alg=HMAC-SHA-9;ealg=rot13{TERMS}", "hmac-sha-9/rot13"),
        (f"ipsec-3gpp;alg=hmac-sha-1-96;mod=UDP-enc-tun{TERMS}", "hmac-sha-1-96/null;mod=udp-enc-tun"),
        (f"ipsec-3gpp;alg=hmac-sha-1-96;prot=ah{TERMS}", "hmac-sha-1-96/null;prot=ah"),
        (f"ipsec-3gpp;ealg=aes-cbc{TERMS}", "/aes-cbc"),
        (f"ipsec-3gpp;alg;ealg;mod{TERMS}", "/;mod="),
        ("ipsec-3gpp;alg=hmac-sha-1-96", "hmac-sha-1-96/null (SPIs or ports of no use)"),
        ("tls;q=0.1, digest;d-alg=md5, tls", "tls, digest"),
        ("sdes-srtp;mediasec", "nothing"),
        ("", "nothing"),
    ],
)
def test_words(line: str, words: str) -> None:
    assert Offer.parse([line] if line else []).words == words


def test_each_once_and_in_order() -> None:
    """AGR-20: the order of the lines, repetitions left out."""
    offer = Offer.make(Terms(Spi(300), Spi(301), Port(5064), Port(5066)), DEFAULT_SUITES)
    twice = Offer.parse([*offer.lines, *reversed(offer.lines)])
    assert twice.words == ", ".join(map(str, DEFAULT_SUITES))


def test_a_peer_fills_no_screen_and_moves_no_cursor() -> None:
    """What a peer writes is bounded."""
    many = Offer.parse([f"m{number}" for number in range(MOST_WORDS + 5)]).words
    assert many.endswith(f"m{MOST_WORDS - 1} and 5 more")
    long = Offer.parse([f'ipsec-3gpp;alg="{"x" * 500}"{TERMS}']).words
    assert len(long) == LONGEST_WORD
    assert "\x1b" not in Offer.parse([f'ipsec-3gpp;alg="\x1b[2J"{TERMS}']).words
