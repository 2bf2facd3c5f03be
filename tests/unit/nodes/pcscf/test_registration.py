"""SM1 to SM12 at the P-CSCF (33.203 §7.2; 24.229 §5.2.2)."""

from base64 import b64encode

import pytest
from tests.unit.nodes.pcscf.bed import CK, CORE, DOMAIN, GM, HOME, IK, TCP, UDP, Bed, Ue

from twopair.base import Bind, Endpoint, Flow, Port, Secret, Send, Transport
from twopair.core.sa import InstallSas, Ports, SasInstalled, Stage
from twopair.crypto.annex_i import expand
from twopair.nodes.facts import Registered
from twopair.wire.sip import Request, Response

both = pytest.mark.parametrize("transport", [UDP, TCP])


def auth(request: Request) -> str:
    return request.get("Authorization") or ""


def test_start_binds_protected_ports_closed_to_clear_text() -> None:
    """SA-09, SA-21: server ports listen on both transports, clients never; clear is read last."""
    binds = [a for a in Bed().fresh if isinstance(a, Bind)]
    assert binds == [
        Bind(CORE, protected=False, listen=True),
        Bind(Endpoint(GM, Port(5060)), protected=False, listen=True, last=True),
        Bind(Endpoint(GM, Port(5062)), protected=True, listen=True),
        *(Bind(Endpoint(GM, Port(p)), protected=True, listen=False) for p in (5064, 5066, 5068)),
    ]


@both
def test_sm2_carries_what_the_home_network_needs(transport: Transport) -> None:
    """PCS-01..PCS-03, PCS-05, AGR-30, AGR-36, INT-03."""
    bed, ue = Bed(), Ue(transport=transport)
    sm2 = bed.sm1(ue)
    assert bed.sent[0][0] == Flow(UDP, CORE, HOME)
    assert 'integrity-protected="no"' in auth(sm2)
    for name in ("Security-Client", "Security-Verify", "Proxy-Require"):
        assert sm2.get(name) is None
    assert sm2.values("Require") == ["path"]
    assert (sm2.get("Path") or "").endswith(f"@{CORE};lr>")
    assert sm2.get("P-Visited-Network-ID") == f'"{DOMAIN}"'
    assert f'orig-ioi="{DOMAIN}"' in (sm2.get("P-Charging-Vector") or "")
    assert sm2.get("Max-Forwards") == "69"
    ours, theirs = sm2.values("Via")
    assert ours.startswith(f"SIP/2.0/UDP {CORE};branch=z9hG4bK")
    assert f"received={ue.address}" in theirs
    assert "rport=5060" in theirs


def test_other_option_tags_stay() -> None:
    """AGR-36, PCS-23."""
    bed = Bed(pass_on=("foo",))
    sm2 = bed.sm1(Ue(), Require="gruu, SEC-AGREE", Proxy_Require="foo,sec-agree")
    assert sm2.values("Require") == ["gruu", "path"]
    assert sm2.get("Proxy-Require") == "foo"


def test_what_a_ue_may_not_say_is_taken_out() -> None:
    """INT-01, PCS-03, PCS-04, AKA-31: forged parameters and network headers do not reach the core."""
    sm2 = Bed().sm1(
        Ue(),
        auth=f', integrity-protected="yes", ik="{IK}", ck={CK}, Integrity-Protected=yes',
        P_Charging_Vector="icid-value=forged",
        P_Charging_Function_Addresses="ccf=1.2.3.4",
        P_Access_Network_Info="3GPP-E-UTRAN-FDD;cell=1, IEEE-802.11;np;x=2",
        P_Visited_Network_ID="forged",
        P_Asserted_Identity="<sip:king@ims>",
        Path="<sip:elsewhere>",
        Route="<sip:elsewhere;lr>",
    )
    assert auth(sm2).lower().count("integrity-protected") == 1
    assert 'integrity-protected="no"' in auth(sm2)
    assert "ik=" not in auth(sm2)
    assert "ck=" not in auth(sm2)
    text = sm2.to_bytes().decode()
    for forged in ("forged", "ccf=", "np", "king", "elsewhere"):
        assert forged not in text
    assert sm2.get("P-Access-Network-Info") == "3GPP-E-UTRAN-FDD;cell=1"


def test_sm6_leaves_only_when_the_set_stands() -> None:
    """FLOW-01: InstallSas first, nothing to the UE before SasInstalled."""
    bed, ue = Bed(), Ue()
    bed.install = False
    bed.challenge(bed.sm1(ue))
    [install] = [a for a in bed.fresh if isinstance(a, InstallSas)]
    assert bed.nothing_sent()
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.feed(SasInstalled(install.sa_set.set_id))
    flow, sm6 = bed.to_ue()
    assert isinstance(sm6, Response)
    assert (flow, sm6.status) == (ue.clear, 401)


def test_the_set_is_figure_1() -> None:
    """SA-01, SA-08, SA-16, KEY-01: ports, SPIs, addresses, keys of the installed set."""
    bed, ue = Bed(), Ue()
    bed.challenge(bed.sm1(ue))
    [sa_set] = [a.sa_set for a in bed.fresh if isinstance(a, InstallSas)]
    assert (sa_set.ue, sa_set.pcscf, sa_set.impi) == (ue.address, GM, ue.impi)
    assert sa_set.ports == Ports(ue.terms.port_c, ue.terms.port_s, sa_set.ports.pc, Port(5062))
    assert sa_set.ports.pc in (5064, 5066, 5068)
    assert (sa_set.spis.uc, sa_set.spis.us) == (ue.terms.spi_c, ue.terms.spi_s)
    assert len(set(sa_set.spis)) == 4
    assert sa_set.keys == expand(sa_set.suite, Secret.from_hex(CK), Secret.from_hex(IK))


@both
def test_sm6_has_the_static_list_and_no_keys(transport: Transport) -> None:
    """AKA-31, AKA-32, AGR-21, FLOW-04."""
    bed, ue = Bed(), Ue(transport=transport)
    sm6 = bed.sm6(ue, bed.sm1(ue, Security_Client=ue.client.partition(",")[0]))
    assert sm6.status == 401
    assert [e.partition("alg=")[2].split(";")[0] for e in sm6.values("Security-Server")] == [
        suite.alg for suite in bed.pcscf.tables.config.policy.priority
    ]
    challenge = sm6.get("WWW-Authenticate") or ""
    assert 'qop="auth"' in challenge
    assert "algorithm=AKAv1-MD5" in challenge
    assert sm6.values("Via") == [sm6.values("Via")[0]]


@pytest.mark.parametrize("quirk", [f', IK={IK},CK ="{CK}"', f',ck="{CK}",ik="{IK}",ik="{IK}"'])
def test_keys_never_leave_in_any_form(quirk: str) -> None:
    """AKA-32, AKA-33, Q-15: no octets of CK or IK towards the UE, as hex, base64 or raw, in any position."""
    bed, ue = Bed(), Ue()
    bed.challenge(bed.sm1(ue), more=quirk)
    bed.ok(bed.sm7(ue, Security_Verify=(bed.to_ue()[1].get("Security-Server") or "")), ue)
    leaving = b"".join(a.data for a in bed.actions if isinstance(a, Send) and a.flow.local != CORE)
    for digits in (CK, IK):
        raw = bytes.fromhex(digits)
        for form in (digits.encode(), digits.upper().encode(), raw, b64encode(raw)[:-2]):
            assert form not in leaving


@both
def test_sm8_says_yes_and_sm12_takes_the_new_set(transport: Transport) -> None:
    """INT-02, FLOW-06, MSG-01, PCS-07: SM12 over UDP from port_pc to port_us, over TCP on its connection."""
    bed, ue = Bed(), Ue(transport=transport)
    bed.sm6(ue, bed.sm1(ue))
    sm8 = bed.sm7(ue)
    assert 'integrity-protected="yes"' in auth(sm8)
    assert sm8.get("Security-Client") is None
    assert sm8.get("Security-Verify") is None
    bed.ok(sm8, ue)
    flow, sm12 = bed.to_ue()
    assert isinstance(sm12, Response)
    assert sm12.status == 200
    assert flow == (ue.uplink if transport is TCP else ue.flow(ue.terms.port_s, ue.pc))
    assert not [name for name in sm12.names() if name.startswith("security-")]
    assert sm12.get("P-Charging-Vector") is None
    assert sm12.get("P-Associated-URI") == f"<{ue.impu}>, <tel:+1>"
    assert sm12.get("Service-Route")
    assert bed.stages(ue) == [Stage.IN_USE]
    [fact] = bed.facts(Registered)
    assert (fact.impi, fact.impu, fact.expires_s) == (ue.impi, ue.impu, 600000)
    assert fact.associated == (ue.impu, "tel:+1")


def test_path_is_the_same_in_sm2_and_sm8_and_differs_per_user() -> None:
    """PCS-01."""
    bed, one, two = Bed(), Ue(1), Ue(2)
    sm2 = bed.sm1(one)
    bed.sm6(one, sm2)
    assert bed.sm7(one).get("Path") is not None
    assert bed.sm1(two).get("Path") != sm2.get("Path")


def test_retransmitted_sm7_is_answered_by_the_transaction() -> None:
    """FLOW-08: one SM8, and SM12 again for the copy."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    sm7 = ue.sm7()
    bed.receive(ue.uplink, sm7)
    sm8 = bed.to_core()
    bed.receive(ue.uplink, sm7)
    assert bed.nothing_sent()
    bed.ok(sm8, ue)
    first = bed.fresh
    bed.receive(ue.uplink, sm7)
    assert [a for a in bed.fresh if isinstance(a, Send)] == [a for a in first if isinstance(a, Send)]


def test_provisional_answers_travel_over_the_set() -> None:
    """FLOW-07: 1xx to SM7 over the temporary set, 100 not at all."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    sm8 = bed.sm7(ue)
    bed.core(sm8, 100)
    assert bed.nothing_sent()
    bed.core(sm8, 183)
    flow, response = bed.to_ue()
    assert isinstance(response, Response)
    assert (flow, response.status) == (ue.flow(ue.terms.port_s, ue.pc), 183)
    assert bed.stages(ue) == [Stage.TEMPORARY]


def test_sm1_without_rport_is_answered_to_the_port_in_via() -> None:
    """PCS-05, MSG-05; RFC 3261 §18.2.2: address of the packet, port of the Via."""
    bed, ue = Bed(), Ue()
    sm2 = bed.sm1(ue, ue.flow(33333, 5060), Via="SIP/2.0/UDP host.example:5099;branch=z9hG4bKx")
    assert f"received={ue.address}" in sm2.values("Via")[1]
    bed.challenge(sm2)
    assert bed.to_ue()[0] == ue.flow(5099, 5060)


def test_ipv6_in_any_form() -> None:
    """SA-08, SA-24, Q-12: binary equality decides."""
    bed = Bed(gm_addresses=(GM, "2001:db8::1"))
    ue = Ue(address="2001:db8::99")
    clear = Flow(UDP, Endpoint("2001:db8::1", Port(5060)), Endpoint(ue.address, Port(5060)))
    bed.sm6(ue, bed.sm1(ue, clear, Via="SIP/2.0/UDP [2001:db8::99]:5060;branch=z9hG4bKi1;rport"))
    via = f"SIP/2.0/UDP [2001:DB8:0:0::0099]:{ue.terms.port_s};branch=z9hG4bKi2"
    up = Flow(UDP, Endpoint("2001:db8::1", Port(5062)), Endpoint(ue.address, ue.terms.port_c))
    bed.receive(up, ue.sm7(Via=via, Contact=f"<sip:[2001:DB8::99]:{ue.terms.port_s}>"))
    bed.ok(bed.to_core(), ue)
    assert bed.stages(ue) == [Stage.IN_USE]
