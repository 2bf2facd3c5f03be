"""The UE registers: SM1, SM7, SM12 (24.229 §5.1.1; 33.203 §7.2)."""

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, DOMAIN, IMPI, IMPU, KEYS, PCSCF, UE, Bench, Seeded

from twopair.base import Bind, Endpoint, Impu, Port, Secret, Send, Transport
from twopair.core.aka import aka_password, decode_nonce, digest_response
from twopair.core.sa import InstallSas, Stage
from twopair.core.secagree import Offer
from twopair.nodes.facts import Registered, SetStage
from twopair.nodes.ue import UeConfig, UserEquipment
from twopair.nodes.wishes import Register
from twopair.wire.sip import Credentials

BOTH = pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])


def registered(transport: Transport = Transport.UDP) -> Bench:
    bench = Bench(transport=transport)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    return bench


def test_start_binds_the_protected_server_port() -> None:
    """SA-09, SA-20, SA-21, SA-27: both transports, closed to clear text."""
    bench = Bench()
    (bind,) = bench.actions
    assert isinstance(bind, Bind)
    assert bind.protected
    assert bind.listen
    assert bind.local.port in bench.config.ports


@BOTH
def test_sm1(transport: Transport) -> None:
    """AKA-07, AGR-20, MSG-05, UEP-03, UEP-04, UEP-05: everything SM1 must carry, and what it must not."""
    bench = Bench(transport=transport)
    bench.feed(Register())
    ((request, flow),) = bench.requests
    assert flow.transport is transport
    assert flow.remote == Endpoint(PCSCF, Port(5060))
    assert (request.method, request.uri) == ("REGISTER", f"sip:{DOMAIN}")
    via = request.top_via
    assert (via.transport, via.host, via.port) == (transport.value, UE, flow.local.port)
    assert "rport" in via.params
    assert request.get("To") == f"<{IMPU}>"
    assert request.get("Expires") == "600000"
    assert request.get("Supported") == "path"
    assert request.get("Require") == request.get("Proxy-Require") == "sec-agree"
    authorization = Credentials.parse(request.get("Authorization") or "")
    assert {name: authorization.get(name) for name, _ in authorization.parts} == {
        "username": IMPI,
        "realm": DOMAIN,
        "uri": f"sip:{DOMAIN}",
        "nonce": "",
        "response": "",
    }
    offer = Offer.parse(request.get_all("Security-Client"))
    assert offer.terms is not None
    assert [entry.suite for entry in offer.entries] == list(bench.config.suites)
    ports = {offer.terms.port_c, offer.terms.port_s, flow.local.port}
    assert len(ports) == 3
    assert offer.terms.port_s == bench.ue.profile.port_us
    assert f"@{UE}:{offer.terms.port_s}" in (request.get("Contact") or "")
    assert request.get("Security-Verify") is None
    assert request.get("P-Access-Network-Info") is None


@BOTH
def test_sm7(transport: Transport) -> None:
    """AGR-24, AKA-06, AKA-09, MSG-02, MSG-03, MSG-09, FLOW-03: over SA1-up of the temporary set."""
    bench = Bench(transport=transport)
    bench.feed(Register())
    headers = bench.challenge_headers()
    bench.answer(401, headers)
    (sm1, _), (sm7, flow) = bench.requests
    (sa_set,) = bench.sets.values()
    assert (flow.transport, flow.local.port, flow.remote.port) == (transport, sa_set.ports.uc, 5062)
    assert sm7.call_id == sm1.call_id
    assert sm7.cseq.number == sm1.cseq.number + 1
    assert sm7.get_all("Security-Client") == sm1.get_all("Security-Client")
    assert sm7.get_all("Security-Verify") == [value for name, value in headers if name == "Security-Server"]
    assert (sm7.top_via.host, sm7.top_via.port) == (UE, sa_set.ports.us)
    assert "rport" not in sm7.top_via.params
    assert sm7.get("Contact") == sm1.get("Contact")
    assert sm7.get("From") == sm1.get("From")
    assert sm7.get("Require") == sm7.get("Proxy-Require") == "sec-agree"
    assert sm7.get("P-Access-Network-Info")
    assert sa_set.ports.pc == 5064
    offer = Offer.parse(sm1.get_all("Security-Client"))
    assert offer.terms == (sa_set.spis.uc, sa_set.spis.us, sa_set.ports.uc, sa_set.ports.us)


def test_digest_of_sm7() -> None:
    """AKA-04, AKA-05, AKA-06: RES as password, everything echoed as received."""
    bench = Bench()
    bench.feed(Register())
    nonce = bench.fresh_nonce()
    bench.challenge(nonce=nonce, extra=', opaque="o"')
    sent = Credentials.parse(bench.last[0].get("Authorization") or "")
    res, ck, ik, _ = KEYS.functions().f2345(decode_nonce(nonce).rand)
    cnonce = sent.get("cnonce") or ""
    expected = digest_response(
        "AKAv1-MD5",
        IMPI,
        "home",
        aka_password("AKAv1-MD5", Secret(res), Secret(ik), Secret(ck)),
        "REGISTER",
        f"sip:{DOMAIN}",
        nonce,
        "auth",
        "00000001",
        cnonce,
    )
    assert sent.get("response") == expected
    assert (sent.get("realm"), sent.get("nonce"), sent.get("opaque")) == ("home", nonce, "o")
    assert sent.get("algorithm") == "AKAv1-MD5"


def test_sm7_waits_for_the_set() -> None:
    """FLOW-01 as the UE sees it, SA-01: port closed and bound, set installed, then SM7."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    kinds = [type(action).__name__ for action in bench.actions]
    at = kinds.index("InstallSas")
    assert kinds[at - 1] == "Bind"
    bind, install = bench.actions[at - 1 : at + 1]
    assert isinstance(install, InstallSas)
    assert bind == Bind(Endpoint(UE, install.sa_set.ports.uc), protected=True, listen=False)
    assert kinds.index("Send", at) > at


@BOTH
def test_sm12(transport: Transport) -> None:
    """MGU-04, TMR-02, UEP-06, MSG-05: in use at once, identities and route kept, clear port given back."""
    bench = registered(transport)
    assert bench.facts_of(Registered) == [Registered(IMPI, IMPU, 3600, (ALICE, Impu("tel:+4930123456")))]
    assert [fact.stage for fact in bench.facts_of(SetStage)] == [
        Stage.TEMPORARY,
        Stage.NEWLY_ESTABLISHED,
        Stage.IN_USE,
    ]
    (sa_set,) = bench.sets.values()
    assert sorted(endpoint.port for endpoint in bench.bound) == sorted([sa_set.ports.uc, sa_set.ports.us])
    clear = [flow for flow in bench.streams if flow.remote.port == 5060]
    assert clear == []


def test_set_lives_30_s_longer_than_the_registration() -> None:
    """TMR-02, TMR-05, MGP-12: expiry ends the registration, 30 s later the set goes."""
    bench = registered()
    bench.pass_time(3000)
    bench.answer(403)  # the refresh is refused, so nothing prolongs
    bench.pass_time(601)
    assert bench.facts[-1].reason == "the registration expired"
    assert bench.sets
    bench.pass_time(30)
    assert not bench.sets
    assert [endpoint.port for endpoint in bench.bound] == [bench.ue.profile.port_us]


@pytest.mark.parametrize(("granted", "after_s"), [(3600, 3000), (7200, 6600), (1200, 600), (60, 30)])
def test_refresh_in_time(granted: int, after_s: int) -> None:
    """UEP-12: 600 s before the end, or at half of a short interval."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    bench.accept(granted)
    bench.pass_time(after_s - 1)
    assert len(bench.requests) == 2
    bench.pass_time(1)
    assert len(bench.requests) == 3


def test_expires_header_where_contact_says_nothing() -> None:
    """RFC 3261 §10.2.4: Expires of the response counts; without any, what was asked for."""
    for headers, granted in (([("Expires", "900")], 900), ([], 600_000)):
        bench = Bench()
        bench.feed(Register())
        bench.challenge()
        bench.answer(200, headers)
        assert bench.facts_of(Registered)[0].expires_s == granted
        assert bench.facts_of(Registered)[0].associated == (IMPU,)


def test_security_server_of_several_lines_is_mirrored_line_by_line() -> None:
    """Q-05, AGR-24, AGR-08: unknown and media elements too."""
    bench = Bench()
    bench.feed(Register())
    base = "spi-c=8193;spi-s=8194;port-c=5064;port-s=5062"
    lines = [
        f"ipsec-3gpp; q=0.1; alg=aes-gmac; {base};new=1",
        "sdes-srtp;mediasec",
        f"ipsec-3gpp;Q=0.5;alg=hmac-sha-1-96;{base}",
    ]
    bench.challenge(server=lines)
    assert bench.last[0].get_all("Security-Verify") == lines
    (sa_set,) = bench.sets.values()
    assert str(sa_set.suite) == "hmac-sha-1-96/null"


def test_one_procedure_at_a_time() -> None:
    """FLOW-05, MGU-01: a second wish waits for the end of the first."""
    bench = Bench()
    bench.feed(Register())
    bench.feed(Register())
    assert len(bench.requests) == 1
    bench.challenge()
    bench.accept()
    assert len(bench.requests) == 3
    assert bench.last[0].get("Security-Verify")


def test_strongest_digest_of_several() -> None:
    """AKA-01, AKA-42: the token is echoed as it was spelled."""
    bench = Bench()
    bench.feed(Register())
    headers = bench.challenge_headers()
    nonce = bench.fresh_nonce()
    headers.append(("WWW-Authenticate", f'Digest realm="home",nonce="{nonce}",algorithm=akav2-md5'))
    bench.answer(401, headers)
    sent = Credentials.parse(bench.last[0].get("Authorization") or "")
    assert sent.get("algorithm") == "akav2-md5"
    assert sent.get("nonce") == nonce
    assert sent.get("qop") is None


def test_ipv6() -> None:
    """SA-08: brackets where they belong."""
    bench = Bench()
    config = UeConfig("2001:db8::1", Endpoint("2001:db8::2", Port(5060)))
    ue = UserEquipment(config, bench.card, Seeded())
    (send,) = [action for action in ue.feed(Register(), bench.now) if isinstance(action, Send)]
    assert b"Via: SIP/2.0/UDP [2001:db8::1]:" in send.data
    assert b"@[2001:db8::1]:" in send.data
