"""`twopair pcscf`: a P-CSCF as a service."""

import logging
from asyncio import Event, get_running_loop
from contextlib import AsyncExitStack, ExitStack, nullcontext
from functools import partial
from pathlib import Path

from twopair.core.locate import Resolve
from twopair.live.collector import collect_nothing, collect_what_stayed, spare_what_stays
from twopair.live.config import PcscfFile
from twopair.live.driver import Driver
from twopair.live.either import either
from twopair.live.entropy import OsEntropy
from twopair.live.failover.opened import turns_of
from twopair.live.failover.tenure import Tenure
from twopair.live.http.front import Front
from twopair.live.http.fronting import fronting
from twopair.live.ipsec import Before, Ipsec, start_ipsec
from twopair.live.keeping.kept import Kept
from twopair.live.keeping.opened import Places, open_kept, places
from twopair.live.program import ready, start, until_told_to_end
from twopair.live.resolver import Resolver
from twopair.live.service.attendants import ATTENDANTS
from twopair.live.service.draining import drained
from twopair.live.service.lead import Lead
from twopair.live.service.running import Running
from twopair.nodes.pcscf import Pcscf

_log = logging.getLogger(__name__)


async def serve_pcscf(file: Path, settings: PcscfFile, verbose: int = 0, lead: Lead | None = None) -> None:
    """The P-CSCF, or one of its workers, until it is told to end.

    Args:
        file: its configuration.
        settings: what is in it.
        verbose: how often -v was given.
        lead: who has started this worker, None where there is one process.

    Raises:
        ConfigError: the file is wrong, or does not fit this machine.
        PrerequisiteMissing: this machine cannot run it.
    """
    async with until_told_to_end() as end:
        turns = turns_of(file, settings)
        fronts = fronting(file, settings, lambda: turns.waits_for) if lead is None else nullcontext()
        async with fronts as front:
            while (tenure := await turns.begin(end)) is not None:
                try:
                    settings = await _serve(file, settings, tenure, end, verbose, front, lead)
                finally:
                    await turns.finish(tenure)
                if not end.is_set():
                    collect_what_stayed()


async def _serve(
    file: Path,
    settings: PcscfFile,
    tenure: Tenure,
    end: Event,
    verbose: int,
    front: Front | None,
    lead: Lead | None,
) -> PcscfFile:
    """One turn; the settings of its end, which SIGHUP may have changed."""
    with ExitStack() as closing:
        config, loop = settings.config(), get_running_loop()
        collect_nothing()
        kept = closing.enter_context(open_kept(file, settings, tenure.term))
        ipsec = start_ipsec(
            settings.backend,
            mtu=settings.ipsec.mtu,
            loop=loop,
            suites=config.algorithms,
            ipv6=any(":" in address for address in config.gm_addresses),
            worker=None if lead is None else settings.part.number,
            queue=None if lead is None else lead.queue,
            before=None if kept is None else _before(kept, places(file, settings), tenure),
        )
        closing.callback(lambda: _log.info("end; drops %s", dict(ipsec.backend.drops())))
        closing.callback(ipsec.close)
        node = Pcscf(config, OsEntropy())
        place = None if lead is None else lead.place
        driver = Driver(node, ipsec.backend, place=place, guard=ipsec.guard, tenure=tenure)
        closing.callback(_leave_to_another, ipsec, driver, tenure)
        closing.callback(driver.stop)
        resolver = Resolver(driver.feed, settings.core.nameservers)
        closing.callback(resolver.close)
        driver.outside[Resolve] = resolver.ask
        if kept is not None:
            driver.outside |= kept.performs
            kept.again = tenure.again = partial(loop.call_soon_threadsafe, kept.keep_all, node.kept)
        # What was kept has no name here: it is let go as soon as the node has taken it up.
        start(
            driver, file, settings.endpoints(), verbose, () if kept is None else kept.take_up(ipsec.standing)
        )
        addresses = ", ".join(config.gm_addresses)
        running = Running(file, settings, node, driver, ipsec, kept, verbose, tenure, front=front, lead=lead)
        async with AsyncExitStack() as attended:
            for attendant in ATTENDANTS:
                await attended.enter_async_context(attendant(running))
            if lead is None:
                ready(f"pcscf {config.name} on {addresses} port {config.gm_port}, core {config.core}")
            else:
                spare_what_stays()
                lead.ready()
            await either(end, tenure.over)
            if end.is_set():
                await drained(running, end)
    return running.settings


def _before(kept: Kept, where: Places, tenure: Tenure) -> Before:
    """What a predecessor had, here or at another host."""
    term = tenure.term
    stale = term is not None and not term.continues
    return Before(
        kept.sets(), where.counters, shared=term is not None, elsewhere=kept.positions() if stale else None
    )


def _leave_to_another(ipsec: Ipsec, driver: Driver, tenure: Tenure) -> None:
    """The sets are another host's from now on, and none of this one."""
    if tenure.taken:
        for set_id in driver.sets:
            ipsec.backend.remove(set_id)
