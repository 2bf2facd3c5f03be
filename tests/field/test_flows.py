"""Case K14a: a second registration of one IMPI, over another access (RFC 5626; MGU-09)."""

import pytest
from tests.field.bed import FieldBed
from tests.unit.nodes.pcscf.bed import HOME, SERVICE_ROUTE, Ue

from twopair.base import Port, Refusal, Spi
from twopair.core.registration.flows import Kind
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import Registered, SetStage


class Phones(FieldBed):
    """The phone of the case at its two addresses, and a core that confirms `outbound`, or does not."""

    def __init__(self) -> None:
        super().__init__(registered=False)
        self.second = Ue(address="10.99.0.2", call_id="second")
        self.second.renew(Terms(Spi(80_000), Spi(80_001), Port(6400), Port(6401)))

    def case(self, number: int, required: str) -> None:
        """One registration, octet for octet."""
        ue = self.second if number == 2 else self.ue
        self.phone(f"K14a-{number}-sm1", ue.clear, ue)
        self.sm6(ue, self.to_core())
        self.phone(f"K14a-{number}-sm7", ue.uplink, ue)
        sm8 = self.to_core()
        contact = sm8.get("Contact") or ""
        headers = [
            ("Contact", contact),
            ("Service-Route", SERVICE_ROUTE),
            ("P-Associated-URI", f"<{ue.impu}>"),
        ]
        self.core(sm8, 200, headers + ([("Require", required)] if required else []))

    def deleted(self) -> list[SetStage]:
        return [fact for fact in self.facts(SetStage) if fact.stage is Stage.DELETED]


def test_both_sets_live_and_the_first_still_carries_a_message() -> None:
    """K14a; MGU-09, second sentence."""
    bed = Phones()
    bed.case(1, "outbound")
    bed.case(2, "outbound")
    assert (len(bed.installed), bed.deleted()) == (2, [])
    bed.phone("K14a-old")
    assert bed.to_core().method == "MESSAGE"
    assert bed.values("Route") == [f"<sip:orig@{HOME};lr>"]


def test_what_is_reported_names_the_flow() -> None:
    """MGU-09: who reads facts can tell two registrations of one IMPI apart."""
    bed = Phones()
    bed.case(1, "outbound")
    bed.case(2, "outbound")
    assert [str(fact.flow) for fact in bed.facts(Registered)] == ["reg-id 1", "reg-id 2"]
    in_use = [fact for fact in bed.facts(SetStage) if fact.stage is not Stage.TEMPORARY]
    assert {fact.flow.reg_id for fact in in_use} == {1, 2}


def test_one_that_replaces_is_reported_without_a_name() -> None:
    """RFC 5626 §6: without `outbound` in the 200 there is no flow."""
    bed = Phones()
    bed.case(1, "")
    (fact,) = bed.facts(Registered)
    assert fact.flow.kind is Kind.ALONE


def test_the_200_carries_outbound_to_the_phone() -> None:
    bed = Phones()
    bed.case(1, "outbound")
    _, sm12 = bed.to_ue()
    assert sm12.get("Require") == "outbound"


@pytest.mark.parametrize("required", ["", "path"])
def test_a_200_without_outbound_replaces(required: str) -> None:
    """MGU-09, first sentence: the registrar knows one contact, and so does the P-CSCF."""
    bed = Phones()
    bed.case(1, "outbound")
    bed.case(2, required)
    assert (len(bed.installed), len(bed.deleted())) == (1, 1)
    bed.phone("K14a-old")
    assert bed.refusals == [Refusal.NO_SA_SET]
