"""Re-registration, the event table in motion, and the end of a registration (RRG-, MGP-, TMR-)."""

from itertools import pairwise

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue

from twopair.base import Flow, Port, Refusal, Spi, Transport
from twopair.core.sa import InstallSas, RemoveSas, SaSet, Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import Deregistered, Registered
from twopair.wire.sip import Request, Response

both = pytest.mark.parametrize("transport", [UDP, TCP])


def registered(transport: Transport = UDP, expires: int = 600000) -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue(transport=transport)
    bed.register(ue, expires)
    return bed, ue


def last_set(bed: Bed) -> SaSet:
    return [a.sa_set for a in bed.actions if isinstance(a, InstallSas)][-1]


def integrity(request: Request) -> str:
    return (request.get("Authorization") or "").partition('integrity-protected="')[2].partition('"')[0]


@both
def test_ports_and_spis(transport: Transport) -> None:
    """RRG-01, RRG-02: server ports stay, both client ports and all SPIs are new, five times over."""
    bed, ue = registered(transport)
    seen = [last_set(bed)]
    for _ in range(5):
        bed.reregister(ue)
        bed.receive(ue.uplink, ue.request())
        seen.append(last_set(bed))
        bed.wait(200)
    assert len({(s.ports.us, s.ports.ps) for s in seen}) == 1
    for old, new in pairwise(seen):
        assert old.ports.uc != new.ports.uc
        assert old.ports.pc != new.ports.pc
        assert not set(old.spis) & set(new.spis)
    assert bed.stages(ue) == [Stage.IN_USE]


@both
def test_sm1_and_sm6_go_over_the_old_set_sm7_and_sm12_over_the_new(transport: Transport) -> None:
    """Table 4.2, FLOW-04, FLOW-06, INT-03."""
    bed, ue = registered(transport)
    old_up, old_down = ue.uplink, ue.flow(ue.terms.port_s, ue.pc)
    sm2 = bed.sm1_over(ue)
    assert integrity(sm2) == "yes"
    bed.challenge(sm2)
    flow, sm6 = bed.to_ue()
    assert flow == (old_up if transport is TCP else old_down)
    ue.server = sm6.get("Security-Server") or ""
    ue.nonce = (sm6.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
    ue.pc = last_set(bed).ports.pc
    sm8 = bed.sm7(ue)
    assert integrity(sm8) == "yes"
    bed.ok(sm8, ue)
    assert bed.to_ue()[0] == (ue.uplink if transport is TCP else ue.flow(ue.terms.port_s, ue.pc))


@both
def test_row_5_then_row_3(transport: Transport) -> None:
    """MGP-02: own requests go over the old set until the UE uses the new one; then the old one has 64*T1."""
    bed, ue = registered(transport)
    old = ue.pc
    bed.reregister(ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    bed.from_core(ue)
    assert bed.to_ue()[0].local.port == old
    bed.receive(ue.uplink, ue.request())
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]
    bed.from_core(ue)
    assert bed.to_ue()[0].local.port == ue.pc
    bed.wait(127)
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]
    bed.wait(2)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(bed.installed) == 1


def test_retransmitted_sm7_does_not_take_the_new_set_into_use() -> None:
    """MGP-02: a copy of SM7 says that SM12 has not arrived; only a new message is row 3."""
    bed, ue = registered()
    bed.sm6(ue, bed.sm1_over(ue))
    sm7 = ue.sm7()
    bed.receive(ue.uplink, sm7)
    bed.ok(bed.to_core(), ue)
    bed.receive(ue.uplink, sm7)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_row_2_a_message_over_the_old_set_moves_nothing() -> None:
    bed, ue = registered()
    old = ue.uplink, ue.server
    bed.reregister(ue)
    bed.receive(old[0], ue.request(Security_Verify=old[1]))
    assert bed.to_core().method == "MESSAGE"
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_row_4_the_old_set_runs_out() -> None:
    """Row 4: with less than 64*T1 left of the old set, the new one is taken into use."""
    bed, ue = registered(expires=600)
    bed.wait(400)
    bed.reregister(ue, 600)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    bed.wait(630 - 400 - 128 - 1)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    bed.wait(2)
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]
    bed.wait(128)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_row_4_at_once_for_a_short_registration() -> None:
    bed, ue = registered(expires=60)
    bed.reregister(ue, 600)
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]


def test_row_5_drops_what_was_never_used() -> None:
    """MGP-04: a UE that lost SM12 twice comes over its old set; never more than three sets."""
    bed, ue = registered()
    first = ue.terms, ue.server, ue.pc
    for step in range(1, 4):
        ue.terms, ue.server, ue.pc = first
        flow = ue.uplink
        ue.renew(Terms(Spi(40_000 + 2 * step), Spi(40_001 + 2 * step), Port(7000 + step), first[0].port_s))
        bed.sm6(ue, bed.sm1(ue, flow, port="6101", response="d"))
        assert len(bed.stages(ue)) <= 3
        bed.ok(bed.sm7(ue), ue)
        assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_register_over_a_superseded_set_is_not_integrity_protected() -> None:
    """INT-03: the old set, although still in use for our own requests."""
    bed, ue = registered()
    old = ue.uplink, ue.server
    bed.reregister(ue)
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    ue.server = old[1]
    assert integrity(bed.sm1(ue, old[0], port="6101", response="d")) == "no"


def test_unchallenged_reregistration_changes_only_lifetimes() -> None:
    """RRG-05, TMR-02: no set, port or SPI changes, the set lives longer, the offer is released."""
    bed, ue = registered(expires=600)
    before = ue.terms
    bed.wait(300)
    server = ue.server
    bed.ok(bed.sm1_over(ue), ue, 600)
    ue.renew(before)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(bed.facts(Registered)) == 2
    bed.wait(500)
    bed.receive(ue.uplink, ue.request(Security_Verify=server))
    assert bed.to_core().method == "MESSAGE"
    bed.wait(131)
    assert bed.stages(ue) == []


def test_another_server_port() -> None:
    """SERVER_PORT_CHANGED. RRG-01, RRG-04."""
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), Port(6103)))
    bed.receive(flow, ue.register(port="6101", response="d"))
    assert bed.refusals == [Refusal.SERVER_PORT_CHANGED]
    assert bed.to_ue()[0] == ue.flow(6101, ue.pc)
    assert bed.stages(ue) == [Stage.IN_USE]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"Security_Client": ""}, Refusal.SECURITY_CLIENT_MISSING),
        ({"Security_Verify": ""}, Refusal.VERIFY_MISSING),
        ({"Security_Verify": "ipsec-3gpp;alg=null"}, Refusal.VERIFY_MISMATCH),
    ],
)
def test_the_agreement_over_an_established_set(changes: dict[str, str], refusal: Refusal) -> None:
    """AGR-33, AGR-35: 494 with the unmodified list."""
    bed, ue = registered()
    server = ue.server
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    bed.receive(flow, ue.register(port="6101", response="d", **changes))
    assert bed.refusals == [refusal]
    assert bed.to_ue()[1].get("Security-Server") == server


def test_missing_security_verify_may_be_tolerated() -> None:
    """AGR-35."""
    bed, ue = Bed(missing_security_verify="tolerate"), Ue()
    bed.register(ue)
    bed.sm1_over(ue, Security_Verify="")


def test_impi_of_another_over_an_established_set() -> None:
    """IMPI_MISMATCH. AGR-34, ERR-19: registration theft; the set is unchanged."""
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    stolen = ue.register(port="6101", response="d").replace(ue.impi.encode(), b"king@ims")
    bed.receive(flow, stolen)
    assert bed.refusals == [Refusal.IMPI_MISMATCH]
    assert bed.stages(ue) == [Stage.IN_USE]


def test_reattach_of_a_ue_that_lost_its_state() -> None:
    """Row 6, MGP-08: unprotected SM1 with sets alive; the 200 OK replaces them all, not before."""
    bed, ue = registered()
    bed.reregister(ue)
    ue.renew(Terms(Spi(60_000), Spi(60_001), Port(8000), Port(8001)))
    ue.server = ""
    bed.sm6(ue, bed.sm1(ue))
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED, Stage.TEMPORARY]
    sm8 = bed.sm7(ue)
    assert len(bed.installed) == 3
    bed.ok(sm8, ue)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert bed.installed == {last_set(bed).set_id}
    bed.from_core(ue)
    assert bed.to_ue()[0] == ue.flow(8001, ue.pc)


def test_registration_runs_out() -> None:
    """MGP-12, TMR-02: after the expiry requests are refused, 30 s later the set is gone."""
    bed, ue = registered(expires=100)
    bed.wait(101)
    bed.receive(ue.uplink, ue.request())
    assert bed.refusals == [Refusal.NOT_REGISTERED]
    assert bed.to_ue()[1].status == 403  # type: ignore[union-attr]
    bed.from_core(ue)
    assert bed.refusals == [Refusal.USER_AWAY]
    bed.wait(30)
    assert bed.stages(ue) == []
    assert [fact.impi for fact in bed.facts(Deregistered)] == [ue.impi]
    assert len(bed.pcscf.tables.subscribers) == 0


@both
def test_deregistration(transport: Transport) -> None:
    """MGP-10: 200 over the set; the set goes when the server transaction has ended, not before."""
    bed, ue = registered(transport)
    sm2 = bed.sm1_over(ue, expires="0")
    old = Flow(transport, ue.uplink.local, ue.uplink.remote._replace(port=Port(ue.terms.port_c - 2)))
    bed.ok(sm2, ue, 0)
    flow, answer = bed.to_ue()
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert flow == (old if transport is TCP else ue.flow(ue.terms.port_s, ue.pc))
    assert bed.stages(ue) == [Stage.IN_USE]
    assert [fact.reason for fact in bed.facts(Deregistered)] == ["by the user"]
    bed.from_core(ue)
    assert bed.refusals == [Refusal.USER_AWAY]
    bed.wait(16 if transport is TCP else 127)
    assert bed.stages(ue) == [Stage.IN_USE]
    bed.wait(2)
    assert bed.stages(ue) == []
    assert bed.installed == set()
    assert len(bed.facts(Deregistered)) == 1


def test_challenged_deregistration() -> None:
    """MGU-12, Q-18: a challenge in between makes no difference."""
    bed, ue = registered()
    bed.sm6(ue, bed.sm1_over(ue, expires="0"))
    bed.ok(bed.sm7(ue, expires="0"), ue, 0)
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)
    bed.wait(129)
    assert bed.stages(ue) == []
    assert len(bed.pcscf.tables.subscribers) == 0


def test_a_second_identity_keeps_the_sets() -> None:
    """MGP-09: the set serves all IMPUs registered with it and goes with the last one."""
    bed, ue = registered()
    second = "<sip:second@ims.example>"
    before = ue.terms
    sm2 = bed.sm1_over(ue, To=second)
    contact = (sm2.get("Contact") or "").partition(";expires")[0] + ";expires=600000"
    bed.core(sm2, 200, [("Contact", contact), ("P-Associated-URI", second), ("Service-Route", "<sip:x;lr>")])
    ue.renew(before)
    bed.receive(ue.uplink, ue.request(P_Preferred_Identity=second))
    assert bed.to_core().get("P-Asserted-Identity") == second
    bed.ok(bed.sm1_over(ue, expires="0"), ue, 0)
    assert bed.facts(Deregistered) == []
    ue.renew(before)
    bed.wait(200)
    assert bed.stages(ue) == [Stage.IN_USE]
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().get("P-Asserted-Identity") == second
    bed.core(bed.sm1_over(ue, expires="0", To=second), 200)
    bed.wait(129)
    assert bed.stages(ue) == []


def test_deregistering_one_identity_takes_those_registered_with_it() -> None:
    """MGP-09: an implicit set goes as a whole, named by any of its members."""
    bed, ue = registered()
    bed.core(bed.sm1_over(ue, expires="0", To="<tel:+1>"), 200)
    assert [fact.impi for fact in bed.facts(Deregistered)] == [ue.impi]


def test_a_query_of_bindings_ends_nothing() -> None:
    """RFC 3261 §10.2.3: REGISTER without Contact; the 200 lists what there is."""
    bed, ue = registered()
    sm2 = bed.sm1_over(ue, Contact="")
    contact = f"<sip:{ue.address}:{ue.terms.port_s}>;expires=500"
    bed.core(sm2, 200, [("Contact", contact), ("P-Associated-URI", f"<{ue.impu}>")])
    assert bed.facts(Deregistered) == []
    bed.wait(129)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_removed_sets_are_never_removed_twice() -> None:
    bed, ue = registered(expires=100)
    bed.reregister(ue, 100)
    bed.wait(1000)
    removed = [a.set_id for a in bed.actions if isinstance(a, RemoveSas)]
    assert sorted(removed) == sorted(set(removed))
    assert bed.installed == set()
