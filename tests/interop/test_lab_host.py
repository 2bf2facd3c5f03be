"""Hosts of the lab: real sockets in namespaces, packets through engine and link."""

import asyncio

import pytest
from tests.unit.live.doubles import NotingBackend, ScriptedNode

from twopair.backends.userspace.engine import Engine
from twopair.base import Bind, Endpoint, Flow, Micros, OpenStream, Port, Received, Send, Transport
from twopair.live.entropy import OsEntropy
from twopair.live.lab.host import Host
from twopair.live.lab.link import Link
from twopair.live.lab.namespace import gain_rights
from twopair.nodes.events import Event, Start

pytestmark = pytest.mark.lab

V4 = (Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(5061)), "10.0.0.0/8")
V6 = (Endpoint("fd00::1", Port(5060)), Endpoint("fd00:1::1", Port(5061)), "fd00::/16")


@pytest.mark.parametrize(("here", "there", "network"), [V4, V6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("transport", list(Transport))
def test_two_hosts_talk_over_a_link(
    here: Endpoint, there: Endpoint, network: str, transport: Transport
) -> None:
    async def body() -> None:
        gain_rights()
        link = Link()
        seen: list[tuple[Micros, bytes]] = []
        link.tap(lambda at, packet: seen.append((at, packet)))
        one, two = Host("one"), Host("two")
        try:
            one.plug("gm", link, [here.address], [network], engine=Engine(OsEntropy()))
            two.plug("gm", link, [there.address], [network], engine=Engine(OsEntropy()))
            flow = Flow(transport, there, here)
            payload = b"x" * 3000

            def echo(event: Event) -> tuple[object, ...]:
                match event:
                    case Start():
                        return (Bind(here),)
                    case Received(back, data):
                        return (Send(back, data),)
                return ()

            opening = (OpenStream(flow),) if transport.reliable else (Bind(there),)
            server = ScriptedNode(echo)  # type: ignore[arg-type]
            client = ScriptedNode(lambda e: (*opening, Send(flow, payload)) * isinstance(e, Start))
            for host, node in ((one, server), (two, client)):
                host.run(node, NotingBackend())  # type: ignore[arg-type]
            await client.until(lambda fed: sum(len(e.data) for e in fed if isinstance(e, Received)) == 3000)
            assert max(len(packet) for _, packet in seen) <= 1500
            assert len(seen) >= 6
        finally:
            one.close()
            two.close()

    asyncio.run(asyncio.wait_for(body(), 20))
