"""Waits for a file that another program has locked, for some seconds."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import sleep
from typing import Final, TypeVar

from twopair.base import Micros, seconds
from twopair.live.clock import monotonic
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.subscribers.faults import is_lock

_log = logging.getLogger(__name__)

SAID_AFTER: Final = seconds(1)
GIVEN_UP_AFTER: Final = seconds(5)
_BETWEEN_S: Final = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How a lock is waited for at start: a backup or a person in the file has mostly gone soon.

    Args:
        clock: what time it is.
        sleep: called with seconds between two attempts.
    """

    clock: Callable[[], Micros] = monotonic
    sleep: Callable[[float], None] = sleep

    def until_free(self, said: str, attempt: Callable[[], T]) -> T:
        """What `attempt` gives once the file is not locked.

        Args:
            said: the file, as lines about it begin.
            attempt: changes nothing where it fails.

        Raises:
            PrerequisiteMissing: it is locked for too long.
            sqlite3.Error: any other fault, at once.
        """
        begun, told = self.clock(), False
        while True:
            try:
                return attempt()
            except sqlite3.OperationalError as error:
                if not is_lock(error):
                    raise
            waited = self.clock() - begun
            if waited >= GIVEN_UP_AFTER:
                raise PrerequisiteMissing(
                    f"{said}: is locked by another program; end that program or its transaction, "
                    "or give another path"
                )
            if waited >= SAID_AFTER and not told:
                told = True
                _log.warning("%s: is locked by another program; waiting", said)
            self.sleep(_BETWEEN_S)
