"""MSG-05 on real sockets: every REGISTER in the clear leaves from 5060, round after round."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.interop.tcp_states import TIME_WAIT, state

from twopair.base import Endpoint, Flow, Port, Transport
from twopair.live.lab import Lab, LabPlan, usual
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.wishes import Deregister, Register
from twopair.wire import ip

pytestmark = pytest.mark.lab

ROUNDS = 3


def on_5060(plan: LabPlan) -> LabPlan:
    (ue,) = plan.ues
    return replace(plan, ues=(replace(ue, config=replace(ue.config, clear_port=Port(5060))),))


@pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)
@pytest.mark.parametrize("version", [4, 6])
def test_again_and_again_from_5060(version: int, transport: Transport) -> None:
    """SA-21, MSG-07: nothing else is in the clear; over TCP, TIME_WAIT of the last round is no hindrance."""

    async def body() -> None:
        async with Lab(on_5060(usual(version, ues=1, transport=transport))) as lab:
            packets: list[bytes] = []
            lab.gm.tap(lambda _at, packet: packets.append(packet))
            ue, net = lab.ue1, lab.plan.network
            gm = Flow(transport, Endpoint(net.ue.format(1), Port(5060)), Endpoint(net.pcscf, Port(5060)))
            for number in range(1, ROUNDS + 1):
                ue.driver.feed(Register())
                await ue.until(lambda _fact, n=number: count(ue.facts, Registered) == n)  # type: ignore[misc]
                ue.driver.feed(Deregister())
                await ue.until(lambda _fact, n=number: count(ue.facts, Deregistered) == n)  # type: ignore[misc]
                if transport is Transport.TCP:
                    await asyncio.sleep(0.2)
                    assert state(ue, gm) == TIME_WAIT
            assert clear_ports(packets) == {(5060, 5060)}
            assert not any(host.driver.counters for host in (ue, lab.pcscf, lab.home))

    asyncio.run(asyncio.wait_for(body(), 60))


def count(facts: Sequence[tuple[int, object]], kind: type) -> int:
    return sum(isinstance(fact, kind) for _, fact in facts)


def clear_ports(packets: list[bytes]) -> set[tuple[int, int]]:
    """Source and destination ports of what was not ESP."""
    found: set[tuple[int, int]] = set()
    for packet in packets:
        header = ip.parse(packet)
        if header.protocol in (6, 17):
            at = header.offset
            found.add((int.from_bytes(packet[at : at + 2]), int.from_bytes(packet[at + 2 : at + 4])))
    return found
