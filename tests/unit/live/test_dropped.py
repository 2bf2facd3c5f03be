"""Datagrams that are lost at a socket are counted."""

import asyncio
from socket import AF_INET, SOCK_DGRAM, socket

from tests.unit.live.doubles import ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import driver_of, echo, run

from twopair.base import Bind


def test_a_full_socket() -> None:
    """The loop does nothing else while more comes than the kernel keeps for us."""

    async def body() -> None:
        local = free_endpoint()
        driver = driver_of(ScriptedNode(echo(Bind(local, protected=False, listen=False))))
        driver.start()
        assert list(driver.dropped()) == [(local, 0, 0)]
        with socket(AF_INET, SOCK_DGRAM) as peer:
            for _ in range(20_000):
                peer.sendto(bytes(1_000), local)
        ((endpoint, unread, unsent),) = driver.dropped()
        assert (endpoint, unsent) == (local, 0)
        assert unread > 1_000
        await asyncio.sleep(0)
        driver.stop()

    run(body)
