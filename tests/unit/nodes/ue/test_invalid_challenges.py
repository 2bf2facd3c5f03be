"""Challenges that are no use (AKA-03, AKA-12, AKA-20..AKA-24; ERR-03, ERR-04)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.failing import (
    BOTH,
    assert_as_before,
    attempt,
    failure,
    false_nonce,
    refusals,
    stale_nonce,
)
from tests.unit.nodes.ue.gm_bench import KEYS

from twopair.base import Refusal, Transport
from twopair.core.aka import SqnHome, decode_auts, decode_nonce, digest_response, resynchronise
from twopair.core.secagree import Offer
from twopair.nodes.facts import Registered, RegistrationFailed, Resynchronised
from twopair.wire.sip import Credentials


@BOTH
@pytest.mark.parametrize("registered", [False, True])
def test_mac_failure(transport: Transport, registered: bool) -> None:
    """ERR-03, AKA-20, AKA-22, AKA-23, MGU-08, MAC_FAILURE: empty response, no auts, new offer, no set."""
    bench = attempt(transport=transport, registered=registered)
    before, before_flow = bench.last
    nonce = false_nonce(bench)
    bench.challenge(nonce=nonce)
    told, flow = bench.last
    assert refusals(bench) == [Refusal.MAC_FAILURE]
    authorization = Credentials.parse(told.get("Authorization") or "")
    assert authorization.get("nonce") == nonce
    assert authorization.get("response") == ""
    assert authorization.get("auts") is None
    assert told.call_id == before.call_id
    assert told.cseq.number == before.cseq.number + 1
    assert flow == before_flow
    assert bool(told.get("Security-Verify")) == registered
    old, new = (Offer.parse(request.get_all("Security-Client")).terms for request in (before, told))
    assert old is not None
    assert new is not None
    assert not {old.spi_c, old.spi_s, old.port_c} & {new.spi_c, new.spi_s, new.port_c}
    assert old.port_s == new.port_s
    assert len(bench.sets) == registered


def test_sqn_out_of_range() -> None:
    """ERR-04, AKA-16, AKA-21, SQN_OUT_OF_RANGE: AUTS, digest with an empty password; then all goes well."""
    bench = attempt()
    nonce = stale_nonce(bench)
    bench.challenge(nonce=nonce)
    told, _ = bench.last
    authorization = Credentials.parse(told.get("Authorization") or "")
    auts = decode_auts(authorization.get("auts") or "")
    assert resynchronise(KEYS.functions(), SqnHome(), decode_nonce(nonce).rand, auts)
    cnonce, profile = authorization.get("cnonce") or "", bench.ue.profile
    expected = digest_response(
        "AKAv1-MD5",
        profile.impi,
        "home",
        b"",
        "REGISTER",
        profile.registrar,
        nonce,
        "auth",
        "00000001",
        cnonce,
    )
    assert authorization.get("response") == expected
    assert refusals(bench) == [Refusal.SQN_OUT_OF_RANGE]
    assert bench.facts_of(Resynchronised)
    assert not bench.sets
    bench.challenge()
    bench.accept()
    assert bench.facts_of(Registered)


@pytest.mark.parametrize("make", [false_nonce, stale_nonce])
def test_too_many_challenges(make: Any) -> None:
    """AKA-24, TOO_MANY_CHALLENGES: two invalid challenges in a row are answered, the third is not."""
    bench = attempt()
    for _ in range(3):
        bench.challenge(nonce=make(bench))
    assert len(bench.requests) == 3
    assert refusals(bench)[-1] is Refusal.TOO_MANY_CHALLENGES
    assert failure(bench).refusal is Refusal.TOO_MANY_CHALLENGES
    assert_as_before(bench, 0)
    bench.pass_time(10_000)
    assert len(bench.requests) == 3


def test_a_valid_challenge_ends_the_row() -> None:
    """AKA-24: only consecutive ones count."""
    bench = attempt()
    for nonce in (false_nonce, false_nonce):
        bench.challenge(nonce=nonce(bench))
    bench.challenge()  # valid; the network is not content and challenges SM7 again
    bench.challenge(nonce=false_nonce(bench))
    assert not bench.facts_of(RegistrationFailed)
    assert not bench.sets


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("WWW-Authenticate", 'Digest realm="home", nonce="AAAA", algorithm=AKAv1-MD5')],
        [("WWW-Authenticate", 'Digest realm="home", nonce="not base64!", algorithm=AKAv1-MD5')],
        [("WWW-Authenticate", 'Digest realm="home", algorithm=AKAv1-MD5')],
        [("WWW-Authenticate", f'Digest realm="home", nonce="{"A" * 44}", algorithm=MD5')],
        [("WWW-Authenticate", f'Digest realm="home", nonce="{"A" * 44}"')],
        [
            (
                "WWW-Authenticate",
                f'Digest realm="home", nonce="{"A" * 44}", algorithm=AKAv1-MD5, qop="auth-int"',
            )
        ],
        [("WWW-Authenticate", "Digest ???")],
        [("WWW-Authenticate", 'Basic realm="home"')],
    ],
)
def test_challenge_unusable(headers: list[tuple[str, str]]) -> None:
    """AKA-03, CHALLENGE_UNUSABLE: no set, no AKA run, the sequence numbers untouched."""
    bench = attempt()
    before = bench.card.snapshot()
    servers = [pair for pair in bench.challenge_headers() if pair[0] == "Security-Server"]
    bench.answer(401, headers + servers)
    assert refusals(bench) == [Refusal.CHALLENGE_UNUSABLE]
    assert failure(bench).status == 401
    assert bench.card.snapshot() == before
    assert len(bench.requests) == 1
    assert_as_before(bench, 0)
