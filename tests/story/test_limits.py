"""Limits as a UE sees them: told to come again, it does, and the operator is told which limit it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.story.explained import Explained
from tests.story.network import facts

from twopair.base import Limit, Refusal, Refused
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.pcscf import Limits, Pcscf
from twopair.nodes.wishes import Register, SendMessage


def limited(**limits: int) -> Callable[[LabPlan], LabPlan]:
    return lambda plan: replace(plan, pcscf=replace(plan.pcscf, limits=Limits(**limits)))


def test_a_ue_that_is_told_to_come_again_does() -> None:
    """UEP-13, UEP-14: 503 with Retry-After to SM1, then a registration by itself, not before that time."""
    net = Explained(ues=2, retries=True, change=limited(register_rate=1, register_burst=1))
    for ue in net.ues:
        ue.later(Register())
    net.wait(5)
    [failed] = facts(net.ue(2), RegistrationFailed)
    assert failed.status == 503
    assert failed.retry_s >= 10
    assert net.until(lambda: bool(facts(net.ue(2), Registered)), failed.retry_s + 5)
    [(_, moment)] = [(f, at) for at, f in net.ue(2).facts if isinstance(f, Registered)]
    [(_, refused)] = [(f, at) for at, f in net.ue(2).facts if isinstance(f, RegistrationFailed)]
    assert moment - refused >= 10_000_000


def test_the_operator_is_told_the_limit_by_address() -> None:
    """Limit.REGISTER_RATE_PER_SOURCE: nobody has read whose REGISTER it was."""
    net = Explained(change=limited(register_rate_per_source=1, register_burst_per_source=1))
    address = net.plan.ues[0].config.address
    net.wish(net.ue(1), Register())
    assert net.why()["cause"] == "registered"
    node = net.pcscf.node
    assert isinstance(node, Pcscf)
    [refused] = [
        Refused(Refusal.OVERLOADED, seen.raw.flow.mirrored(), Limit.REGISTER_RATE_PER_SOURCE.word)
        for seen in net.gm()[:1]
    ]
    net.diarist(refused)
    assert net.why(address)["cause"] == "registered"
    stranger = refused.flow.remote._replace(address="10.0.77.7")
    net.diarist(replace(refused, flow=refused.flow._replace(remote=stranger)))
    told = net.why("10.0.77.7")
    assert (told["cause"], told["registered"]) == ("limit", False)
    assert "limits.register_rate_per_source" in told["sentence"]
    assert [line["what"] for line in told["evidence"]]


@pytest.mark.parametrize("limit", [Limit.PENDING_REGISTERS, Limit.TEMPORARY_SETS])
def test_the_operator_is_told_the_limit_by_identity(limit: Limit) -> None:
    """Once a REGISTER was read, what it lacked room in is its own story."""
    net = Explained(ues=1, change=limited(**{limit.word: 0}))
    net.wish(net.ue(1), Register())
    told = net.why()
    assert told["cause"] == "limit"
    assert f"limits.{limit.word} " in told["sentence"]
    assert limit.word in told["evidence"][-1]["what"]


def test_who_is_registered_notices_nothing_of_what_is_refused_to_others() -> None:
    """Re-registration and messages while every REGISTER in the clear is too much."""
    net = Explained(ues=3, change=limited(register_rate=1, register_burst=2))
    for ue in net.ues[:2]:
        net.wish(ue, Register())
    net.wish(net.ue(3), Register(), 0.5)
    net.wish(net.ue(3), Register(), 0.1)
    net.wish(net.ue(1), Register())
    net.wish(net.ue(1), SendMessage(net.impu(2), b"hello"))
    assert len(facts(net.ue(1), Registered)) == 2
    assert not facts(net.ue(1), RegistrationFailed)
