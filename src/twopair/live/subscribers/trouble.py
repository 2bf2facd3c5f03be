"""A store that fails for a while: one line when that begins, one when it is over."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from twopair.nodes.homenet import StoreFailed

_log = logging.getLogger(__name__)

PATIENT_MS: Final = 250
"""How long a request waits for a lock, and everybody else with it, while all is well."""


class Trouble:
    """Whether the store fails now.

    Args:
        path: its file, for the log.
        wait_ms: told how long a lock is to be waited for; not at all while it fails.
    """

    def __init__(self, path: Path, wait_ms: Callable[[int], None]) -> None:
        self._path = path
        self._wait_ms = wait_ms
        self._failed = 0
        self._wrote = False

    def failed(self, words: str, *, wrote: bool) -> StoreFailed:
        """A call failed; the error to raise."""
        if not self._failed:
            _log.warning("subscribers in %s: %s; 500 to who needs them until that is over", self._path, words)
            self._wait_ms(0)
        self._failed += 1
        self._wrote = wrote
        return StoreFailed(words)

    def worked(self, *, wrote: bool) -> None:
        """A call succeeded; a full disk can still be read, so after a failed write only a write counts."""
        if self._failed and wrote >= self._wrote:
            _log.info("subscribers in %s: work again; failed requests: %d", self._path, self._failed)
            self._wait_ms(PATIENT_MS)
            self._failed = 0
