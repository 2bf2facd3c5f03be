"""Why a registration failed, in words: what a person needs to know which end to mend."""

import pytest
from tests.unit.nodes.ue.failing import attempt, failure, false_nonce

from twopair.base import DEFAULT_SUITES, Refusal

TAKES = "ipsec-3gpp;q=0.9;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=300;spi-s=301;port-c=5064;port-s=5062"


def test_494_tells_what_was_offered_and_what_is_taken() -> None:
    """ERR-08, AGR-40: both lists by their algorithms."""
    bench = attempt(suites=DEFAULT_SUITES[:1])
    bench.answer(494, [("Security-Server", TAKES)])
    assert failure(bench).reason == (
        "494 Security Agreement Required: "
        f"offered {DEFAULT_SUITES[0]}; the P-CSCF takes hmac-sha-1-96/aes-cbc"
    )


@pytest.mark.parametrize("headers", [[], [("Security-Server", "ipsec-3gpp;;=")]])
def test_494_without_a_list_that_can_be_read_is_told_as_such(headers: list[tuple[str, str]]) -> None:
    bench = attempt()
    bench.answer(494, headers)
    assert failure(bench).reason == "494 Security Agreement Required"


def test_494_with_what_the_ue_does_not_know() -> None:
    """AGR-01: named as it is written."""
    bench = attempt()
    lines = [
        "tls;q=0.2, ipsec-3gpp;alg=hmac-sha-3;ealg=cam;spi-c=300;spi-s=301;port-c=5064;port-s=5062",
        TAKES,
    ]
    bench.answer(494, [("Security-Server", line) for line in lines])
    assert failure(bench).reason.endswith("; the P-CSCF takes tls, hmac-sha-3/cam, hmac-sha-1-96/aes-cbc")


def test_a_wrong_key_is_told_as_such() -> None:
    """AKA-20, ERR-03: the network answers 403, the card knows why."""
    bench = attempt()
    bench.challenge(nonce=false_nonce(bench))
    bench.answer(403)
    failed = failure(bench)
    assert failed.refusal is Refusal.MAC_FAILURE
    assert "K or OPc differ between card and HSS" in failed.reason


def test_extensions_are_told_of_420_and_421() -> None:
    for status, header, words in ((420, "Unsupported", "does not have"), (421, "Require", "requires")):
        bench = attempt()
        bench.answer(status, [(header, "sec-agree")])
        assert failure(bench).reason.endswith(f": it {words} sec-agree")
