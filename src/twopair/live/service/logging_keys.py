"""[log] keys: a running P-CSCF writes the keys of its SA sets into a file, for Wireshark."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from twopair.core.sa import SaSet
from twopair.live.config import ConfigError, PcscfFile
from twopair.live.key_log import KeyLog
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.service.running import Running
from twopair.live.tried import beside, tried

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 100
"""So many sets are written before others have a turn: there may be hundreds of thousands."""


class _Keys:
    """Whoever writes into the file that the settings name; nobody, where they name none."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._log: KeyLog | None = None
        self._catching_up: asyncio.Task[None] | None = None

    def begin(self, settings: PcscfFile) -> None:
        """Write into the file that they name, and no longer into another.

        Raises:
            ConfigError: that file is not fit for it; all is as before.
            PrerequisiteMissing: this machine does not allow it; likewise.
        """
        named = settings.log.keys
        if named is None:
            self.close()
            return
        with tried(self._running.file, "log.keys", named):
            if self._log is not None and self._log.path == beside(self._running.file, named):
                self._log.reopen()  # it may have been moved away
            else:
                log = KeyLog(beside(self._running.file, named))
                self.close()
                self._log = log
                self._running.driver.installed.append(log)
        _log.warning("log.keys: KEYS OF ALL SA SETS GO TO %s; who reads it reads the traffic", self._log.path)
        self._catch_up()

    def renew(self, settings: PcscfFile) -> None:
        """Another file, or the same one anew."""
        try:
            self.begin(settings)
        except (ConfigError, PrerequisiteMissing) as error:
            _log.error("%s", error)

    def close(self) -> None:
        """Write nothing any more."""
        if self._catching_up is not None:
            self._catching_up.cancel()
        if self._log is not None:
            self._running.driver.installed.remove(self._log)
            self._log.close()
            self._log = None

    def _catch_up(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
        standing = iter(list(self._running.driver.sets.values()))
        self._catching_up = asyncio.create_task(self._write(standing))

    async def _write(self, sets: Iterator[SaSet]) -> None:
        """Sets that were there before the file: a capture of what they carry can be read with it, too."""
        while self._log is not None and (some := list(islice(sets, _AT_ONCE))):
            self._log(*some)
            await asyncio.sleep(0)


@asynccontextmanager
async def logging_keys(running: Running) -> AsyncIterator[None]:
    """Write keys from now on, if the settings say so.

    Raises:
        ConfigError: the file that they name is not fit for it.
        PrerequisiteMissing: this machine does not allow it.
    """
    keys = _Keys(running)
    keys.begin(running.settings)
    running.renewed.append(keys.renew)
    try:
        yield
    finally:
        keys.close()
