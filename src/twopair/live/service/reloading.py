"""SIGHUP: what may change without the loss of an SA set changes, of the rest it is said that it does not."""

import logging
import signal
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from twopair.live.config import ConfigError, PcscfFile, read
from twopair.live.config.changes import When, changes, row_of, taken_over
from twopair.live.config.together import Broken
from twopair.live.service.running import Running
from twopair.nodes.orders import Reconfigured

_NOT_NOW = "SIGHUP: nothing is read while this host does not serve; send it again when it does"
_APART = "; that is so as long as what needs a restart is as before"

_log = logging.getLogger(__name__)


@asynccontextmanager
async def reloading(running: Running) -> AsyncIterator[None]:
    """Read the file again at each SIGHUP, as long as this host serves."""
    loop = get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload, running)
    try:
        yield
    finally:
        loop.add_signal_handler(signal.SIGHUP, _log.warning, _NOT_NOW)


def reload(running: Running) -> None:
    """Read the file again, and go on with it; with the settings of before, should anything be wrong."""
    file, before = running.file, running.settings
    try:
        new = read(file, PcscfFile).for_worker(before.part)
        after = taken_over(before, new)
        faults = list(_faults(running, after))
    except ConfigError as error:
        faults = error.lines
    except Broken as error:
        faults = [f"{file}: {'.'.join(map(str, place[:2]))}: {words}{_APART}" for place, words in error.found]
    except ValueError as error:
        faults = [f"{file}: {error}{_APART}"]
    if faults:
        for line in faults:
            _log.error("%s", line)
        _log.error("SIGHUP: %s is not taken; all stays as it was", file)
        return
    _tell(running, before, new)
    running.settings = after
    if (config := after.config()) != before.config():
        running.driver.feed(Reconfigured(config))
    for hear in running.renewed:
        hear(after)


def _faults(running: Running, settings: PcscfFile) -> Iterator[str]:
    """What this machine cannot do, and may be able to with another back end."""
    features = running.ipsec.backend.features
    for suite in settings.security.algorithms:
        if suite not in features.suites:
            said = f"{suite} is nothing that {features.name} can do; take it away, or restart"
            yield f"{running.file}: security.algorithms: {said}"


def _tell(running: Running, before: PcscfFile, new: PcscfFile) -> None:
    """A line for each key that has another value."""
    found = list(changes(before, new))
    _log.info(
        "SIGHUP: %s: %s",
        running.file,
        f"keys that have changed: {len(found)}" if found else "nothing has changed",
    )
    for change in found:
        when, words = row_of(change.key)
        why = f"; {words}" if words else ""
        if when is When.RESTART:
            _log.warning("%s: not before a restart%s", change, why)
        else:
            _log.info(
                "%s: %s%s", change, "from now on" if when is When.AT_ONCE else "for new registrations", why
            )
