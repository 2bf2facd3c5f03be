"""Several registrations of one UE: two flows, an emergency one, each with its own sets (MGU-09, PCS-18)."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.story.network import Network, facts

from twopair.base import Transport
from twopair.core.registration.flows import Kind, RegFlow
from twopair.core.sa import Stage
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import (
    CallChanged,
    CallStage,
    Deregistered,
    MessageAnswered,
    MessageReceived,
    Registered,
    RegistrationFailed,
    SetStage,
)
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import UeConfig
from twopair.nodes.ue.device import NO_OUTBOUND, TAKEN_PLACE
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, SendMessage
from twopair.sim import Host

INSTANCE = "urn:gsma:imei:35209900-176148-0"


def flows(plan: LabPlan, *, sos: bool = False, apart: bool = True, many: int = 2) -> LabPlan:
    """The first UE with two flows, from two addresses or from one, and perhaps one for emergency."""
    first, *others = plan.ues
    config = replace(first.config, instance=INSTANCE, reg_id=1)
    address = plan.network.ue.format(101) if apart else config.address
    more: tuple[UeConfig, ...] = (replace(config, reg_id=2, address=address),) if many > 1 else ()
    if sos:
        more += (replace(config, reg_id=0, sos=True),)
    return replace(plan, ues=(replace(first, config=config, more=more), *others))


def with_all(change: Callable[[LabPlan], LabPlan], **settings: object) -> Callable[[LabPlan], LabPlan]:
    """The same, with other settings of every UE."""

    def changed(plan: LabPlan) -> LabPlan:
        ues = (replace(ue, config=replace(ue.config, **settings)) for ue in plan.ues)  # type: ignore[arg-type]
        return change(replace(plan, ues=tuple(ues)))

    return changed


def names(host: Host, kind: type[Registered | Deregistered | RegistrationFailed]) -> list[str]:
    return [str(fact.flow) for fact in facts(host, kind)]


def registered(change: Callable[[LabPlan], LabPlan] = flows, transport: Transport = Transport.UDP) -> Network:
    net = Network(transport, change=change)
    net.wish(net.ue(2), Register())
    net.wish(net.ue(1), Register())
    return net


EVERY = pytest.mark.parametrize("transport", Transport)
APART = pytest.mark.parametrize("apart", [True, False], ids=["two addresses", "one address"])


@EVERY
@APART
def test_two_flows_have_sets_of_their_own(transport: Transport, *, apart: bool) -> None:
    """MGU-09; ADR 12: both ends have both sets, and say which is which."""
    net = registered(partial(flows, apart=apart), transport)
    assert names(net.ue(1), Registered) == ["reg-id 1", "reg-id 2"]
    assert names(net.pcscf, Registered)[-2:] == ["reg-id 1", "reg-id 2"]
    assert len(net.ue(1).sets) == 2
    assert len(net.pcscf.sets) == 3
    ports = [port for sa_set in net.ue(1).sets.values() for port in (sa_set.ports.uc, sa_set.ports.us)]
    assert len(set(ports)) == 4
    assert not facts(net.ue(1), Deregistered)


def test_each_is_refreshed_over_its_own_set() -> None:
    """MGU-09, RRG-01: a second wish renews both, and neither takes the other's place."""
    net = registered()
    servers = {sa_set.ports.us for sa_set in net.ue(1).sets.values()}
    net.wish(net.ue(1), Register())
    net.wait(200)
    assert names(net.ue(1), Registered) == ["reg-id 1", "reg-id 2"] * 2
    assert {sa_set.ports.us for sa_set in net.ue(1).sets.values()} == servers
    in_use = [fact.flow.reg_id for fact in facts(net.ue(1), SetStage) if fact.stage is Stage.IN_USE]
    assert in_use == [1, 2, 1, 2]


@EVERY
@pytest.mark.parametrize("after_s", [0.002, 0.01, 0.014, 0.02, 0.03])
def test_a_second_wish_does_not_have_two_attempts_at_a_time(transport: Transport, after_s: float) -> None:
    """RFC 5626 §4.2.1: one after the other, however often it is wished for; seed 356 of the simulator."""
    net = Network(transport, change=flows)
    net.wish(net.ue(1), Register(), after_s)
    net.wish(net.ue(1), Register())
    asked = [seen.message.get("Contact") or "" for seen in net.gm() if seen.what == "REGISTER"]
    turns = [re.findall(r"reg-id=(\d)", contact) for contact in asked]
    assert turns[0::2] == turns[1::2]  # SM1 and SM7 of one, then those of the other
    assert {str(fact.flow) for fact in facts(net.ue(1), Registered)} == {"reg-id 1", "reg-id 2"}
    assert not facts(net.ue(1), RegistrationFailed)


def only_the_second_stands(*, outbound: bool) -> Network:
    """A UE whose first access was silent, so that its first flow is to be tried again; now it is not."""
    net = Network(
        Transport.UDP,
        retries=True,
        change=lambda plan: flows(replace(plan, home=replace(plan.home, outbound=outbound))),
    )
    carry, address = net.world.carrier, net.plan.ues[0].config.address
    net.world.carrier = lambda packet: [] if packet.flow.local.address == address else carry(packet)
    net.wish(net.ue(1), Register(), 140)
    net.world.carrier = carry
    assert names(net.ue(1), Registered) == ["reg-id 2" if outbound else ""]
    return net


@pytest.mark.parametrize("outbound", [True, False])
def test_who_leaves_is_not_registered_again_by_another_flow(*, outbound: bool) -> None:
    """MGU-12 against UEP-13; seed 3863 of the simulator: a wish to leave ends every other."""
    net = only_the_second_stands(outbound=outbound)
    net.wish(net.ue(1), Deregister())
    net.wait(3_000)
    assert len(facts(net.ue(1), Registered)) == 1
    assert not net.ue(1).sets


@pytest.mark.parametrize(("outbound", "there_are"), [(True, 2), (False, 1)])
def test_only_where_there_are_flows_a_failed_one_is_tried_again(*, outbound: bool, there_are: int) -> None:
    """RFC 5626 §4.2.1, §4.5: else the first would take the place of the second that works."""
    net = only_the_second_stands(outbound=outbound)
    net.wait(3_000)
    assert len(facts(net.ue(1), Registered)) == there_are
    assert len(net.ue(1).sets) == there_are
    told = [(str(fact.flow), fact.reason) for fact in facts(net.ue(1), RegistrationFailed)]
    assert told[1:] == ([] if outbound else [("reg-id 1", NO_OUTBOUND)])


@EVERY
def test_emergency_stands_beside_the_usual_registration(transport: Transport) -> None:
    """PCS-18: an emergency registration has a set of its own; requests go over the usual one."""
    net = registered(partial(flows, sos=True, many=1), transport)
    assert names(net.ue(1), Registered) == ["reg-id 1", "sos"]
    assert len(net.ue(1).sets) == 2
    net.wish(net.ue(1), SendMessage(net.impu(2), b"hello"))
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [200]
    (sm1, *_), emergency = net.ue(1).sets.values(), facts(net.ue(1), Registered)[-1]
    assert emergency.flow.kind is Kind.EMERGENCY
    sent = [seen for seen in net.gm() if seen.what == "MESSAGE" and seen.sa == "SA1-up"]
    assert [seen.raw.flow.local.port for seen in sent] == [sm1.ports.uc]


def test_a_registrar_that_knows_no_flows_has_one_registration() -> None:
    """MGU-09, RFC 5626 §4.2.1: without outbound in the 200 the second one is not even tried."""
    net = registered(lambda plan: flows(replace(plan, home=replace(plan.home, outbound=False))))
    assert names(net.ue(1), Registered) == [""]
    assert [fact.reason for fact in facts(net.ue(1), RegistrationFailed)] == [NO_OUTBOUND]
    assert len(net.ue(1).sets) == 1
    net.wish(net.ue(1), Deregister())
    assert not net.ue(1).sets


def test_leaving_ends_the_flows_and_lets_emergency_expire() -> None:
    """MGU-12; 24.229 §5.1.6: no REGISTER ends an emergency registration."""
    net = registered(partial(flows, sos=True))
    sent = len(net.gm())
    net.wish(net.ue(1), Deregister())
    net.wait(200)
    assert sorted(names(net.ue(1), Deregistered)) == ["reg-id 1", "reg-id 2", "sos"]
    assert sorted(names(net.pcscf, Deregistered)) == ["reg-id 1", "reg-id 2"]
    assert not net.ue(1).sets
    asked = [seen.message.get("Contact") or "" for seen in net.gm()[sent:] if seen.what == "REGISTER"]
    assert len(asked) == 2
    assert not any("sos" in contact for contact in asked)


def test_an_emergency_registration_is_not_refreshed() -> None:
    """24.229 §5.1.6: it ends at its time, at both ends."""
    net = registered(with_all(partial(flows, sos=True, many=1), expires_s=700))
    net.wait(900)
    assert names(net.ue(1), Deregistered) == ["sos"]
    assert names(net.ue(1), Registered).count("reg-id 1") > 1
    assert names(net.pcscf, Deregistered) == ["sos"]
    gone = [fact.flow.kind for fact in facts(net.pcscf, SetStage) if fact.stage is Stage.DELETED]
    assert Kind.EMERGENCY in gone


def test_one_user_has_one_call() -> None:
    """RFC 3261 §21.4.24: busy is the user, not the flow; the call is ended over the flow that has it."""
    net = registered()
    net.wish(net.ue(1), Call(net.impu(2)))
    net.wish(net.ue(2), Answer())
    stages = [fact.stage for fact in facts(net.ue(1), CallChanged)]
    assert stages[-1] is CallStage.UP
    net.wish(net.ue(1), Call(net.impu(2)))
    assert facts(net.ue(1), CallChanged)[-1].status == 486
    net.wish(net.ue(1), HangUp())
    assert facts(net.ue(2), CallChanged)[-1].stage is CallStage.ENDED


@EVERY
def test_both_come_back_after_the_pcscf_has_forgotten_them(transport: Transport) -> None:
    """UNP-07, MGU-10: each flow notices by itself, and registers anew beside the other."""
    net = Network(transport, retries=True, change=with_all(flows, keep_alive="auto", keep_alive_s=30))
    net.wish(net.ue(1), Register())
    net.pcscf.restart(Pcscf(net.plan.pcscf, net.world.entropy("again")))
    net.wait(300)
    assert sorted(names(net.ue(1), Registered)) == ["reg-id 1"] * 2 + ["reg-id 2"] * 2
    assert len(net.ue(1).sets) == 2


def test_a_message_reaches_the_ue_with_two_flows_once() -> None:
    """RFC 5626 §6: one flow of an instance at a time."""
    net = registered()
    net.wish(net.ue(2), SendMessage(net.impu(1), b"hello"))
    assert [fact.body for fact in facts(net.ue(1), MessageReceived)] == [b"hello"]


def test_one_that_takes_the_place_of_another_is_told_last() -> None:
    """MGU-09: both have one name without outbound; who goes by names must find that the UE is registered."""
    net = Network(
        retries=True, change=lambda plan: flows(replace(plan, home=replace(plan.home, outbound=False)))
    )
    carry, net.world.carrier = net.world.carrier, lambda _packet: []
    net.wish(net.ue(1), Register())
    device: Any = net.ue(1).node
    assert net.until(lambda: all(ue.attempting for ue in device.flows), 3_000), "each tries by itself"
    net.world.carrier = carry
    net.wait(600)
    told = [fact for _, fact in net.ue(1).facts if isinstance(fact, Registered | Deregistered)]
    assert [type(fact) for fact in told] == [Registered, Deregistered, Registered]
    assert len({fact.flow for fact in told}) == 1
    assert [fact.reason for fact in facts(net.ue(1), Deregistered)] == [TAKEN_PLACE]
    assert len(net.ue(1).sets) == 1


def test_its_name_is_what_its_register_asks_for() -> None:
    """ADR 12: UE, P-CSCF and home network go by one name."""
    net = Network(change=partial(flows, sos=True))
    for ue in net.ue(1).node.flows:  # type: ignore[attr-defined]
        profile = ue.profile
        assert RegFlow.asked(profile.registered, profile.supported) == profile.config.flow
