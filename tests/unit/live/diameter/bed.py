"""Diameter peers on loopback, in one event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

from twopair.base import Endpoint, Port
from twopair.live.diameter.local import CX, Local, Neighbour
from twopair.live.diameter.peers import Peers

REALM = "ims.example"
HSS, CSCF = f"hss.{REALM}", f"scscf.{REALM}"


def free_port() -> Endpoint:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Endpoint("127.0.0.1", Port(probe.getsockname()[1]))


def hss_side(listen: Endpoint, **changed: float) -> Local:
    return Local(HSS, REALM, (CX,), (Neighbour(CSCF, REALM),), listen, **changed)  # type: ignore[arg-type]


def cscf_side(listen: Endpoint, **changed: float) -> Local:
    neighbours = (Neighbour(HSS, REALM, listen),)
    return Local(CSCF, REALM, (CX,), neighbours, **changed)  # type: ignore[arg-type]


@asynccontextmanager
async def running(*locals_: Local) -> AsyncIterator[list[Peers]]:
    """Peers that have started, each after the one before it, and end together."""
    all_ = [Peers(local) for local in locals_]
    for peers in all_:
        await peers.start()
    try:
        yield all_
    finally:
        for peers in reversed(all_):
            await peers.stop()
