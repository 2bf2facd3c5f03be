"""What SM1 must satisfy, and what refuses it (AGR-30, AGR-37, AGR-42, SA-15, SA-16, SA-22, ERR-08)."""

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue

from twopair.base import Endpoint, Flow, Port, Refusal, Refused, Spi, Suite
from twopair.core.sa import InstallSas, Stage
from twopair.core.secagree import Offer, ServerList, Terms
from twopair.nodes.facts import RegistrationFailed
from twopair.nodes.pcscf import Limits
from twopair.wire.sip import Response


def refused(bed: Bed, ue: Ue, **changes: str) -> Response:
    """SM1 in, an error of our own out, nothing to the core, nothing kept."""
    bed.receive(ue.clear, ue.register(**changes))
    flow, response = bed.to_ue()
    assert flow == ue.clear
    assert isinstance(response, Response)
    return response


def test_security_client_missing() -> None:
    """AGR-30: 494 with the static list."""
    bed = Bed()
    response = refused(bed, Ue(), Security_Client="")
    assert response.status == 494
    listed = ServerList.parse(response.get_all("Security-Server"))
    assert [entry.suite for entry in listed.entries] == list(bed.pcscf.tables.config.policy.priority)
    assert bed.refusals == [Refusal.SECURITY_CLIENT_MISSING]
    assert len(bed.pcscf.tables.subscribers) == 0


@pytest.mark.parametrize(
    ("offer", "refusal"),
    [
        ("ipsec-3gpp;alg=;;", Refusal.MALFORMED_SECURITY),
        ("ipsec-3gpp;alg=null;alg=null", Refusal.MALFORMED_SECURITY),  # AGR-38
        ("tls;q=0.1", Refusal.NO_COMMON_ALGORITHM),
        (
            "ipsec-3gpp;alg=hmac-md5-96;spi-c=1000;spi-s=1001;port-c=6100;port-s=6101",
            Refusal.NO_COMMON_ALGORITHM,
        ),
        (
            "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1000;port-c=6100;port-s=6101",
            Refusal.OFFER_INVALID,
        ),
        (
            "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1001;port-c=5060;port-s=6101",
            Refusal.OFFER_INVALID,
        ),
    ],
)
def test_unusable_offers(offer: str, refusal: Refusal) -> None:
    """ERR-08, AGR-42, Q-09: refused before the core is asked, nothing stored."""
    bed = Bed()
    response = refused(bed, Ue(), Security_Client=offer)
    assert response.status == refusal.status
    assert (response.get("Security-Server") is not None) == (refusal.status == 494)
    assert bed.refusals == [refusal]


def refused_detail(bed: Bed) -> str:
    [fact] = bed.facts(Refused)
    assert isinstance(fact, Refused)
    return fact.detail


def test_what_differs_is_logged() -> None:
    """NO_COMMON_ALGORITHM, ERR-08: what was offered, as it was written, and what the operator allows."""
    bed = Bed()
    refused(
        bed,
        Ue(),
        Security_Client="tls, ipsec-3gpp;alg=hmac-md5-96;spi-c=1000;spi-s=1001;port-c=6100;port-s=6101",
    )
    ours = ", ".join(map(str, bed.pcscf.tables.config.policy.priority))
    assert refused_detail(bed) == f"offered tls, hmac-md5-96/null; we take {ours}"


def test_confidentiality_required() -> None:
    """AGR-23: the UE offers integrity only."""
    bed, ue = Bed(confidentiality="required"), Ue()
    plain = Offer.make(ue.terms, [Suite("hmac-sha-1-96", "null")]).lines[0]
    assert refused(bed, ue, Security_Client=plain).status == 403
    assert bed.refusals == [Refusal.CONFIDENTIALITY_REQUIRED]
    assert refused_detail(bed).startswith("offered hmac-sha-1-96/null; we take ")


def test_our_order_decides() -> None:
    """AGR-22: the first of our own list that is in the UE's, wherever it stands there."""
    bed, ue = Bed(), Ue()
    ue.client = Offer.make(
        ue.terms, [Suite("hmac-sha-1-96", "null"), Suite("hmac-sha-1-96", "aes-cbc")]
    ).lines[0]
    bed.challenge(bed.sm1(ue))
    [sa_set] = [a.sa_set for a in bed.fresh if isinstance(a, InstallSas)]
    assert sa_set.suite == Suite("hmac-sha-1-96", "aes-cbc")


@pytest.mark.parametrize(
    "changes",
    [
        {"Authorization": ""},
        {"Authorization": "Digest realm=x"},
        {"To": "nonsense"},
        {"Max_Forwards": "many"},
    ],
)
def test_bad_request(changes: dict[str, str]) -> None:
    """RFC 3261 §8.2: what cannot be read is answered 400."""
    bed = Bed()
    assert refused(bed, Ue(), **changes).status == 400
    assert bed.refusals == [Refusal.BAD_REQUEST]


def test_not_first_hop() -> None:
    """AGR-37."""
    bed, ue = Bed(), Ue()
    bed.receive(ue.clear, ue.register(["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]))
    assert bed.refusals == [Refusal.NOT_FIRST_HOP]
    assert bed.sent[0][1].status == 502  # type: ignore[union-attr]


def test_too_many_hops() -> None:
    """PCS-22."""
    bed = Bed()
    assert refused(bed, Ue(), Max_Forwards="0").status == 483
    assert bed.refusals == [Refusal.TOO_MANY_HOPS]


def behind_the_same_address(ue: Ue, **terms: int) -> Ue:
    """Another subscriber behind the UE's address, with other SPIs and ports unless said otherwise."""
    other = Ue(2, address=ue.address)
    wanted = {"spi_c": 70_000, "spi_s": 70_001, "port_c": 6200, "port_s": 6201, **terms}
    other.renew(
        Terms(Spi(wanted["spi_c"]), Spi(wanted["spi_s"]), Port(wanted["port_c"]), Port(wanted["port_s"]))
    )
    return other


def test_port_collision() -> None:
    """SA-22, ERR-09: (address, port_uc) is in the SA table; the first UE's set is untouched."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    assert refused(bed, behind_the_same_address(ue, port_c=ue.terms.port_c)).status == 403
    assert bed.refusals == [Refusal.PORT_COLLISION]
    assert bed.stages(ue) == [Stage.IN_USE]


def test_port_collision_with_its_own_established_set() -> None:
    """SA-22: a UE that lost its state must come with another port; its set keeps carrying traffic."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    ue.server = ""
    assert refused(bed, ue).status == 403
    assert bed.refusals == [Refusal.PORT_COLLISION]


def test_no_collision_with_another_address() -> None:
    bed = Bed()
    bed.register(Ue(1))
    bed.sm1(Ue(2))


def test_spi_in_use_at_the_same_address() -> None:
    """SA-15, SA-18: an SPI of the UE's choice that another of its sets has."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    assert refused(bed, behind_the_same_address(ue, spi_c=ue.terms.spi_s)).status == 494
    assert bed.refusals == [Refusal.OFFER_INVALID]


def test_two_ues_at_two_addresses_may_choose_the_same_spis() -> None:
    """SA-18."""
    bed, one, two = Bed(), Ue(1), Ue(2)
    two.renew(one.terms)
    bed.register(one)
    bed.register(two)
    assert bed.stages(one) == bed.stages(two) == [Stage.IN_USE]


def test_three_sets_at_most() -> None:
    """MGP-04: shown with a lower limit, since three can only be reached while old ones drain."""
    bed, ue = Bed(limits=Limits(sets_per_impi=1)), Ue()
    bed.register(ue)
    ue.server = ""
    ue.renew(Terms(Spi(90_000), Spi(90_001), Port(6300), Port(6301)))
    assert refused(bed, ue).status == 403
    assert bed.refusals == [Refusal.TOO_MANY_SETS]


def test_sets_of_one_address_are_bounded() -> None:
    """MGP-04: policy look-up is linear in the sets of one address."""
    bed, ue = Bed(limits=Limits(sets_per_address=1)), Ue()
    bed.register(ue)
    assert refused(bed, behind_the_same_address(ue)).status == 403
    assert bed.refusals == [Refusal.TOO_MANY_SETS]


def test_selectors_of_live_sets_differ() -> None:
    """RRG-03: the same port_us behind one address gets another port_pc, as long as there is one."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    taken = {ue.pc}
    for number in range(2, 4):
        other = Ue(number, address=ue.address)
        other.renew(Terms(Spi(80_000 + number), Spi(90_000 + number), Port(6200 + number), ue.terms.port_s))
        bed.sm6(other, bed.sm1(other))
        taken.add(other.pc)
    assert taken == {5064, 5066, 5068}
    last = Ue(9, address=ue.address)
    last.renew(Terms(Spi(81_000), Spi(91_000), Port(6299), ue.terms.port_s))
    bed.challenge(bed.sm1(last))
    assert bed.refusals == [Refusal.PORT_COLLISION]


def test_spis_of_our_own_differ_from_all_others() -> None:
    """SA-16, SA-17: draws that equal an SPI in use, or one that was offered, are drawn again."""
    bed, ue, other = Bed(), Ue(1), Ue(2)
    bed.register(ue)
    [first] = [a.sa_set for a in bed.actions if isinstance(a, InstallSas)]
    sm2 = bed.sm1(other)
    offered, used = other.terms, first.spis
    bed.dice.forced = [
        spi - 256 for spi in (used.pc, used.uc, offered.spi_c, offered.spi_s, 50_000, 50_000, used.ps, 50_001)
    ]
    bed.sm6(other, sm2)
    [*_, second] = [a.sa_set for a in bed.actions if isinstance(a, InstallSas)]
    assert (second.spis.pc, second.spis.ps) == (50_000, 50_001)


def test_a_new_challenge_removes_the_unfinished_procedure() -> None:
    """MGP-05, row 1: the temporary set of the first attempt goes before the second is installed."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    ue.server = ""
    bed.sm6(ue, bed.sm1(ue))  # the same ports again: its own temporary set is no collision
    assert bed.stages(ue) == [Stage.TEMPORARY]
    assert len(bed.installed) == 1
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_unprotected_register_changes_nothing_before_its_200() -> None:
    """MGP-08, UNP-05, INT-06: forged SM1s of a victim, even challenged ones, leave its set alone."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    forger = Ue(1, address="10.10.9.9", call_id="forged")
    bed.sm6(forger, bed.sm1(forger))
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"
    bed.wait(241)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_overload() -> None:
    """Bounded state: 503 with Retry-After, nothing forwarded."""
    bed = Bed(limits=Limits(pending_registers=1))
    bed.sm1(Ue(1))
    response = refused(bed, Ue(2))
    assert response.status == 503
    assert response.get("Retry-After")
    assert bed.refusals == [Refusal.OVERLOADED]


def test_faster_than_the_challenge() -> None:
    """SA-22: two SM1s with the same address and port_uc; the second challenge finds the port taken."""
    bed, ue = Bed(), Ue()
    other = behind_the_same_address(ue, port_c=ue.terms.port_c)
    first, second = bed.sm1(ue), bed.sm1(other)
    bed.sm6(ue, first)
    bed.challenge(second)
    assert bed.refusals == [Refusal.PORT_COLLISION]
    assert bed.stages(ue) == [Stage.TEMPORARY]
    assert bed.stages(other) == []


def test_failures_are_reported() -> None:
    bed = Bed()
    refused(bed, Ue(), Security_Client="")
    [fact] = bed.facts(RegistrationFailed)
    assert (fact.status, fact.refusal) == (494, Refusal.SECURITY_CLIENT_MISSING)


def test_a_foreign_port_is_not_ours() -> None:
    """SA-25: protected ports without a set."""
    bed, ue = Bed(), Ue()
    bed.receive(Flow(ue.transport, Endpoint("10.10.0.1", Port(5064)), ue.clear.remote), ue.register())
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.NO_SA_SET]
