"""What the home network says of a registration reaches the UE and its P-CSCF (24.229 §5.1.1.7, §5.2.3).

PCS-16, MGP-11, UEP-07, MGU-13, MGU-14.
"""

from dataclasses import replace

import pytest
from tests.story.network import Network, facts

from twopair.base import Micros, Transport
from twopair.live.lab.plan import LabPlan
from twopair.nodes.events import Call, Deregister, Dismiss, HangUp, Reauthenticate, Register, Say
from twopair.nodes.facts import (
    CallChanged,
    CallStage,
    Deregistered,
    MessageAnswered,
    Notified,
    Ordered,
    Registered,
)
from twopair.nodes.homenet import reg_event
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.wishes import SendMessage
from twopair.wire.reginfo import ContactEvent, RegInfo, RegistrationInfo, RegState

EVERY_WAY = pytest.mark.parametrize("transport", list(Transport))
GRACE_S = 128


def watched(plan: LabPlan, *, ue: bool = True, pcscf: bool = True) -> LabPlan:
    """Who subscribes; UEs are answered at once."""
    ues = [replace(one, config=replace(one.config, reg_event=ue, answer_after=Micros(0))) for one in plan.ues]
    return replace(plan, ues=tuple(ues), pcscf=replace(plan.pcscf, reg_event=pcscf))


def network(
    transport: Transport = Transport.UDP, *, ue: bool = True, pcscf: bool = True, ues: int = 1
) -> Network:
    """Registered UEs whose registrations are watched."""
    net = Network(transport, ues=ues, retries=True, change=lambda plan: watched(plan, ue=ue, pcscf=pcscf))
    for number in range(1, ues + 1):
        net.wish(net.ue(number), Register())
    net.wait(2)
    assert len(facts(net.pcscf, Registered)) == ues
    return net


def sets(net: Network) -> tuple[int, int]:
    """SA sets of UE 1 at its end, and all at the P-CSCF's."""
    return len(net.ue(1).sets), len(net.pcscf.sets)


def reason(event: ContactEvent) -> str:
    return f"by the network: {event.value}"


@EVERY_WAY
def test_both_subscribe(transport: Transport) -> None:
    """SUBSCRIBE and NOTIFY of the UE go inside its SA set, NOTIFY from port_pc to port_us (table 4.2)."""
    net = network(transport)
    ladder = [(one.what, one.sa) for one in net.gm() if one.what in {"SUBSCRIBE", "NOTIFY"}]
    assert ladder == [("SUBSCRIBE", "SA1-up"), ("NOTIFY", "SA2-dn")]
    methods = [one.data.split(b" ")[0] for one in net.world.on("core")]
    assert methods.count(b"SUBSCRIBE") == 2
    assert methods.count(b"NOTIFY") == 2
    [told] = facts(net.ue(1), Notified)
    assert (told.active, told.event, told.identities) == (True, "created", (net.impu(1),))


@EVERY_WAY
def test_rejected(transport: Transport) -> None:
    """MGU-13, MGP-11: 200 to the UE's NOTIFY passes, then both ends have no set, and the UE stays off."""
    net = network(transport)
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=3)
    assert facts(net.home, Ordered) == [Ordered(net.impu(1), 1, 2)]
    for host in (net.ue(1), net.pcscf):
        assert [fact.reason for fact in facts(host, Deregistered)] == [reason(ContactEvent.REJECTED)]
    assert net.gm()[-1].what == "200"
    assert sets(net) == (1, 1)
    net.wait(GRACE_S)
    assert sets(net) == (0, 0)
    net.wait(3600)
    assert len(facts(net.ue(1), Registered)) == 1


@EVERY_WAY
def test_deactivated(transport: Transport) -> None:
    """MGU-13: the UE registers anew, in the clear, with another set, and subscribes again."""
    net = network(transport)
    net.wish(net.home, Dismiss(net.impu(1), ContactEvent.DEACTIVATED), wait_s=GRACE_S + 5)
    assert len(facts(net.ue(1), Registered)) == 2
    assert [row.what for row in net.gm() if row.sa is None][-2:] == ["REGISTER", "401"]
    assert sets(net) == (1, 1)
    assert facts(net.ue(1), Notified)[-1].active
    net.wish(net.home, Reauthenticate(net.impu(1), 100), wait_s=3)
    assert facts(net.home, Ordered)[-1] == Ordered(net.impu(1), 1, 2)


def test_on_probation() -> None:
    """MGU-13: after Retry-After, and not before."""
    net = network()
    net.wish(net.home, Dismiss(net.impu(1), ContactEvent.PROBATION, 300), wait_s=290)
    assert (len(facts(net.ue(1), Registered)), sets(net)) == (1, (0, 0))
    net.wait(20)
    assert (len(facts(net.ue(1), Registered)), sets(net)) == (2, (1, 1))


@EVERY_WAY
def test_reauthentication_over_a_live_call(transport: Transport) -> None:
    """MGU-14: the UE renews in time, is challenged, has another set, and the call goes on."""
    net = network(transport, ues=2)
    net.wish(net.ue(1), Call(net.impu(2)))
    assert facts(net.ue(1), CallChanged)[-1].stage is CallStage.UP
    before = net.ue(1).sets.keys()
    net.wish(net.home, Reauthenticate(net.impu(1), 60), wait_s=59)
    assert [fact.event for fact in facts(net.ue(1), Notified)][:2] == ["created", "shortened"]
    [told] = facts(net.pcscf, Notified)  # by full state: so soon a shortening may have been a late word
    assert told.active
    assert told.expires_s is not None
    assert told.expires_s <= 60
    assert len(facts(net.ue(1), Registered)) == 2
    assert set(net.ue(1).sets) != set(before) or len(net.ue(1).sets) > 1
    assert [fact.reason for fact in facts(net.ue(1), Deregistered)] == []
    net.wish(net.ue(1), Say(b"still here"))
    assert facts(net.ue(1), MessageAnswered)[-1].status == 200
    net.wish(net.ue(2), HangUp())
    assert facts(net.ue(1), CallChanged)[-1].stage is CallStage.ENDED
    net.wait(600)
    assert [fact.reason for fact in facts(net.pcscf, Deregistered)] == []


def test_shortened_in_vain() -> None:
    """A UE that is not there is not registered any more, and has no set left, 30 s later (TMR-02)."""
    net = network()
    net.ue(1).stop()
    net.wish(net.home, Reauthenticate(net.impu(1), 60), wait_s=61)
    assert facts(net.pcscf, Deregistered)
    net.wait(GRACE_S)
    assert len(net.pcscf.sets) == 0


def test_nothing_else_passes_in_the_grace() -> None:
    """MGP-11, PCS-09: a request of a UE that was not told is refused; requests for it find nobody."""
    net = network(ue=False, ues=2)
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=2)
    net.wish(net.ue(1), SendMessage(net.impu(2), b"x"))
    net.wish(net.ue(2), SendMessage(net.impu(1), b"x"))
    assert [fact.status for ue in net.ues for fact in facts(ue, MessageAnswered)] == [403, 480]


def test_the_pcscf_alone() -> None:
    """A UE that does not subscribe loses its set at the P-CSCF, and notices in its own way (MGU-10)."""
    net = network(ue=False)
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=GRACE_S + 5)
    assert len(net.pcscf.sets) == 0


def test_the_ue_alone() -> None:
    """A P-CSCF that does not subscribe keeps its set to the end of its lifetime."""
    net = network(pcscf=False)
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=GRACE_S + 5)
    assert sets(net) == (0, 1)


def test_the_user_leaves() -> None:
    """The NOTIFY to the UE's own de-registration tells nothing new, and nobody registers again."""
    net = network()
    net.wish(net.ue(1), Deregister(), wait_s=GRACE_S + 5)
    assert [fact.reason for fact in facts(net.ue(1), Deregistered)] == ["on request"]
    assert len(facts(net.pcscf, Deregistered)) == 1
    assert sets(net) == (0, 0)
    net.wait(3600)
    assert len(facts(net.ue(1), Registered)) == 1


def test_after_a_restart() -> None:
    """The P-CSCF subscribes anew to all who are registered (ADR 32)."""
    net = network()
    net.pcscf.revive(Pcscf(net.plan.pcscf, net.world.entropy("pcscf again")))
    net.wait(90)
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=40)
    assert facts(net.home, Ordered) == [Ordered(net.impu(1), 1, 2)]
    assert [fact.reason for fact in facts(net.pcscf, Deregistered)] == [reason(ContactEvent.REJECTED)]
    net.wait(GRACE_S)
    assert sets(net) == (0, 0)


def test_barred_identity() -> None:
    """UEP-07: who has registered with a barred identity subscribes with the default one."""
    net = network()
    [asked] = [one for one in net.gm() if one.what == "SUBSCRIBE"]
    assert asked.message.start_line == f"SUBSCRIBE {net.impu(1)} SIP/2.0"
    assert (asked.message.get("Event"), asked.message.get("Expires")) == ("reg", "600000")


def test_versions_and_full_state() -> None:
    """Full state first, partial afterwards (RFC 3680 §4.7.1)."""
    net = network()
    net.wish(net.ue(1), Register())
    told = [RegInfo.parse(one.message.body) for one in net.gm() if one.what == "NOTIFY"]
    assert [(info.version, info.full) for info in told] == [(0, True), (1, False)]


@pytest.mark.parametrize("ue", [True, False])
def test_calls_end_with_the_registration(ue: bool) -> None:
    """MGP-11, PCS-19: both ends hear of it at once, over the sets that are still there (24.229 §5.2.8.1)."""
    net = network(ue=ue, ues=2)
    net.wish(net.ue(1), Call(net.impu(2)))
    net.wish(net.home, Dismiss(net.impu(1)), wait_s=5)
    for host in net.ues:
        assert facts(host, CallChanged)[-1].stage is CallStage.ENDED


def test_a_registration_that_is_over_without_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    """MGP-11: Kamailio's S-CSCF tells an end by RTR so, in full state (RFC 3680 §5.3)."""

    def as_kamailio(version: int, _full: object, there: tuple[RegistrationInfo, ...]) -> RegInfo:
        over = [replace(one, contacts=()) for one in there if one.state is RegState.TERMINATED]
        return RegInfo(version, full=True, registrations=tuple(over))

    net = network(ue=False)
    monkeypatch.setattr(reg_event, "RegInfo", as_kamailio)
    net.wish(net.home, Dismiss(net.impu(1)))
    (ended,) = facts(net.pcscf, Deregistered)
    assert ended.reason == reason(ContactEvent.UNREGISTERED)
    net.wait(GRACE_S + 2)
    assert sets(net)[1] == 0
