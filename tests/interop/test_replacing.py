"""A set in place of the old one with the same ports, on real sockets and real ESP (RRG-02, Q-16)."""

import asyncio
from dataclasses import replace

import pytest

from twopair.base import Transport
from twopair.live.lab import Lab, usual
from twopair.nodes.facts import Deregistered, MessageAnswered, Registered
from twopair.nodes.wishes import Deregister, Register, SendMessage

pytestmark = [pytest.mark.lab, pytest.mark.slow]


@pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)
def test_the_same_ports_with_other_keys(transport: Transport) -> None:
    """SM7 is sent, and its connection opened, until the new set stands at the P-CSCF."""

    async def body() -> None:
        plan = usual(4, ues=1, transport=transport)
        (ue,) = plan.ues
        plan = replace(
            plan,
            pcscf=replace(plan.pcscf, reuse="replace"),
            ues=(replace(ue, config=replace(ue.config, renews=False)),),
        )
        async with Lab(plan) as lab:
            host = lab.ue1

            async def registered(times: int) -> None:
                host.driver.feed(Register())
                await host.until(
                    lambda _fact: sum(isinstance(fact, Registered) for _, fact in host.facts) == times,
                    within_s=20,
                )

            await registered(1)
            (old,) = {made.set_id: made for made in host.driver._sets.values()}.values()
            await registered(2)
            (new,) = {made.set_id: made for made in host.driver._sets.values()}.values()
            assert (new.ports.uc, new.ports.us, new.ports.ps) == (old.ports.uc, old.ports.us, old.ports.ps)
            assert new.keys != old.keys
            host.driver.feed(SendMessage(plan.home.network, b"there"))
            answer = await host.until(lambda fact: isinstance(fact, MessageAnswered))
            assert isinstance(answer, MessageAnswered)
            assert answer.status == 200
            host.driver.feed(Deregister())
            await host.until(lambda fact: isinstance(fact, Deregistered), within_s=20)

    asyncio.run(asyncio.wait_for(body(), 60))
