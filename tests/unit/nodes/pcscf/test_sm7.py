"""What SM7 must satisfy: the identity, and both comparisons of AGR-31 (33.203 §7.2, §7.3.2.3; paper §3.2)."""

import re

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue

from twopair.base import Refusal, Transport
from twopair.core.sa import RemoveSas, Stage
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.wire.sip import Response

FIELDS = ["alg", "ealg", "spi-c", "spi-s", "port-c", "port-s", "prot", "mod"]


def challenged(transport: Transport = UDP) -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue(transport=transport)
    bed.sm6(ue, bed.sm1(ue))
    return bed, ue


def other(field: str, text: str) -> str:
    """A Security-* text in which one field of the last element says something else."""
    head, _, last = text.rpartition(",")
    changed = re.sub(
        rf"\b{field}=([^;,]+)", lambda m: f"{field}={'1' + m[1] if m[1][0].isdigit() else 'x'}", last
    )
    assert changed != last
    return f"{head},{changed}" if head else changed


def refused(bed: Bed, ue: Ue, refusal: Refusal, **changes: str) -> None:
    """ERR-10: 494 with the unmodified list over the set, nothing forwarded; then the set goes."""
    bed.receive(ue.uplink, ue.sm7(**changes))
    flow, response = bed.to_ue()
    assert isinstance(response, Response)
    assert response.status == 494
    assert response.get("Security-Server") == ue.server
    assert response.values("Require") == ["sec-agree"]
    assert flow == ue.flow(ue.terms.port_s, ue.pc)
    assert bed.refusals == [refusal]
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.wait(127)
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.wait(2)  # timer J of the server transaction, 128 s
    assert bed.stages(ue) == []
    assert bed.installed == set()
    assert not bed.facts(Registered)


@pytest.mark.parametrize("field", FIELDS)
def test_verify_mismatch(field: str) -> None:
    """VERIFY_MISMATCH. AGR-31, AGR-32, ERR-16: every algorithm, SPI and port of Security-Verify."""
    bed, ue = challenged()
    refused(bed, ue, Refusal.VERIFY_MISMATCH, Security_Verify=other(field, ue.server))


@pytest.mark.parametrize("field", FIELDS)
def test_client_mismatch(field: str) -> None:
    """CLIENT_MISMATCH. AGR-31, AGR-32, ERR-14: every algorithm, SPI and port of Security-Client."""
    bed, ue = challenged()
    refused(bed, ue, Refusal.CLIENT_MISMATCH, Security_Client=other(field, ue.client))


def test_bidding_down_is_seen() -> None:
    """VERIFY_MISMATCH. AGR-21: the best entry was taken out of SM6 on its way."""
    bed, ue = challenged()
    refused(bed, ue, Refusal.VERIFY_MISMATCH, Security_Verify=ue.server.partition(", ")[2])


def test_the_order_of_elements_counts() -> None:
    """AGR-05."""
    bed, ue = challenged()
    turned = ", ".join(reversed(ue.server.split(", ")))
    refused(bed, ue, Refusal.VERIFY_MISMATCH, Security_Verify=turned)


@pytest.mark.parametrize(
    ("missing", "refusal"),
    [
        ("Security_Verify", Refusal.VERIFY_MISSING),
        ("Security_Client", Refusal.SECURITY_CLIENT_MISSING),
    ],
)
def test_the_agreement_is_missing(missing: str, refusal: Refusal) -> None:
    """VERIFY_MISSING, SECURITY_CLIENT_MISSING. ERR-11."""
    bed, ue = challenged()
    refused(bed, ue, refusal, **{missing: ""})


def test_sm1_was_changed_on_its_way() -> None:
    """ERR-14: an attacker wrote another port_us into SM1; the UE's own offer in SM7 shows it."""
    bed, ue = Bed(), Ue()
    honest = ue.client
    tampered = honest.replace("port-s=6101", "port-s=6103")
    bed.sm6(ue, bed.sm1(ue, Security_Client=tampered))
    bed.receive(ue.uplink, ue.sm7(Security_Client=honest))
    assert bed.refusals == [Refusal.CLIENT_MISMATCH]


def test_form_does_not_matter() -> None:
    """AGR-05, Q-01, Q-02, Q-05: several lines, other white space, order of parameters and letter case."""
    bed, ue = challenged()
    lines = [
        "Security-Verify: " + " ; ".join([e.split(";")[0].upper(), *reversed(e.split(";")[1:])])
        for e in ue.server.split(", ")
    ]
    bed.receive(ue.uplink, ue.register(lines, port=str(ue.terms.port_s), response="c", Security_Verify=""))
    assert bed.to_core().method == "REGISTER"


def test_tcp_keeps_the_set_until_the_answer_is_through() -> None:
    """ERR-10 over TCP: 494 on SM7's connection; the set goes T4 later, so that the answer is not cut off."""
    bed, ue = challenged(TCP)
    from twopair.base import StreamOpened  # noqa: PLC0415

    bed.feed(StreamOpened(ue.uplink))
    bed.receive(ue.uplink, ue.sm7(Security_Verify=other("alg", ue.server)))
    assert bed.to_ue()[0] == ue.uplink
    bed.wait(16)
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.wait(2)
    assert bed.stages(ue) == []


def test_impi_mismatch() -> None:
    """IMPI_MISMATCH. AGR-34, ERR-19: 403, nothing forwarded; the set and the attempt stay."""
    bed, ue = challenged()
    own = ue.sm7().decode()
    bed.receive(ue.uplink, own.replace(f'username="{ue.impi}"', 'username="other@ims"').encode())
    assert bed.refusals == [Refusal.IMPI_MISMATCH]
    assert bed.sent[0][1].status == 403  # type: ignore[union-attr]
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_source_not_via() -> None:
    """SOURCE_NOT_VIA. SA-24, ERR-22: the address in Via is not the packet's; a name is none at all."""
    bed, ue = challenged()
    for number, host in enumerate(("10.66.66.66", "ue.example")):
        via = f"SIP/2.0/UDP {host}:6101;branch=z9hG4bKv{number}"
        bed.receive(ue.uplink, ue.sm7(Via=via))
        assert bed.refusals == [Refusal.SOURCE_NOT_VIA]
        assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)
    assert bed.stages(ue) == [Stage.TEMPORARY]


def test_not_first_hop() -> None:
    """NOT_FIRST_HOP. AGR-37."""
    bed, ue = challenged()
    more = ["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]
    bed.receive(ue.uplink, ue.register(more, port="6101", response="c"))
    assert bed.refusals == [Refusal.NOT_FIRST_HOP]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "yes"),
        ({"response": ""}, "no"),
        ({"auth": ',auts="QQ=="'}, "no"),
        ({"Authorization": 'Digest username="{impi}",nonce="b3RoZXI=",response="cc"'}, "no"),
    ],
)
def test_integrity_of_what_comes_over_the_temporary_set(changes: dict[str, str], expected: str) -> None:
    """INT-03."""
    bed, ue = challenged()
    changes = {name: value.replace("{impi}", ue.impi) for name, value in changes.items()}
    sm8 = bed.sm7(ue, **changes)
    assert f'integrity-protected="{expected}"' in (sm8.get("Authorization") or "")


def test_not_authenticated() -> None:
    """NOT_AUTHENTICATED. INT-03: a core that accepts what was marked ``no`` is not believed."""
    bed, ue = challenged()
    bed.ok(bed.sm7(ue, response=""), ue)
    assert bed.refusals == [Refusal.NOT_AUTHENTICATED]
    assert bed.to_ue()[1].status == 500  # type: ignore[union-attr]
    bed.wait(129)
    assert bed.stages(ue) == []


def test_unprotected_200_is_not_believed() -> None:
    """NOT_AUTHENTICATED. UNP-03: an initial registration without a challenge gives no registration."""
    bed, ue = Bed(), Ue()
    bed.ok(bed.sm1(ue), ue)
    assert bed.refusals == [Refusal.NOT_AUTHENTICATED]
    assert not bed.facts(Registered)


def test_after_tampering_the_attempt_is_over() -> None:
    """SET_NOT_USABLE: a second, correct SM7 over the set that is to go registers nobody."""
    bed, ue = challenged()
    bed.receive(ue.uplink, ue.sm7(Security_Client="ipsec-3gpp;alg=null"))
    bed.receive(ue.uplink, ue.sm7())
    assert bed.refusals == [Refusal.SET_NOT_USABLE]
    assert bed.to_ue()[1].status == 403  # type: ignore[union-attr]


def test_tampering_in_a_reregistration_leaves_the_registration() -> None:
    """ERR-26, ERR-30: the established set stays and carries traffic."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    before = ue.terms, ue.server
    bed.sm6(ue, bed.sm1_over(ue))
    bed.receive(ue.uplink, ue.sm7(Security_Verify=before[1]))
    assert bed.refusals == [Refusal.VERIFY_MISMATCH]
    bed.wait(129)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len([a for a in bed.actions if isinstance(a, RemoveSas)]) == 1
    ue.terms, ue.server = before
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"


def test_retransmitted_tampered_sm7_gets_the_same_answer() -> None:
    bed, ue = challenged()
    sm7 = ue.sm7(Security_Client="")
    bed.receive(ue.uplink, sm7)
    first = bed.fresh[-1]
    bed.receive(ue.uplink, sm7)
    assert bed.fresh[-1] == first
    assert [fact.refusal for fact in bed.facts(RegistrationFailed)] == [Refusal.SECURITY_CLIENT_MISSING]
