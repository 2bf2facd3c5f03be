"""The kernel has no connection that nobody holds: it would send its end again when nothing protects it."""

import asyncio
from collections.abc import Callable

import pytest
from tests.interop.tcp_states import LAST_ACK, state

from twopair.base import Transport
from twopair.core.sa import PortName, RemoveSas
from twopair.live.lab import Lab, usual
from twopair.live.lab.host import Host
from twopair.nodes.facts import Registered
from twopair.nodes.wishes import Register
from twopair.wire import ip

pytestmark = pytest.mark.lab


def stopped(host: Host) -> None:
    """The process is over."""
    host.driver.stop()


def removed(host: Host) -> None:
    """The SA set is over (RRG-10)."""
    for set_id in list(host.driver.sets):
        host.driver._remove(RemoveSas(set_id))


def waited(_host: Host) -> None:
    """Nothing."""


@pytest.mark.parametrize("happens", [stopped, removed, waited])
@pytest.mark.parametrize("closer", ["ue", "pcscf"])
@pytest.mark.parametrize("version", [4, 6])
def test_an_end_that_is_not_acknowledged(version: int, closer: str, happens: Callable[[Host], None]) -> None:
    """SA-21, MSG-06: of a connection that the peer has ended nothing is left without its socket."""

    async def body() -> None:
        async with Lab(usual(version, ues=1, transport=Transport.TCP)) as lab:
            lab.ue1.driver.feed(Register())
            await lab.ue1.until(lambda fact: isinstance(fact, Registered))
            sa_set = next(iter(lab.ue1.driver.sets.values()))
            at_ue = sa_set.flow(Transport.TCP, PortName.UC, PortName.PS)
            at_pcscf = at_ue.mirrored()
            closes, host = (lab.ue1, lab.pcscf) if closer == "ue" else (lab.pcscf, lab.ue1)
            flow = at_pcscf if closer == "ue" else at_ue
            silent = ip.address_octets(flow.local.address)
            lab.gm.middle = lambda packet: [] if ip.parse(packet).src == silent else [(0.0, packet)]
            closes.driver._ports.close(flow.mirrored())
            while state(host, flow) != LAST_ACK:
                await asyncio.sleep(0.01)
            lab.gm.middle = lambda _packet: []
            assert flow not in host.driver._ports._streams, "the node was told"
            happens(host)
            if happens is waited:
                await asyncio.sleep(2.2)
            assert state(host, flow) is None

    asyncio.run(asyncio.wait_for(body(), 20))
