"""One mutation per check: each check taken out in turn, and a scenario that then succeeds wrongly.

Each scenario is an attack or a mistake of a peer, told as messages to a P-CSCF. With all checks in
place it fails; with the one check removed it succeeds. So no check is there in vain, and none can be
lost without a test that fails. A check without a scenario here fails the last test.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.nodes.pcscf import bed as bench
from tests.unit.nodes.pcscf.bed import CORE, Bed, Ue, make_response
from tests.unit.nodes.pcscf.flow_bed import FlowBed, flow

from twopair.base import Port, Spi
from twopair.core.registration import pcscf_integrity
from twopair.core.registration.pcscf_integrity import Answer, Bearer
from twopair.core.sa import InstallSas, SaSet, Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import Registered
from twopair.nodes.pcscf import Limits
from twopair.nodes.pcscf.gm import access
from twopair.nodes.pcscf.register import confirm
from twopair.nodes.pcscf.register.confirm import Outcome
from twopair.nodes.pcscf.rules import RULES
from twopair.wire.sip import Request

TABLES = {"SM1": "proposed", "SM7": "answered", "protected": "arrival", "request": "request", "SPI": "spi"}
"""The tables of checks: what they judge, and their names in `Rules`."""

Scenario = Callable[[], bool]
SCENARIOS: dict[tuple[str, str], Scenario] = {}


def scenario(table: str, requirement: str) -> Callable[[Scenario], Scenario]:
    """Note a scenario for a check; it returns whether the attack succeeded."""

    def note(function: Scenario) -> Scenario:
        SCENARIOS[table, requirement] = function
        return function

    return note


def forwarded(bed: Bed) -> bool:
    """Whether something has just gone to the core."""
    return any(flow.local == CORE and isinstance(m, Request) for flow, m in bed.sent)


def challenged() -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    return bed, ue


def registered(**changes: Any) -> tuple[Bed, Ue]:
    bed, ue = Bed(**changes), Ue()
    bed.register(ue)
    return bed, ue


def neighbour(ue: Ue, **terms: int) -> Ue:
    """Another subscriber behind the same address."""
    other = Ue(2, address=ue.address)
    wanted = {"spi_c": 70_000, "spi_s": 70_001, "port_c": 6200, "port_s": 6201, **terms}
    spis = Spi(wanted["spi_c"]), Spi(wanted["spi_s"])
    other.renew(Terms(*spis, Port(wanted["port_c"]), Port(wanted["port_s"])))
    return other


# SM7: paper §3.2


@scenario("SM7", "AGR-31 Security-Client")
def port_us_changed_in_sm1() -> bool:
    """A man in the middle wrote his own port_us into SM1: downlink traffic would go there."""
    bed, ue = Bed(), Ue()
    honest = ue.client
    bed.sm6(ue, bed.sm1(ue, Security_Client=honest.replace("port-s=6101", "port-s=6666")))
    bed.receive(ue.uplink, ue.sm7(Security_Client=honest))
    if forwarded(bed):
        bed.ok(bed.to_core(), ue)
    return bool(bed.facts(Registered))


@scenario("SM7", "AGR-31 Security-Verify")
def best_algorithms_taken_out_of_sm6() -> bool:
    """A man in the middle left only the weakest entry in Security-Server: bidding down."""
    bed, ue = challenged()
    weakest = ue.server.rpartition(", ")[2]
    bed.receive(ue.uplink, ue.sm7(Security_Verify=weakest))
    if forwarded(bed):
        bed.ok(bed.to_core(), ue)
    return bool(bed.facts(Registered))


@scenario("SM7", "ERR-11")
def sm7_says_nothing_of_the_agreement() -> bool:
    """Nothing mirrored, nothing confirmed."""
    bed, ue = challenged()
    bed.receive(ue.uplink, ue.sm7(Security_Verify="", Security_Client=""))
    return forwarded(bed)


@scenario("SM7", "AGR-34")
def sm7_for_another_subscriber() -> bool:
    """Registration theft over one's own set."""
    bed, ue = challenged()
    stolen = ue.sm7().replace(f'username="{ue.impi}"'.encode(), b'username="king@ims"')
    bed.receive(ue.uplink, stolen)
    return forwarded(bed)


@scenario("SM7", "SA-24")
def sm7_with_another_address_in_via() -> bool:
    """Source spoofing inside an SA."""
    bed, ue = challenged()
    bed.receive(ue.uplink, ue.sm7(Via="SIP/2.0/UDP 10.66.66.66:6101;branch=z9hG4bKs"))
    return forwarded(bed)


@scenario("SM7", "AGR-37")
def sm7_from_behind_a_proxy() -> bool:
    """sec-agree is for the first hop only."""
    bed, ue = challenged()
    behind = ["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]
    bed.receive(ue.uplink, ue.register(behind, port="6101", response="c"))
    return forwarded(bed)


# SM1


@scenario("SM1", "SA-22")
def port_uc_of_a_neighbour() -> bool:
    """Another UE's (address, port_uc): SA1's selector would exist twice."""
    bed, ue = registered()
    bed.receive(ue.clear, neighbour(ue, port_c=ue.terms.port_c).register())
    return forwarded(bed)


@scenario("SM1", "SA-15")
def spi_of_a_neighbour() -> bool:
    """An SPI that another SA towards the same address has."""
    bed, ue = registered()
    bed.receive(ue.clear, neighbour(ue, spi_s=ue.terms.spi_c).register())
    return forwarded(bed)


@scenario("SM1", "MGP-04")
def one_set_too_many() -> bool:
    """State without bound."""
    bed, ue = registered(limits=Limits(sets_per_address=1))
    bed.receive(ue.clear, neighbour(ue).register())
    return forwarded(bed)


@scenario("SM1", "MGU-09")
def one_flow_too_many() -> bool:
    """Every SM1 under a new name would cost the home network a vector, though no set can come of it."""
    ue, other = flow(1), flow(2)
    bed = FlowBed(limits=Limits(flows_per_impi=1))
    bed.register(ue)
    bed.receive(other.clear, other.register())
    return forwarded(bed)


@scenario("SM1", "RRG-01")
def reregistration_with_another_port_us() -> bool:
    """Remote parties hold port_us in Contact."""
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), Port(7001)))
    bed.receive(flow, ue.register(port="6101", response="d"))
    return forwarded(bed)


@scenario("SM1", "PCS-25")
def sm7_in_the_clear() -> bool:
    """The answer to a challenge outside the SAs made for it: a careless home network would register it."""
    bed, ue = challenged()
    bed.receive(ue.clear, ue.register(response="c" * 32))
    return forwarded(bed)


@scenario("SM1", "AGR-34")
def reregistration_for_another_subscriber() -> bool:
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    bed.receive(flow, ue.register(port="6101", response="d").replace(ue.impi.encode(), b"king@ims"))
    return forwarded(bed)


@scenario("SM1", "AGR-35")
def reregistration_that_verifies_something_else() -> bool:
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    bed.receive(flow, ue.register(port="6101", response="d", Security_Verify="tls"))
    return forwarded(bed)


@scenario("SM1", "SA-24")
def reregistration_with_another_address_in_via() -> bool:
    bed, ue = registered()
    flow = ue.uplink
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(7000), ue.terms.port_s))
    bed.receive(flow, ue.register(Via="SIP/2.0/UDP 10.66.66.66:6101;branch=z9hG4bKs"))
    return forwarded(bed)


@scenario("SM1", "AGR-37")
def sm1_from_behind_a_proxy() -> bool:
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, ue.register(["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]))
    return forwarded(bed)


@scenario("SM1", "AGR-22")
def nothing_in_common() -> bool:
    """Without the check the request goes on to where only our own assertion stops it."""
    bed, ue = Bed(), Ue()
    try:
        bed.receive(ue.clear, ue.register(Security_Client=""))
    except AssertionError:
        return True
    return forwarded(bed)


# every protected message


@scenario("protected", "SA-25 stage")
def message_over_a_temporary_set() -> bool:
    """A set whose authentication is not complete."""
    bed, ue = registered()
    bed.sm6(ue, bed.sm1_over(ue))
    bed.receive(ue.uplink, ue.request(Security_Verify=ue.server))
    return forwarded(bed)


@scenario("protected", "SA-25 answer")
def answer_to_what_another_user_was_asked() -> bool:
    """A valid subscriber answers a request that went to somebody else."""
    bed, ue, other = Bed(), Ue(1), Ue(2)
    bed.register(ue)
    bed.register(other)
    bed.from_core(ue)
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    bed.receive(other.uplink, make_response(request, 200, to_tag="evil").to_bytes())
    return any(flow.local == CORE for flow, _ in bed.sent)


# requests


@scenario("request", "SA-25 identity")
def message_with_the_impi_of_another() -> bool:
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(Authorization='Digest username="king@ims"'))
    return forwarded(bed)


@scenario("request", "PCS-09")
def message_after_the_registration_has_ended() -> bool:
    bed, ue = Bed(), Ue()
    bed.register(ue, 60)
    bed.wait(70)
    bed.receive(ue.uplink, ue.request())
    return forwarded(bed)


@scenario("request", "AGR-35")
def message_that_verifies_something_else() -> bool:
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(Security_Verify="ipsec-3gpp;alg=null"))
    return forwarded(bed)


@scenario("request", "AGR-37")
def message_from_behind_a_proxy() -> bool:
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(headers=["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]))
    return forwarded(bed)


@scenario("request", "PCS-22 hops")
def message_without_hops() -> bool:
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(Max_Forwards="0"))
    return forwarded(bed)


@scenario("request", "PCS-22 loop")
def message_that_was_here_before() -> bool:
    """A UE sends back what came to it."""
    bed, ue = registered()
    bed.from_core(ue)
    mine = [f"Via: {via}" for via in bed.to_ue()[1].values("Via")]
    bed.receive(ue.uplink, ue.request(headers=mine, Require="", Proxy_Require=""))
    return forwarded(bed)


# SPIs of our own


def second_set(*draws: int) -> tuple[SaSet, SaSet]:
    """Two sets of two UEs, with dice that first fall on `draws` for the second."""
    bed, other = Bed(), Ue(2)
    bed.register(Ue(1))
    sm2 = bed.sm1(other)
    [first] = [a.sa_set for a in bed.actions if isinstance(a, InstallSas)]
    draws = draws or (first.spis.ps,)
    bed.dice.forced = [spi - 256 for spi in draws]
    bed.sm6(other, sm2)
    return first, [a.sa_set for a in bed.actions if isinstance(a, InstallSas)][-1]


@scenario("SPI", "SA-16 in use")
def spi_of_another_set() -> bool:
    first, second = second_set()
    return bool({first.spis.pc, first.spis.ps} & {second.spis.pc, second.spis.ps})


@scenario("SPI", "SA-16 offered")
def spi_that_the_ue_has_offered() -> bool:
    """All SAs share one key: with equal SPIs a packet could be reflected to its sender."""
    _, second = second_set(Ue(2).terms.spi_s)
    return bool({second.spis.pc, second.spis.ps} & {second.spis.uc, second.spis.us})


def without(monkeypatch: pytest.MonkeyPatch, table: str, requirement: str) -> None:
    """Take one check out of its table, in every P-CSCF that is made from now on."""
    name = TABLES[table]
    kept: Any = tuple(check for check in getattr(RULES, name) if check.requirement != requirement)
    assert len(kept) == len(getattr(RULES, name)) - 1
    monkeypatch.setattr(bench, "RULES", RULES._replace(**dict.fromkeys([name], kept)))


@pytest.mark.parametrize(("table", "requirement"), SCENARIOS)
def test_the_check_is_what_stops_it(monkeypatch: pytest.MonkeyPatch, table: str, requirement: str) -> None:
    """AGR-31, AGR-34, SA-15, SA-16, SA-22, SA-24, SA-25 and all others."""
    attack = SCENARIOS[table, requirement]
    assert not attack(), "with the check the attack fails"
    without(monkeypatch, table, requirement)
    assert attack(), "without the check it succeeds"


def test_every_check_has_a_scenario() -> None:
    checks_there_are = {
        (table, check.requirement) for table, name in TABLES.items() for check in getattr(RULES, name)
    }
    assert set(SCENARIOS) == checks_there_are


def test_without_the_integrity_table_a_clear_register_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """INT-03, UNP-03: the row for REGISTER in the clear, and the one that believes the core all the same."""

    def attack() -> bool:
        bed, ue = Bed(), Ue()
        bed.ok(bed.sm1(ue), ue)
        return 'integrity-protected="yes"' in str(bed.actions)

    assert not attack()
    monkeypatch.setitem(pcscf_integrity.TABLE, (Bearer.CLEAR, Answer.EMPTY), ("yes", ""))
    monkeypatch.setitem(confirm.OUTCOMES, (Bearer.CLEAR, "yes"), (Outcome.REFUSE, ""))
    assert attack()


def test_without_its_row_a_temporary_set_would_carry_anything() -> None:
    """MGP-13: the row itself, not only the check that reads it."""
    assert not message_over_a_temporary_set()
    row = (access.Door.SERVER, access.Kind.REQUEST, Stage.TEMPORARY)
    assert row not in access.PROTECTED
    access.PROTECTED.add(row)
    try:
        assert message_over_a_temporary_set()
    finally:
        access.PROTECTED.remove(row)
