"""MSG-07 on real sockets: a connection between fixed ports opens again at once, whoever closed it."""

import asyncio

import pytest
from tests.interop.tcp_states import TIME_WAIT, state

from twopair.base import Flow, StreamClosed, Transport
from twopair.core.sa import PortName
from twopair.live.lab import Lab, usual
from twopair.live.lab.host import Host
from twopair.nodes.facts import MessageAnswered, Registered
from twopair.nodes.wishes import Register, SendMessage

pytestmark = pytest.mark.lab

ROUNDS = 3


@pytest.mark.parametrize("closer", ["ue", "pcscf"])
@pytest.mark.parametrize("opener", ["ue", "pcscf"])
@pytest.mark.parametrize("version", [4, 6])
def test_the_same_four_tuple_again(opener: str, closer: str, version: int) -> None:
    """TIME_WAIT stays where it was closed; a connection between the same ports stands all the same."""

    async def body() -> None:
        async with Lab(usual(version, ues=1, transport=Transport.TCP)) as lab:
            lab.ue1.driver.feed(Register())
            await lab.ue1.until(lambda fact: isinstance(fact, Registered))
            (sa_set,) = {s.set_id: s for s in lab.ue1.driver._sets.values()}.values()
            ports = (PortName.UC, PortName.PS) if opener == "ue" else (PortName.PC, PortName.US)
            at_ue = sa_set.flow(Transport.TCP, *ports)
            for number in range(1, ROUNDS + 1):
                assert await _message(lab, opener, number) == 200
                host = lab.ue1 if closer == "ue" else lab.pcscf
                flow = at_ue if closer == "ue" else at_ue.mirrored()
                await _close(host, flow)
                assert state(host, flow) == TIME_WAIT

    asyncio.run(asyncio.wait_for(body(), 60))


async def _message(lab: Lab, opener: str, number: int) -> int:
    sender: Host = lab.ue1 if opener == "ue" else lab.home
    to = lab.plan.home.network if opener == "ue" else lab.plan.subscribers[0].associated[0]
    sender.driver.feed(SendMessage(to, b"again"))
    await sender.until(
        lambda _fact: sum(isinstance(fact, MessageAnswered) for _, fact in sender.facts) == number,
        within_s=20,
    )
    return next(fact.status for _, fact in reversed(sender.facts) if isinstance(fact, MessageAnswered))


async def _close(host: Host, flow: Flow) -> None:
    """An orderly end by this host, of which its node knows."""
    assert flow in host.driver._ports._streams
    host.driver._ports.close(flow)
    host.driver._take((StreamClosed(flow, "idle"),))
    await asyncio.sleep(0.3)
