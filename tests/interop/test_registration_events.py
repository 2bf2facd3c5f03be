"""The home network ends and renews registrations, with ESP in user space (MGP-11, MGU-13, MGU-14)."""

import asyncio
from dataclasses import replace

import pytest

from twopair.base import Micros, Transport, seconds
from twopair.live.lab import Lab, usual
from twopair.live.lab.host import Host
from twopair.nodes.events import Dismiss, Reauthenticate
from twopair.nodes.facts import (
    CallChanged,
    CallStage,
    Deregistered,
    MessageAnswered,
    Notified,
    Ordered,
    Registered,
)
from twopair.nodes.wishes import Call, Register, Say
from twopair.wire.reginfo import ContactEvent

pytestmark = pytest.mark.lab


async def told(host: Host, event: str) -> Notified:
    """Word of the network."""
    fact = await host.until(lambda fact: isinstance(fact, Notified) and fact.event == event)
    assert isinstance(fact, Notified)
    return fact


async def times(host: Host, count: int) -> None:
    """Registered that often."""
    seen = 0

    def wanted(fact: object) -> bool:
        nonlocal seen
        seen += isinstance(fact, Registered)
        return seen == count

    await host.until(wanted)


@pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)
def test_renewed_over_a_live_call_and_then_ended(transport: Transport) -> None:
    """Re-authentication on command over a live call; then no set is left at either end."""

    async def body() -> None:
        plan = usual(transport=transport)
        ues = [
            replace(ue, config=replace(ue.config, reg_event=True, answer_after=Micros(0))) for ue in plan.ues
        ]
        plan = replace(plan, ues=tuple(ues), pcscf=replace(plan.pcscf, reg_event=True))
        async with Lab(plan) as lab:
            for ue in lab.ues:
                ue.driver.feed(Register())
                await ue.until(lambda fact: isinstance(fact, Registered))
                await told(ue, "created")
            me, other = (subscriber.associated[0] for subscriber in plan.subscribers)
            lab.ue1.driver.feed(Call(other))
            await lab.ue1.until(lambda fact: isinstance(fact, CallChanged) and fact.stage is CallStage.UP)
            before = {sa_set.keys for sa_set in lab.ue1.driver.sets.values()}

            lab.home.driver.feed(Reauthenticate(me, 4))
            assert (await told(lab.ue1, "shortened")).expires_s == 4
            await times(lab.ue1, 2)  # at half of it, challenged
            assert {sa_set.keys for sa_set in lab.ue1.driver.sets.values()} - before
            lab.ue1.driver.feed(Say(b"still here"))
            answer = await lab.ue1.until(lambda fact: isinstance(fact, MessageAnswered))
            assert isinstance(answer, MessageAnswered)
            assert answer.status == 200

            lab.home.driver.feed(Dismiss(me, ContactEvent.REJECTED))
            ordered = await lab.home.until(lambda fact: isinstance(fact, Ordered) and fact.who == me)
            assert ordered == Ordered(me, 1, 2)
            for host in (lab.ue1, lab.pcscf):
                gone = await host.until(lambda fact: isinstance(fact, Deregistered))
                assert isinstance(gone, Deregistered)
                assert gone.reason == "by the network: rejected"
            await lab.ue2.until(lambda fact: isinstance(fact, CallChanged) and fact.stage is CallStage.ENDED)
            await asyncio.sleep(0.2)
            for host in (lab.ue1, lab.pcscf):
                host.driver.skip(seconds(129))  # 64 * T1, and no more: the other UE has its set still
            assert (len(lab.ue1.driver.sets), len(lab.pcscf.driver.sets)) == (0, 1)
            assert not list(lab.ue1.driver.backend.query())

    asyncio.run(asyncio.wait_for(body(), 40))
