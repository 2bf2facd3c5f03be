"""The home network with real sockets and ESP: a call through a server, and a fork (24.229 §5.4.3)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from twopair.backends.memory import MemoryBackend
from twopair.base import Endpoint, Impu, Port, seconds
from twopair.core.service import ApplicationServer as Served
from twopair.core.service import FilterCriterion, MethodIs, Point, Trigger
from twopair.live.lab import Lab, usual
from twopair.live.lab.host import Host
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered, Registered
from twopair.nodes.wishes import Answer, Call, HangUp, Register, Say
from twopair.sim.application_server import ApplicationServer, Mood

pytestmark = pytest.mark.lab

SERVER = Endpoint("10.20.0.9", Port(5070))
METHODS = (Point(MethodIs("INVITE")), Point(MethodIs("REGISTER")))
"""One group: either of the two."""


def served(plan: LabPlan) -> LabPlan:
    """The same, where each call goes through a server at both ends, which hears of registrations too."""
    criterion = FilterCriterion(0, Served(f"sip:{SERVER}"), Trigger(METHODS))
    return replace(
        plan,
        home=replace(plan.home, services=(("mmtel", (criterion,)),)),
        subscribers=tuple(replace(one, services=("mmtel",)) for one in plan.subscribers),
    )


def at_stage(stage: CallStage) -> Callable[[object], bool]:
    return lambda fact: isinstance(fact, CallChanged) and fact.stage is stage


async def registered(lab: Lab) -> None:
    for ue in lab.ues:
        ue.driver.feed(Register())
        await ue.until(lambda fact: isinstance(fact, Registered))


@pytest.mark.parametrize("mood", [Mood.WELL, Mood.BROKEN])
def test_a_call_through_an_application_server(mood: Mood) -> None:
    """Two UEs; the INVITE passes the server for the caller, and again for the called; so does what follows.

    With SESSION_CONTINUED a server that fails is left out, and the call is made.
    """

    async def body() -> None:
        plan = served(usual(4))
        called = replace(plan.ues[1], config=replace(plan.ues[1].config, answer_after=seconds(0)))
        plan = replace(plan, ues=(plan.ues[0], called))
        async with Lab(plan) as lab:
            host, server = Host("server"), ApplicationServer(SERVER)
            server.mood = mood
            try:
                host.plug("core", lab.core, [SERVER.address], [plan.network.trusted])
                host.run(server, MemoryBackend())
                await registered(lab)
                await asyncio.sleep(0.05)
                assert [method for method, _ in server.met] == ["REGISTER", "REGISTER"]
                lab.ue1.driver.feed(Call(Impu(f"sip:ue2@{plan.home.domain}")))
                for ue in lab.ues:
                    await ue.until(at_stage(CallStage.UP))
                lab.ue1.driver.feed(Say(b"through a server"))
                said = await lab.ue1.until(lambda fact: isinstance(fact, MessageAnswered))
                assert isinstance(said, MessageAnswered)
                assert said.status == 200
                lab.ue1.driver.feed(HangUp())
                for ue in lab.ues:
                    await ue.until(at_stage(CallStage.ENDED))
                met = [method for method, _ in server.met[2:]]
                often = 2 if mood is Mood.WELL else 0
                assert met.count("INVITE") == 2
                assert [met.count(method) for method in ("MESSAGE", "BYE")] == [often] * 2
                assert not any(one.driver.counters for one in (*lab.ues, lab.pcscf, lab.home))
            finally:
                host.close()

    asyncio.run(asyncio.wait_for(body(), 30))


def test_all_phones_of_a_number_ring_and_one_answers() -> None:
    """Two cards of one subscription (23.228 §4.3.3.4): both ring, one takes the call."""
    number = Impu("tel:+4930123456")

    async def body() -> None:
        plan = usual(4, ues=3)
        shared = [
            replace(one, impus=(*one.impus, number), subscription="family") for one in plan.subscribers[1:]
        ]
        plan = replace(plan, subscribers=(plan.subscribers[0], *shared))
        async with Lab(plan) as lab:
            await registered(lab)
            lab.ue1.driver.feed(Call(number))
            for ue in lab.ues:
                await ue.until(at_stage(CallStage.RINGING))
            lab.ues[2].driver.feed(Answer())
            for ue in (lab.ues[0], lab.ues[2]):
                await ue.until(at_stage(CallStage.UP))
            await lab.ue2.until(at_stage(CallStage.ENDED))
            assert not any(at_stage(CallStage.UP)(fact) for _, fact in lab.ue2.facts)
            lab.ue1.driver.feed(HangUp())
            for ue in (lab.ues[0], lab.ues[2]):
                await ue.until(at_stage(CallStage.ENDED))

    asyncio.run(asyncio.wait_for(body(), 30))
