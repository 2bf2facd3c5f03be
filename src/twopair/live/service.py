"""Runs a node as a program: ready line, log, orderly end on SIGTERM and SIGINT."""

import logging
import signal
import sys
from asyncio import Event, get_running_loop
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from twopair.backends.memory import MemoryBackend
from twopair.base import Endpoint
from twopair.core.registration.kept import KeptRegistration
from twopair.live.admin import answering
from twopair.live.collector import collect_nothing, spare_what_stays
from twopair.live.config import HomeFile, PcscfFile, read
from twopair.live.config.endpoints import Keys
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.facts_log import FactLog
from twopair.live.ipsec import Before, start_ipsec
from twopair.live.keeping.opened import open_kept, places
from twopair.live.message_log import MessageLog
from twopair.live.subscribers import open_subscribers
from twopair.live.tried import beside
from twopair.live.unbound import refuse
from twopair.nodes.homenet import HomeNetwork
from twopair.nodes.pcscf import Pcscf

_log = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGINT)

_HANGUP = "SIGHUP: nothing is read again; stop and start to apply changes"

LEAVE_WITHIN_S = 4.0
"""What is left to take leave of the network once a program was told to end."""


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send the log where services send it; `level` is that of our own lines."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("twopair").setLevel(level)


def start(
    driver: Driver,
    file: Path,
    keys: Iterable[tuple[Endpoint, Keys]],
    verbose: int = 0,
    recalled: Sequence[KeptRegistration] = (),
) -> None:
    """Start a node; `verbose` times -v show its messages, `recalled` is where a predecessor left off.

    Raises:
        ConfigError: an address is not one of this machine.
        PrerequisiteMissing: another program has a port, or this user may not have it.
    """
    driver.listen(FactLog())
    if verbose:
        driver.tap = MessageLog(driver.sets, whole=verbose > 1)
    driver.start(recalled)
    refuse(file, driver.failures, keys)


@asynccontextmanager
async def until_told_to_end() -> AsyncIterator[Event]:
    """An event that SIGTERM and SIGINT set. SIGHUP ends nothing: it leads to a line in the log."""
    loop, end = get_running_loop(), Event()
    for number in _ENDING:
        loop.add_signal_handler(number, end.set)
    loop.add_signal_handler(signal.SIGHUP, _log.warning, _HANGUP)
    try:
        yield end
    finally:
        for number in (*_ENDING, signal.SIGHUP):
            loop.remove_signal_handler(number)


def ready(words: str) -> None:
    """The one line that tells a supervisor that the service serves."""
    spare_what_stays()
    print(f"ready {words}", flush=True)


async def serve_pcscf(file: Path, verbose: int = 0) -> None:
    """The P-CSCF, until it is told to end.

    Raises:
        ConfigError: the file is wrong, or does not fit this machine.
        PrerequisiteMissing: this machine cannot run it.
    """
    settings = read(file, PcscfFile)
    for line in settings.warnings():
        _log.warning("%s: %s", file, line)
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
            named = settings.admin.socket
            async with answering(None if named is None else beside(file, named), node, driver):
                ready(f"pcscf {config.name} on {addresses} port {config.gm_port}, core {config.core}")
                await end.wait()


async def serve_home(file: Path, verbose: int = 0) -> None:
    """The home network, until it is told to end.

    Raises:
        ConfigError: the file is wrong, or does not fit this machine.
        PrerequisiteMissing: its subscribers cannot be kept here, or another home network has them.
    """
    settings = read(file, HomeFile)
    for line in settings.warnings():
        _log.warning("%s: %s", file, line)
    config = settings.config()
    async with until_told_to_end() as end:
        with ExitStack() as closing:
            subscribers = settings.subscribers()
            store = closing.enter_context(open_subscribers(file, settings.hss.url, subscribers))
            driver = Driver(HomeNetwork(config, store, OsEntropy()), MemoryBackend())
            closing.callback(driver.stop)
            start(driver, file, settings.endpoints(), verbose)
            ready(f"home {config.domain} on {config.core}")
            await end.wait()
            _log.info("end")
