"""A phone that never renews its ports and SPIs, and what a P-CSCF makes of it (RRG-02, Q-16, Q-22)."""

from dataclasses import replace

import pytest
from tests.story.network import Network, facts

from twopair.base import Transport
from twopair.core.sa import Stage
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import Deregistered, MessageAnswered, Registered, RegistrationFailed, SetStage
from twopair.nodes.wishes import Deregister, Register, SendMessage

BY_TRANSPORT = pytest.mark.parametrize("transport", list(Transport))


def never_renews(plan: LabPlan, reuse: str, *, challenges: bool = True) -> LabPlan:
    first, *others = plan.ues
    first = replace(first, config=replace(first.config, renews=False))
    return replace(
        plan,
        pcscf=replace(plan.pcscf, reuse=reuse),
        home=replace(plan.home, challenge_refresh=challenges),
        ues=(first, *others),
    )


def network(transport: Transport, reuse: str, *, challenges: bool = True) -> Network:
    net = Network(transport, change=lambda plan: never_renews(plan, reuse, challenges=challenges))
    net.wish(net.ue(1), Register())
    net.wish(net.ue(2), Register())
    return net


def reaches(net: Network) -> bool:
    """Whether a message gets from the phone to the other UE and back."""
    answers = [len(facts(net.ue(number), MessageAnswered)) for number in (1, 2)]
    net.wish(net.ue(1), SendMessage(net.impu(2), b"there"), 10)
    net.wish(net.ue(2), SendMessage(net.impu(1), b"back"), 10)
    heard = [
        facts(net.ue(number), MessageAnswered)[count:] for number, count in zip((1, 2), answers, strict=True)
    ]
    return all(found and found[-1].status == 200 for found in heard)


@BY_TRANSPORT
@pytest.mark.parametrize("reuse", ["reject", "replace"])
def test_a_network_that_does_not_challenge_never_notices(transport: Transport, reuse: str) -> None:
    """RRG-02, Q-22: refresh and de-registration with old values."""
    net = network(transport, reuse, challenges=False)
    net.wish(net.ue(1), Register())
    assert len(facts(net.ue(1), Registered)) == 2
    assert reaches(net)
    net.wish(net.ue(1), Deregister(), 200)
    assert [fact.reason for fact in facts(net.ue(1), Deregistered)] == ["on request"]
    assert len(net.pcscf.sets) == 1


@BY_TRANSPORT
def test_a_challenge_is_refused_and_all_goes_on(transport: Transport) -> None:
    """RRG-02, ERR-30: 403 over the set; the registration stands as before."""
    net = network(transport, "reject")
    net.wish(net.ue(1), Register())
    assert [fact.status for fact in facts(net.ue(1), RegistrationFailed)] == [403]
    assert reaches(net)
    assert len(net.installed) == 2


def test_a_challenge_replaces_the_set() -> None:
    """RRG-02, Q-16: 401 over the old set, SM7 over the new one with the same ports, as soon as it stands."""
    net = network(Transport.UDP, "replace")
    net.wish(net.ue(1), Register(), 20)
    assert len(facts(net.ue(1), Registered)) == 2
    old, new = (made for made in net.installed if made.impi == net.plan.ues[0].card.impi)
    assert (new.ports.uc, new.ports.us, new.ports.ps) == (old.ports.uc, old.ports.us, old.ports.ps)
    assert new.keys != old.keys
    assert len(net.ue(1).sets) == 1
    assert len(net.pcscf.sets) == 2
    assert reaches(net)
    net.wish(net.ue(1), Register(), 20)
    assert len(facts(net.ue(1), Registered)) == 3
    net.wish(net.ue(1), Deregister(), 200)
    assert len(net.pcscf.sets) == 1
    assert not net.ue(1).sets


def test_the_phone_is_never_told_that_it_is_registered_without_a_set() -> None:
    """PCS-27, ERR-30: at each end the stages are those of one set after another."""
    net = network(Transport.UDP, "replace")
    net.wish(net.ue(1), Register(), 20)
    stages = [fact.stage for fact in facts(net.pcscf, SetStage) if fact.impi == net.plan.ues[0].card.impi]
    assert stages[-4:] == [Stage.DELETED, Stage.TEMPORARY, Stage.NEWLY_ESTABLISHED, Stage.IN_USE]
    assert not facts(net.pcscf, Deregistered)
