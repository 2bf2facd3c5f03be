"""What every program of ours does: log, signals, the ready line, a node started on its ports."""

import logging
import signal
from asyncio import Event, get_running_loop
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from twopair.base import Endpoint
from twopair.core.registration.kept import KeptRegistration
from twopair.live.collector import spare_what_stays
from twopair.live.config.endpoints import Keys
from twopair.live.driver import Driver
from twopair.live.facts_log import FactLog
from twopair.live.log_lines import LogFormat, handler
from twopair.live.message_log import MessageLog
from twopair.live.unbound import refuse

_log = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGINT)

_HANGUP = "SIGHUP: nothing is read again; stop and start to apply changes"

LEAVE_WITHIN_S = 4.0
"""What is left to take leave of the network once a program was told to end."""


def log_to_stderr(level: int = logging.INFO, form: LogFormat = LogFormat.TEXT, worker: int = 0) -> None:
    """Send the log where services send it; `level` is that of our own lines."""
    logging.basicConfig(handlers=[handler(form, worker)])
    log_level(level)


def log_level(level: int | str) -> None:
    """How much our own lines say from now on: a level of `logging`, or its name in any case."""
    logging.getLogger("twopair").setLevel(level.upper() if isinstance(level, str) else level)


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
    driver.listen(FactLog(later=get_running_loop().call_later))
    if verbose:
        driver.taps.append(MessageLog(driver.sets, whole=verbose > 1))
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
