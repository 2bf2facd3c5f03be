"""Attempts of several registrations beside each other, and how many there may be (MGP-05, MGU-09)."""

from tests.unit.nodes.pcscf.flow_bed import IN_USE, FlowBed, emergency, flow

from twopair.base import Refusal
from twopair.core.registration.flows import Kind
from twopair.nodes.pcscf import Limits
from twopair.wire.sip import Request


def test_the_challenge_of_a_second_flow_leaves_the_attempt_of_the_first() -> None:
    """MGP-05 per flow: both attempts come to their end."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    bed.sm6(first, bed.sm1(first))
    bed.sm6(second, bed.sm1(second))
    bed.ok(bed.sm7(first), first)
    bed.ok(bed.sm7(second), second)
    assert bed.stages(first) == bed.stages(second) == IN_USE


def test_a_new_challenge_of_a_flow_ends_its_own_attempt() -> None:
    """MGP-05."""
    bed, first, again = FlowBed(), flow(1), flow(1, "10.99.0.44")
    bed.sm6(first, bed.sm1(first))
    bed.sm6(again, bed.sm1(again))
    assert len(bed.installed) == 1


def test_a_late_challenge_takes_nothing_from_a_registration_that_has_another_name_by_now() -> None:
    """ERR-30, PCS-13, MGU-09; seed 52229 of the simulator.

    SM1 came twice, and the first is confirmed as the only registration of its UE. The second begins one of
    its own, which must not have the token of the Path in use: requests to the UE would follow it, and end
    with it.
    """
    bed, first, again = FlowBed(), flow(1, answered=False), flow(1, "10.99.0.44", answered=False)
    bed.sm6(first, bed.sm1(first))
    late = bed.sm1(again)
    bed.ok(bed.sm7(first), first)
    [standing] = bed.pcscf.tables.subscribers.all_of(first.impi)
    assert standing.flow.kind is Kind.ALONE

    def reached() -> list[str]:
        bed.from_core(first, Route=standing.path)
        return [to.remote.address for to, m in bed.sent if isinstance(m, Request)]

    assert reached() == [first.address]
    bed.sm6(again, late)
    assert len(bed.installed) == 2
    assert reached() == [first.address]
    bed.wait(245)  # reg-await-auth
    assert len(bed.installed) == 1
    assert reached() == [first.address]
    assert bed.relayed(first)


def test_a_flood_of_names_is_bounded_and_evicts_attempts_only() -> None:
    """UNP-05, MGP-05: sets stand, attempts give way, oldest first; the UE itself still gets in."""
    bed, first = FlowBed(limits=Limits(flows_per_impi=3)), flow(1)
    bed.register(first)
    for reg_id in range(10, 30):
        forged = flow(reg_id)
        bed.sm6(forged, bed.sm1(forged))
        assert len(bed.installed) <= 3
    assert bed.relayed(first)
    second = flow(2)
    bed.register(second)
    assert bed.stages(second) == IN_USE
    urgent = emergency()
    bed.register(urgent)
    assert bed.stages(first) == bed.stages(second) == bed.stages(urgent) == IN_USE
    bed.wait(250)
    assert len(bed.installed) == 3


def test_more_flows_than_are_kept_are_refused() -> None:
    """Refusal TOO_MANY_FLOWS at SM1, and at the challenge where the last place went meanwhile."""
    bed = FlowBed(limits=Limits(flows_per_impi=2))
    first, second, third = flow(1), flow(2), flow(3)
    bed.register(first)
    late = bed.sm1(third)
    bed.register(second)
    bed.challenge(late)
    assert bed.refusals == [Refusal.TOO_MANY_FLOWS]
    bed.receive(third.clear, third.register())
    assert bed.refusals == [Refusal.TOO_MANY_FLOWS]
    bed.register(emergency())
    assert bed.refusals == []
    assert bed.stages(first) == bed.stages(second) == IN_USE


def test_the_same_ports_under_another_name_end_the_attempt_that_had_them() -> None:
    """A UE that was not answered tries again without reg-id, with the ports it had."""
    bed, first = FlowBed(), flow(1)
    bed.sm6(first, bed.sm1(first))
    first.reg_id, first.nonce, first.server = 0, "", ""
    bed.register(first)
    assert len(bed.installed) == 1
    assert bed.stages(first) == IN_USE


def test_auts_in_the_clear_ends_the_attempt_of_its_flow_only() -> None:
    """ERR-03, ERR-04."""
    bed, first, second = FlowBed(), flow(1), flow(2)
    bed.sm6(first, bed.sm1(first))
    bed.sm6(second, bed.sm1(second))
    sm2 = bed.sm1(first, auth=',auts="AAAAAAAAAAAAAAAAAAA="')
    bed.core(sm2, 403)
    bed.ok(bed.sm7(second), second)
    bed.receive(first.uplink, first.sm7())
    assert bed.refusals == [Refusal.NO_SA_SET]
    assert bed.stages(second) == IN_USE
