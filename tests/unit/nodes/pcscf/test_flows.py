"""Several registrations of one IMPI beside each other: flows (RFC 5626) and emergency (MGU-09, PCS-18)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, HOME, Ue
from tests.unit.nodes.pcscf.flow_bed import IN_USE, OTHER_PHONE, FlowBed, FlowUe, emergency, flow, fresh

from twopair.base import Impi, Refusal, Spi
from twopair.core.sa import RemoveSas, Stage
from twopair.nodes.facts import Deregistered
from twopair.wire.sip import Request


def integrity(request: Request) -> str:
    return (request.get("Authorization") or "").partition('integrity-protected="')[2].partition('"')[0]


def both(first: FlowUe, second: FlowUe) -> FlowBed:
    """Two registrations, one after the other."""
    bed = FlowBed()
    bed.register(first)
    bed.register(second)
    return bed


# -- what stands beside what -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (flow(1), flow(2)),
        (flow(2), flow(1)),
        (flow(1, "10.99.0.9"), flow(2, "10.99.0.9")),
        (flow(1), flow(1, "10.99.0.7", instance=OTHER_PHONE)),
        (flow(1), emergency()),
        (emergency(), flow(1)),
        (FlowUe(), emergency()),
        (emergency(), FlowUe()),
        (flow(1, instance=OTHER_PHONE), FlowUe()),
    ],
)
def test_both_live_and_both_are_served(first: FlowUe, second: FlowUe) -> None:
    """MGU-09, PCS-18: the second 200 takes no set of the first away, in whatever order they come."""
    first, second = fresh(first), fresh(second)
    bed = both(first, second)
    assert bed.stages(first) == bed.stages(second) == IN_USE
    assert not bed.deleted()
    assert bed.relayed(first)
    assert bed.relayed(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FlowUe(), FlowUe(address="10.99.0.2")),  # without reg-id
        (FlowUe(), FlowUe(address="10.99.0.2", instance=OTHER_PHONE)),
        (flow(1), flow(2, answered=False)),  # outbound asked, but not confirmed
        (flow(1), FlowUe(address="10.99.0.5")),
        (FlowUe(), flow(1)),
        (FlowUe(instance=""), flow(1)),
        (flow(1), flow(1, "10.99.0.8")),  # the same flow from another address
        (emergency(), emergency("10.98.0.2")),
    ],
)
def test_the_second_takes_the_place_of_the_first(first: FlowUe, second: FlowUe) -> None:
    """MGU-09, first sentence: nothing of the first is left, and nobody is told that it expired."""
    first, second = fresh(first, call_id="first"), fresh(second, call_id="second", number_of_spis=500)
    bed = both(first, second)
    assert len(bed.deleted()) == 1
    assert len(bed.installed) == 1
    assert not bed.relayed(first)
    assert bed.refusals == [Refusal.NO_SA_SET]
    assert bed.relayed(second)
    assert not bed.facts(Deregistered)


def test_before_the_200_nothing_is_decided() -> None:
    """Whether `outbound` holds is not known before the 200; the challenge of a second flow harms nobody."""
    bed, first, second = FlowBed(), flow(1), flow(2, answered=False)
    bed.register(first)
    bed.sm6(second, bed.sm1(second))
    assert bed.relayed(first)
    sm8 = bed.sm7(second)
    assert bed.relayed(first)
    bed.ok(sm8, second)
    assert not bed.relayed(first)


# -- each has its own -----------------------------------------------------------------------------


def test_path_and_terminating_requests_are_of_the_flow() -> None:
    """PCS-01, PCS-13: each flow has a token, and is reached over its own set; Path has ``ob``."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    paths = {}
    for ue in (first, second):
        sm2 = bed.sm1(ue)
        bed.sm6(ue, sm2)
        sm8 = bed.sm7(ue)
        assert sm2.get("Path") == sm8.get("Path")
        paths[ue.reg_id] = sm8.get("Path") or ""
        bed.ok(sm8, ue)
    assert paths[1] != paths[2]
    assert all(path.endswith(";lr;ob>") for path in paths.values())
    for ue in (first, second):
        bed.from_core(ue, Route=paths[ue.reg_id])
        down, _ = bed.to_ue()
        assert down.remote.address == ue.address


def test_path_says_nothing_of_outbound_where_nobody_asked() -> None:
    bed, ue = FlowBed(), FlowUe()
    assert (bed.sm1(ue).get("Path") or "").endswith(";lr>")
    alone = Ue(2)
    assert (
        bed.sm1(alone, Contact=f'<sip:{alone.address}:6101>;+sip.instance="<urn:x:1>";reg-id=1').get("Path")
        or ""
    ).endswith(";lr>")


def test_service_route_and_identities_are_of_the_flow() -> None:
    """24.229 §5.2.2.1: Service-Route belongs to contact and set."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    bed.register(first)
    bed.sm6(second, bed.sm1(second))
    sm8 = bed.sm7(second)
    other = f"<sip:other@{HOME};lr>"
    contact = (sm8.get("Contact") or "").partition(";expires")[0]
    bed.core(
        sm8,
        200,
        [
            ("Contact", f"{contact};expires=600"),
            ("Service-Route", other),
            ("Require", "outbound"),
            ("P-Associated-URI", "<sip:second@x>"),
        ],
    )
    bed.receive(second.uplink, second.request())
    sent = bed.to_core()
    assert (sent.get("Route"), sent.get("P-Asserted-Identity")) == (other, "<sip:second@x>")
    bed.receive(first.uplink, first.request())
    sent = bed.to_core()
    assert (sent.get("Route"), sent.get("P-Asserted-Identity")) == (
        f"<sip:orig@{HOME};lr>",
        f"<{first.impu}>",
    )
    bed.wait(601)
    bed.receive(second.uplink, second.request())
    assert bed.refusals == [Refusal.NOT_REGISTERED]
    assert bed.relayed(first)
    bed.wait(40)
    assert (bed.stages(first), bed.stages(second)) == (IN_USE, [])


def test_re_authentication_moves_only_the_sets_of_its_flow() -> None:
    """Rows 3, 5 of the event table, per flow; a set of another flow is latest where it was (INT-02)."""
    first, second = flow(1), flow(2)
    bed = both(first, second)
    for ue, other in ((first, second), (second, first)):
        before = bed.stages(other)
        sm2 = bed.sm1_over(ue)
        assert integrity(sm2) == "yes"
        bed.sm6(ue, sm2)
        bed.ok(bed.sm7(ue), ue)
        assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
        assert bed.stages(other) == before
        assert bed.relayed(ue)
        assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]
        assert bed.stages(other) == before
    assert len(bed.installed) == 4


def test_an_unchallenged_refresh_lengthens_only_its_own() -> None:
    """RRG-05, TMR-02."""
    first, second = flow(1), flow(2)
    bed = FlowBed()
    bed.register(first, expires=600)
    bed.register(second, expires=600)
    bed.wait(300)
    bed.ok(bed.sm1_over(second), second, 600)
    bed.wait(400)
    assert (bed.stages(first), bed.stages(second)) == ([], IN_USE)


def test_three_sets_a_flow() -> None:
    """MGP-04: a flow has old, established and temporary, and so has the other one."""
    first, second = flow(1), flow(2)
    bed = both(first, second)
    for ue in (first, second):
        for _ in range(2):
            bed.sm6(ue, bed.sm1_over(ue))
            bed.ok(bed.sm7(ue), ue)
            bed.relayed(ue)
        bed.sm6(ue, bed.sm1_over(ue))
        assert len(bed.stages(ue)) == 3
    assert len(bed.installed) == 6


def test_port_us_is_fixed_per_flow() -> None:
    """RRG-01: the other flow's server port is not its own."""
    first, second = flow(1), flow(2)
    second.renew(second.terms._replace(port_s=second.terms.port_s + 40))  # type: ignore[arg-type]
    bed = both(first, second)
    bed.sm6(second, bed.sm1_over(second))
    bed.ok(bed.sm7(second), second)
    assert bed.stages(second) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_client_ports_and_spis_differ_from_those_of_the_other_flow_at_the_address() -> None:
    """RRG-03, SA-15, SA-22."""
    first = flow(1, "10.99.0.9")
    bed = FlowBed()
    bed.register(first)
    second = flow(2, "10.99.0.9")
    second.renew(second.terms._replace(spi_c=first.terms.spi_c, port_c=first.terms.port_c))
    bed.receive(second.clear, second.register())
    assert bed.refusals == [Refusal.PORT_COLLISION]
    second.renew(second.terms._replace(port_c=second.terms.port_c + 70))  # type: ignore[arg-type]
    bed.receive(second.clear, second.register())
    assert bed.refusals == [Refusal.OFFER_INVALID]
    second.renew(second.terms._replace(spi_c=Spi(77_000)))
    bed.register(second)
    assert bed.stages(first) == bed.stages(second) == IN_USE
    assert len({live.sa_set.ports.pc for live in bed.pcscf.tables.sets}) == 2


# -- which one a REGISTER is about ------------------------------------------------------------------


def test_a_register_over_the_set_of_another_flow_begins_anew() -> None:
    """INT-02, MGU-02: the set of flow 1 vouches for flow 1 alone; flow 2 is challenged, and then initial."""
    bed, first, second = FlowBed(), flow(1), flow(2, "10.99.0.2")
    bed.register(first)
    second.server = first.server
    sm2 = bed.sm1(second, first.uplink, port=str(first.terms.port_s), response="dd" * 16)
    assert integrity(sm2) == "no"
    bed.sm6(second, sm2)
    bed.ok(bed.sm7(second), second)
    assert bed.stages(first) == bed.stages(second) == IN_USE


def test_a_core_that_accepts_another_flow_unchallenged_is_not_believed() -> None:
    """UNP-03, INT-03: nothing of flow 2 was authenticated."""
    bed, first, second = FlowBed(), flow(1), flow(2, "10.99.0.2")
    bed.register(first)
    second.server = first.server
    sm2 = bed.sm1(second, first.uplink, port=str(first.terms.port_s), response="dd" * 16)
    bed.ok(sm2, second)
    assert bed.refusals == [Refusal.NOT_AUTHENTICATED]
    assert (bed.stages(first), bed.stages(second)) == (IN_USE, [])


def test_a_re_registration_that_forgets_its_reg_id_is_of_the_flow_it_came_over() -> None:
    """Neither the flow nor its neighbour is replaced by it."""
    first, second = flow(1), flow(2)
    bed = both(first, second)
    first.reg_id = 0
    bed.sm6(first, bed.sm1_over(first))
    bed.ok(bed.sm7(first), first)
    first.reg_id = 1
    assert bed.stages(first) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    assert bed.stages(second) == IN_USE


def test_a_flow_gets_its_name_in_a_re_registration() -> None:
    """A UE that begins to use `outbound` over its set keeps what it has; row 5, not row 6."""
    bed, ue = FlowBed(), FlowUe(address="10.99.0.2")
    bed.register(ue)
    ue.reg_id = 1
    bed.sm6(ue, bed.sm1_over(ue))
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    second = flow(2)
    bed.register(second)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    assert bed.stages(second) == IN_USE


def test_an_answer_to_the_challenge_of_another_flow_is_no_proof() -> None:
    """INT-03: over the set of flow 1, with the nonce that flow 2 was asked."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    bed.register(first)
    bed.sm6(second, bed.sm1(second))
    first.nonce = second.nonce
    assert integrity(bed.sm1_over(first)) == "no"


# -- ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [flow(1), FlowUe(), emergency()])
def test_de_registration_ends_its_own(ends: FlowUe) -> None:
    """MGP-10: over the set; the other one stays."""
    ends, other = fresh(ends), flow(2) if not ends.sos and ends.reg_id else emergency("10.98.0.5")
    if ends.sos:
        other = FlowUe()
    bed = both(ends, other)
    bed.ok(bed.sm1_over(ends, expires="0"), ends, 0)
    bed.wait(200)
    assert (bed.stages(ends), bed.stages(other)) == ([], IN_USE)
    assert bed.relayed(other)


def test_a_star_ends_all_but_emergency() -> None:
    """RFC 3261 §10.2.2; PCS-18."""
    first, second, urgent = flow(1), flow(2), emergency()
    bed = both(first, second)
    bed.register(urgent)
    sm2 = bed.sm1_over(first, Contact="*", expires="0")
    bed.core(sm2, 200)
    bed.wait(200)
    assert (bed.stages(first), bed.stages(second), bed.stages(urgent)) == ([], [], IN_USE)


def test_a_failed_second_flow_leaves_the_first() -> None:
    """INT-06, ERR-30."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    bed.register(first)
    bed.sm6(second, bed.sm1(second))
    bed.core(bed.sm7(second), 403)
    bed.wait(300)
    assert (bed.stages(first), bed.stages(second)) == (IN_USE, [])
    assert bed.relayed(first)


def test_sets_of_one_flow_are_not_those_of_another_for_answers_and_dialogs() -> None:
    """SA-25, PCS-15: a dialog belongs to the flow it was made over."""
    first, second = flow(1), flow(2)
    bed = both(first, second)
    invite = first.request("INVITE")
    bed.receive(first.uplink, invite)
    sent = bed.to_core()
    route = (sent.get("Record-Route") or "").replace(str(CORE), "10.10.0.1:5062")
    bed.core(sent, 200)
    bed.receive(second.uplink, second.within(invite, "BYE", "core", Route=route))
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    bed.receive(first.uplink, first.within(invite, "BYE", "core", Route=route))
    assert bed.to_core().method == "BYE"


def test_the_table_of_registrations_forgets_what_is_gone() -> None:
    first, second = flow(1), flow(2)
    bed = FlowBed()
    bed.register(first, expires=600)
    bed.register(second, expires=700)
    subscribers = bed.pcscf.tables.subscribers
    assert len(subscribers) == 2
    bed.wait(640)
    assert len(subscribers) == 1
    bed.wait(100)
    assert (len(subscribers), subscribers.all_of(first.impi)) == (0, ())
    assert subscribers.of(Impi("nobody")) is None
    assert bed.installed == set()
    assert {a.set_id for a in bed.actions if isinstance(a, RemoveSas)} == set(bed.deleted())
    assert [fact.impi for fact in bed.facts(Deregistered)] == [first.impi] * 2
