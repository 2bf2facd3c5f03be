"""Cx of a home network that serves: its HSS for others, or the HSS of others for it (29.228 §6)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from twopair.live.admin.orders import Order
from twopair.live.config import HomeFile
from twopair.live.diameter.far_hss import FarHss
from twopair.live.diameter.hss import HssServer
from twopair.live.diameter.peers import Peers
from twopair.live.driver import Driver
from twopair.live.unbound import Unbound, refuse
from twopair.nodes.cx import AskHss
from twopair.nodes.homenet import HomeNetwork


def _nowhere(_order: Order) -> int:
    return 0


@asynccontextmanager
async def cx_of(
    file: Path, settings: HomeFile, node: HomeNetwork, driver: Driver
) -> AsyncIterator[Callable[[Order], int]]:
    """Speak Cx, if the file says so, until the end of the context.

    Gives what carries orders about users to the S-CSCFs of others, and says to how many.

    Raises:
        ConfigError: an address is not one of this machine.
        PrerequisiteMissing: another program has the port, or this user may not have it.
    """
    local = settings.local()
    if local is None or settings.diameter is None:
        yield _nowhere
        return
    peers = Peers(local)
    beyond: Callable[[Order], int] = _nowhere
    far = settings.hss.far
    if node.hss is not None:
        beyond = HssServer(peers, node.hss).carry
    elif far is not None:
        driver.outside[AskHss] = FarHss(peers, *far, driver.feed).ask
    try:
        await peers.start()
    except OSError as error:
        assert local.listen is not None, "nothing else can fail"
        refuse(file, [Unbound(local.listen, error)], settings.diameter.endpoints())
    try:
        yield beyond
    finally:
        await peers.stop()
