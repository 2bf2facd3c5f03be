"""`twopair home`: a home network as a service."""

import logging
from contextlib import ExitStack
from pathlib import Path

from twopair.backends.memory import MemoryBackend
from twopair.live.admin.orders import orders
from twopair.live.admin.server import AdminSocket
from twopair.live.config import HomeFile, read
from twopair.live.diameter.at_home import cx_of
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.program import ready, start, until_told_to_end
from twopair.live.subscribers import open_subscribers
from twopair.live.tried import beside
from twopair.nodes.homenet import HomeNetwork

_log = logging.getLogger(__name__)


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
            store = None
            if settings.hss.far is None:
                store = closing.enter_context(open_subscribers(file, settings.hss.url, subscribers))
            node = HomeNetwork(config, store, OsEntropy())
            driver = Driver(node, MemoryBackend())
            closing.callback(driver.stop)
            start(driver, file, settings.endpoints(), verbose)
            named = settings.admin.socket
            place = None if named is None else beside(file, named)
            async with (
                cx_of(file, settings, node, driver) as beyond,
                AdminSocket({}, orders(driver, beyond)).open(place),
            ):
                ready(f"home {config.domain} on {config.core}")
                await end.wait()
            _log.info("end")
