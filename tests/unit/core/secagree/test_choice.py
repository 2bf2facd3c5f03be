"""The choice of one combination at either end (33.203 §7.2)."""

import pytest

from twopair.base import DEFAULT_SUITES, STATUS, Port, Refusal, Spi, Suite
from twopair.core.secagree import (
    Choice,
    Confidentiality,
    Offer,
    Policy,
    ServerList,
    Terms,
    choose_at_pcscf,
    choose_at_ue,
)

UE = Terms(Spi(4097), Spi(4098), Port(6100), Port(6101))
PCSCF = Terms(Spi(8193), Spi(8194), Port(5063), Port(5062))
GCM, GMAC, SHA_CBC, SHA_NULL = DEFAULT_SUITES
MD5_NULL, SHA_3DES = Suite("hmac-md5-96", "null"), Suite("hmac-sha-1-96", "des-ede3-cbc")


def test_order_of_the_pcscf_wins() -> None:
    """AGR-22: whatever the UE prefers."""
    offer = Offer.make(UE, [SHA_NULL, GMAC, GCM])
    assert choose_at_pcscf(offer, Policy()) == Choice(GCM, UE)
    assert choose_at_ue(ServerList.make(PCSCF, Policy().priority), [SHA_NULL, GMAC, GCM]) == Choice(
        GCM, PCSCF
    )


def test_removed_algorithms_first() -> None:
    """Q-06, AGR-07: MD5 and 3DES ahead of what is allowed are skipped."""
    offer = Offer.make(UE, [MD5_NULL, SHA_3DES, SHA_NULL])
    assert choose_at_pcscf(offer, Policy()) == Choice(SHA_NULL, UE)


def test_legacy_switch() -> None:
    """AGR-07: off by default, even if listed."""
    suites = tuple(STATUS)
    assert MD5_NULL not in Policy(suites).priority
    assert choose_at_pcscf(Offer.make(UE, [MD5_NULL]), Policy(suites)) is Refusal.NO_COMMON_ALGORITHM
    assert choose_at_pcscf(Offer.make(UE, [MD5_NULL]), Policy(suites, legacy=True)) == Choice(MD5_NULL, UE)


@pytest.mark.parametrize(
    ("confidentiality", "outcome"),
    [
        (Confidentiality.OFF, Choice(GMAC, UE)),
        (Confidentiality.PREFERRED, Choice(GMAC, UE)),
        (Confidentiality.REQUIRED, Refusal.CONFIDENTIALITY_REQUIRED),
    ],
)
def test_offer_without_encryption(confidentiality: Confidentiality, outcome: Choice | Refusal) -> None:
    """AGR-23, CONFIDENTIALITY_REQUIRED."""
    policy = Policy(confidentiality=confidentiality)
    assert choose_at_pcscf(Offer.make(UE, [GMAC, SHA_NULL]), policy) == outcome


def test_confidentiality_orders_the_list() -> None:
    """AGR-23: preferred moves encryption ahead, off and required leave out."""
    mixed = (SHA_NULL, SHA_CBC, GMAC, GCM)
    assert Policy(mixed).priority == (SHA_CBC, GCM, SHA_NULL, GMAC)
    assert Policy(mixed, Confidentiality.OFF).priority == (SHA_NULL, GMAC)
    assert Policy(mixed, Confidentiality.REQUIRED).priority == (SHA_CBC, GCM)


def test_no_common_algorithm() -> None:
    """ERR-08, NO_COMMON_ALGORITHM; and AGR-40 at the UE."""
    assert choose_at_pcscf(Offer.make(UE, [GMAC]), Policy((SHA_NULL,))) is Refusal.NO_COMMON_ALGORITHM
    assert choose_at_pcscf(Offer.parse(["tls"]), Policy()) is Refusal.NO_COMMON_ALGORITHM
    server = ServerList.make(PCSCF, [SHA_NULL])
    assert choose_at_ue(server, [GMAC]) is Refusal.SECURITY_SERVER_UNACCEPTABLE


def test_algorithms_missing_is_no_common_algorithm_even_with_unusable_ports() -> None:
    """AGR-01, ERR-08: an element that is skipped cannot make the offer invalid."""
    line = "ipsec-3gpp;alg=new;spi-c=0;spi-s=0;port-c=5060;port-s=5060"
    assert choose_at_pcscf(Offer.parse([line]), Policy()) is Refusal.NO_COMMON_ALGORITHM


def test_security_client_missing() -> None:
    """AGR-30, SECURITY_CLIENT_MISSING."""
    assert choose_at_pcscf(Offer.parse([]), Policy()) is Refusal.SECURITY_CLIENT_MISSING


@pytest.mark.parametrize(
    "terms",
    [
        UE._replace(spi_s=UE.spi_c),
        UE._replace(port_s=UE.port_c),
        UE._replace(port_c=Port(5060)),
        UE._replace(port_s=Port(5061)),
        UE._replace(spi_c=Spi(255)),
    ],
)
def test_unusable_terms(terms: Terms) -> None:
    """AGR-42, Q-09, OFFER_INVALID; the mirror image at the UE is AGR-41."""
    offer = Offer.parse(Offer.make(terms, DEFAULT_SUITES).lines)
    assert choose_at_pcscf(offer, Policy()) is Refusal.OFFER_INVALID
    server = ServerList.parse(ServerList.make(terms, DEFAULT_SUITES).lines)
    assert choose_at_ue(server, DEFAULT_SUITES) is Refusal.SECURITY_SERVER_UNACCEPTABLE


def test_differing_terms() -> None:
    """AGR-04: an invalid proposal, at either end."""
    lines = [*Offer.make(UE, [GCM]).lines, *Offer.make(UE._replace(port_s=Port(7000)), [GMAC]).lines]
    assert choose_at_pcscf(Offer.parse(lines), Policy()) is Refusal.OFFER_INVALID
    assert choose_at_ue(ServerList.parse(lines), [GCM]) is Refusal.SECURITY_SERVER_UNACCEPTABLE


@pytest.mark.parametrize(
    "lines", [[], ["tls;q=0.1"], ["ipsec-3gpp;alg=aes-gmac;spi-c=4097;spi-s=4098;port-c=6100"]]
)
def test_security_server_missing(lines: list[str]) -> None:
    """AKA-25, SECURITY_SERVER_MISSING: none, or none with the parameters that a set needs."""
    assert choose_at_ue(ServerList.parse(lines), DEFAULT_SUITES) is Refusal.SECURITY_SERVER_MISSING


def test_q_decides_at_the_ue() -> None:
    """AGR-22, Q-07: not the order of appearance; a missing q comes last; ties by position."""
    base = ";spi-c=8193;spi-s=8194;port-c=5063;port-s=5062"
    gmac, cbc = f"ipsec-3gpp;alg=aes-gmac{base}", f"ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc{base}"

    def chosen(*lines: str) -> Suite:
        choice = choose_at_ue(ServerList.parse(lines), DEFAULT_SUITES)
        assert isinstance(choice, Choice)
        return choice.suite

    assert chosen(f"{gmac};q=0.1", f"{cbc};q=0.200") == SHA_CBC
    assert chosen(gmac, f"{cbc};q=0") == SHA_CBC
    assert chosen(f"{gmac};q=0.5", f"{cbc};q=0.500") == GMAC
    assert chosen(cbc, gmac) == SHA_CBC
