"""What the UE does when a registration goes wrong (33.203 §7.3; 24.229 §5.1.1)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import KEYS, UE, Bench

from twopair.base import Port, Refusal, Refused, Spi, Suite, Transport, seconds
from twopair.core.aka import SqnHome, decode_auts, decode_nonce, digest_response, encode_nonce, resynchronise
from twopair.core.sa import Stage
from twopair.core.secagree import Offer, ServerList, Terms
from twopair.core.sip import Timers
from twopair.nodes.facts import Deregistered, Registered, RegistrationFailed, Resynchronised, SetStage
from twopair.nodes.wishes import Register
from twopair.wire.sip import Credentials

BOTH = pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])


def attempt(*, registered: bool = False, **config: Any) -> Bench:
    """A UE that has sent SM1: in the clear, or over the set of a registration that stands."""
    bench = Bench(**config)
    bench.feed(Register())
    if registered:
        bench.challenge()
        bench.accept()
        bench.feed(Register())
    return bench


def assert_as_before(bench: Bench, sets: int) -> None:
    """ERR-30, ERR-31: nothing is left of the attempt, and what stood before stands."""
    assert len(bench.sets) == sets
    ports = {bench.ue.profile.port_us} | {sa_set.ports.uc for sa_set in bench.sets.values()}
    assert {endpoint.port for endpoint in bench.bound} == ports
    assert all(bench.set_of(flow) for flow in bench.streams)


def refusals(bench: Bench) -> list[Refusal]:
    return [fact.refusal for fact in bench.facts_of(Refused)]


def failure(bench: Bench) -> RegistrationFailed:
    (fact,) = bench.facts_of(RegistrationFailed)
    assert isinstance(fact, RegistrationFailed)
    return fact


def false_nonce(bench: Bench) -> str:
    rand, autn = decode_nonce(bench.fresh_nonce())
    return encode_nonce(rand, autn[:-1] + bytes([autn[-1] ^ 1]))


def stale_nonce(bench: Bench) -> str:
    """A genuine challenge whose sequence number the card has seen."""
    text = bench.fresh_nonce()
    rand, autn = decode_nonce(text)
    bench.card.authenticate(rand, autn)
    return text


# -- invalid challenges ------------------------------------------------------------------------------


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


# -- the agreement -----------------------------------------------------------------------------------


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


THEIRS = Terms(Spi(8193), Spi(8194), Port(5066), Port(5062))


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


# -- answers to SM1 ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("status", [403, 420, 494, 404, 600])
def test_rejected_at_once(status: int, transport: Transport) -> None:
    """ERR-08, UEP-14, UEP-16: no automatic retry, above all not without security."""
    bench = attempt(transport=transport)
    bench.answer(status)
    assert failure(bench).status == status
    assert_as_before(bench, 0)
    bench.pass_time(10_000)
    assert len(bench.requests) == 1


def test_interval_too_brief() -> None:
    """UEP-14: 423 is repeated with Min-Expires; a nonsensical one is not."""
    bench = attempt(expires_s=600)
    first, _ = bench.last
    bench.answer(423, [("Min-Expires", "1200")])
    again, _ = bench.last
    assert again.get("Expires") == "1200"
    assert (again.call_id, again.cseq.number) == (first.call_id, first.cseq.number + 1)
    bench.answer(423, [("Min-Expires", "1200")])
    assert failure(bench).status == 423


def test_unavailable() -> None:
    """UEP-13: 30 to 60 s after a first 5xx, then later and later; Retry-After is obeyed (UEP-14)."""
    bench = attempt()
    bench.answer(500)
    assert failure(bench).status == 500
    bench.pass_time(29)
    assert len(bench.requests) == 1
    bench.pass_time(32)
    assert len(bench.requests) == 2
    bench.answer(503, [("Retry-After", "4000 (maintenance)")])
    bench.pass_time(3999)
    assert len(bench.requests) == 2
    bench.pass_time(2)
    assert len(bench.requests) == 3


def test_no_retries_if_not_wanted() -> None:
    """UEP-13: the automatism can be switched off."""
    bench = attempt(retries=False)
    bench.answer(500)
    bench.pass_time(10_000)
    assert len(bench.requests) == 1


@BOTH
def test_no_answer_to_sm1(transport: Transport) -> None:
    """ERR-25, TMR-04: after timer F, 128 s on Gm; then tried again."""
    bench = attempt(transport=transport)
    bench.pass_time(127)
    assert not bench.facts_of(RegistrationFailed)
    bench.pass_time(2)
    assert failure(bench).status == 0
    assert_as_before(bench, 0)
    bench.pass_time(62)
    assert len(bench.requests) == 2


def test_connection_refused() -> None:
    """ERR-25: TCP says at once what UDP says after 128 s, and why."""
    bench = Bench(transport=Transport.TCP, retries=False)
    bench.listens = False
    bench.feed(Register())
    assert failure(bench).reason == "connection refused"
    assert_as_before(bench, 0)


def test_unprotected_200_registers_nobody() -> None:
    """UNP-03, UNP-04, VAR-60: a 200 to SM1 without authentication is no registration."""
    bench = attempt()
    bench.accept()
    assert not bench.facts_of(Registered)
    assert refusals(bench) == [Refusal.CLEAR_ANSWER_TO_PROTECTED]
    assert failure(bench).status == 200


# -- answers to SM7 ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("status", [403, 404])
def test_sm7_rejected(status: int, registered: bool, transport: Transport) -> None:
    """ERR-02, MGU-07, INT-06: temporary set deleted, the registration that stood still stands."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    bench.answer(status)
    assert failure(bench).status == status
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)


@BOTH
@pytest.mark.parametrize("registered", [False, True])
def test_sm7_unanswered(registered: bool, transport: Transport) -> None:
    """ERR-01, ERR-05, ERR-13, ERR-15: silence means that the keys or SPIs differ; the old set stays."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    bench.pass_time(129)
    assert failure(bench).reason.startswith("no answer over the new SA set, null/aes-gcm: other keys")
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)
    sent = len(bench.requests)
    bench.pass_time(62)
    again, flow = bench.requests[sent]
    assert bool(bench.set_of(flow)) == registered
    assert again.get("Security-Client")


@BOTH
@pytest.mark.parametrize("registered", [False, True])
def test_sm7_disagreed(registered: bool, transport: Transport) -> None:
    """ERR-10, ERR-14, ERR-16, ERR-26: temporary set deleted, one new attempt, then no more."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    first, _ = bench.last
    bench.answer(494, [("Security-Server", "tls")])
    assert bench.last[0].call_id != first.call_id
    assert len(bench.sets) == registered
    bench.challenge()
    bench.answer(494)
    assert failure(bench).status == 494
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)


def test_sm7_challenged_again() -> None:
    """ERR-02: a new 401 replaces the temporary set; the third valid challenge is the last answered."""
    bench = attempt()
    for expected in (1, 2, 3):
        bench.challenge()
        assert list(bench.sets) == [expected]
    bench.challenge()
    assert failure(bench).refusal is Refusal.TOO_MANY_CHALLENGES
    assert_as_before(bench, 0)


def test_temporary_set_expires() -> None:
    """TMR-01, MGU-07, ERR-31: 4 minutes, even if the transaction layer waits longer."""
    slow = Timers(seconds(10), seconds(16), seconds(17))
    bench = attempt(timers=slow)
    bench.challenge()
    bench.pass_time(239)
    assert bench.sets
    bench.pass_time(2)
    assert failure(bench).status == 0
    assert_as_before(bench, 0)


@pytest.mark.parametrize("registered", [False, True])
def test_set_cannot_be_installed(registered: bool) -> None:
    """ERR-24, SA-01, SA_INSTALL_FAILED: no SM7, nothing left."""
    bench = attempt(registered=registered)
    bench.backend_refuses = True
    sent = len(bench.requests)
    bench.challenge()
    assert len(bench.requests) == sent
    assert failure(bench).refusal is Refusal.SA_INSTALL_FAILED
    assert_as_before(bench, registered)


def test_final_failure_over_the_old_set() -> None:
    """FLOW-07: an answer to SM7 is taken on either set."""
    bench = attempt(registered=True)
    old = bench.response_flow(bench.last[1])
    bench.challenge()
    bench.answer(403, over=old)
    assert failure(bench).status == 403
    assert_as_before(bench, 1)


def test_stages_of_a_failed_attempt() -> None:
    """ERR-31: the temporary set is seen to come and go."""
    bench = attempt()
    bench.challenge()
    bench.answer(403)
    assert [fact.stage for fact in bench.facts_of(SetStage)] == [Stage.TEMPORARY, Stage.DELETED]


def test_late_answers_to_an_earlier_register_are_no_news() -> None:
    """FLOW-05, RFC 3261 §17.1: an attempt that ended is not revived."""
    bench = attempt()
    bench.challenge()
    sm7 = bench.last
    flow = bench.response_flow(sm7[1])
    bench.answer(403)
    bench.answer(200, to=sm7, over=flow)
    assert not bench.facts_of(Registered)
    assert Refusal.CLEAR_ANSWER_TO_PROTECTED in refusals(bench)


def test_list_of_the_server_is_its_own() -> None:
    """AGR-22, AGR-21: stronger entries than the network would have chosen for a tampered SM1 are used."""
    bench = attempt()
    bench.challenge(terms=THEIRS)
    (sa_set,) = bench.sets.values()
    assert str(sa_set.suite) == "null/aes-gcm"
    assert sa_set.ue == UE
    assert ServerList.make(THEIRS, bench.config.suites).lines == tuple(
        bench.last[0].get_all("Security-Verify")
    )
