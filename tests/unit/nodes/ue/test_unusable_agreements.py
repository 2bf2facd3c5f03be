"""Security-Server that cannot be used (AKA-25, AGR-40, AGR-41; ERR-12)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.failing import THEIRS, assert_as_before, attempt, failure, refusals

from twopair.base import Refusal, Suite
from twopair.core.secagree import Offer
from twopair.nodes.facts import RegistrationFailed


@pytest.mark.parametrize(
    "server", [[], ["tls"], ["ipsec-3gpp;alg=aes-gmac;spi-c=8193;spi-s=8194;port-c=5064"], ["???"]]
)
def test_security_server_missing(server: list[str]) -> None:
    """ERR-12, AKA-25, SECURITY_SERVER_MISSING: anew with another Call-ID, once; the card is not asked."""
    bench = attempt()
    before = bench.card.snapshot()
    first, _ = bench.last
    bench.challenge(server=server)
    second, _ = bench.last
    assert second.call_id != first.call_id
    assert second.get_all("Security-Client") != first.get_all("Security-Client")
    assert not bench.facts_of(RegistrationFailed)
    bench.challenge(server=server)
    assert failure(bench).refusal is Refusal.SECURITY_SERVER_MISSING
    assert refusals(bench) == [Refusal.SECURITY_SERVER_MISSING] * 2
    assert bench.card.snapshot() == before
    assert_as_before(bench, 0)


def test_nothing_acceptable() -> None:
    """ERR-12, AGR-40, SECURITY_SERVER_UNACCEPTABLE: no SM7, no other attempt."""
    bench = attempt(suites=(Suite("null", "aes-gcm"),))
    bench.challenge(suites=(Suite("hmac-sha-1-96", "null"),))
    assert len(bench.requests) == 1
    assert failure(bench).refusal is Refusal.SECURITY_SERVER_UNACCEPTABLE
    assert_as_before(bench, 0)


@pytest.mark.parametrize(
    ("change", "registered"),
    [
        ({"spi_c": 8194}, False),
        ({"port_c": 5062}, False),
        ({"port_c": 5060}, False),
        ({"port_s": 5061}, False),
        ({"spi_c": 255}, False),
        ({"port_s": 5070}, True),
        ({"port_c": 5064}, True),
    ],
)
def test_unusable_terms_of_the_pcscf(change: dict[str, Any], registered: bool) -> None:
    """AGR-41, SA-15, SA-16, SA-20, RRG-01, RRG-02: abandoned, the old set kept."""
    bench = attempt(registered=registered)
    sent = len(bench.requests)
    bench.challenge(terms=THEIRS._replace(**change))
    assert refusals(bench) == [Refusal.SECURITY_SERVER_UNACCEPTABLE]
    assert len(bench.requests) == sent
    assert_as_before(bench, registered)


def test_spi_of_the_ue_in_security_server() -> None:
    """AGR-41, SA-16: an SPI that we offered ourselves would make reflection possible."""
    bench = attempt()
    offer = Offer.parse(bench.last[0].get_all("Security-Client"))
    assert offer.terms is not None
    bench.challenge(terms=THEIRS._replace(spi_s=offer.terms.spi_c))
    assert refusals(bench) == [Refusal.SECURITY_SERVER_UNACCEPTABLE]


def test_spi_of_a_live_set_in_security_server() -> None:
    """AGR-41, SA-15: also one of an established set, inbound or outbound."""
    bench = attempt(registered=True)
    (sa_set,) = bench.sets.values()
    bench.challenge(terms=THEIRS._replace(spi_s=sa_set.spis.ps))
    assert refusals(bench) == [Refusal.SECURITY_SERVER_UNACCEPTABLE]
    assert_as_before(bench, 1)
