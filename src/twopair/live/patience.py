"""Waits for what may pass by itself, a lock or a server that is away, for some seconds (ADR 17)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import sleep
from typing import Final, TypeVar

from twopair.base import Micros, seconds
from twopair.live.clock import monotonic
from twopair.live.prerequisite import PrerequisiteMissing

_log = logging.getLogger(__name__)

SAID_AFTER: Final = seconds(1)
GIVEN_UP_AFTER: Final = seconds(5)
_BETWEEN_S: Final = 0.05

T = TypeVar("T")

Passing = Callable[[Exception], str | None]
"""What is said of an error that may pass by itself; None for any other."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How such a thing is waited for at start: a backup or a person in the file has mostly gone soon.

    Args:
        clock: what time it is.
        sleep: called with seconds between two attempts.
    """

    clock: Callable[[], Micros] = monotonic
    sleep: Callable[[float], None] = sleep

    def until_free(self, said: str, attempt: Callable[[], T], passing: Passing) -> T:
        """What `attempt` gives once nothing is in its way that passes.

        Args:
            said: key and value, as lines about it begin.
            attempt: changes nothing where it fails.
            passing: knows which errors may pass by themselves.

        Raises:
            PrerequisiteMissing: it has not passed in time.
            Exception: any other fault of `attempt`, at once.
        """
        begun, told = self.clock(), False
        while True:
            try:
                return attempt()
            except Exception as error:
                why = passing(error)
                if why is None:
                    raise
            waited = self.clock() - begun
            if waited >= GIVEN_UP_AFTER:
                raise PrerequisiteMissing(f"{said}: {why}")
            if waited >= SAID_AFTER and not told:
                told = True
                _log.warning("%s: %s; waiting", said, why.partition(";")[0])
            self.sleep(_BETWEEN_S)
