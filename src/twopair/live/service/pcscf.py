"""`twopair pcscf`: a P-CSCF as a service."""

import logging
from asyncio import get_running_loop
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

from twopair.live.collector import collect_nothing
from twopair.live.config import PcscfFile, read
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.ipsec import Before, start_ipsec
from twopair.live.keeping.opened import open_kept, places
from twopair.live.program import ready, start, until_told_to_end
from twopair.live.service.attendants import ATTENDANTS
from twopair.live.service.running import Running
from twopair.nodes.pcscf import Pcscf

_log = logging.getLogger(__name__)


async def serve_pcscf(file: Path, verbose: int = 0) -> None:
    """The P-CSCF, until it is told to end.

    Raises:
        ConfigError: the file is wrong, or does not fit this machine.
        PrerequisiteMissing: this machine cannot run it.
    """
    settings = read(file, PcscfFile)
    async with until_told_to_end() as end:
        with ExitStack() as closing:
            config, loop = settings.config(), get_running_loop()
            collect_nothing()
            kept = closing.enter_context(open_kept(file, settings))
            ipsec = start_ipsec(
                settings.ipsec.backend,
                mtu=settings.ipsec.mtu,
                loop=loop,
                suites=config.algorithms,
                ipv6=any(":" in address for address in config.gm_addresses),
                before=None if kept is None else Before(kept.sets(), places(file, settings).counters),
            )
            closing.callback(lambda: _log.info("end; drops %s", dict(ipsec.backend.drops())))
            closing.callback(ipsec.close)
            node = Pcscf(config, OsEntropy())
            driver = Driver(node, ipsec.backend, guard=ipsec.guard, keeper=kept)
            closing.callback(driver.stop)
            recalled = () if kept is None else kept.take_up(ipsec.standing)
            if kept is not None:
                kept.again = partial(loop.call_soon_threadsafe, kept.keep_all, node.kept)
            start(driver, file, settings.endpoints(), verbose, recalled)
            addresses = ", ".join(config.gm_addresses)
            running = Running(file, settings, node, driver, ipsec, kept, verbose)
            async with AsyncExitStack() as attended:
                for attendant in ATTENDANTS:
                    await attended.enter_async_context(attendant(running))
                ready(f"pcscf {config.name} on {addresses} port {config.gm_port}, core {config.core}")
                await end.wait()
