"""What a long run is at, for somebody who sits before a terminal."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final, TextIO

from twopair.demo.canvas import folded

_PATIENCE_S: Final = 1.0


class Progress:
    """One line that is written over and over, from a second after the beginning; at the end it is gone.

    Args:
        stream: where it is written.
        wanted: whether it is written at all.
        columns: width of the terminal.
        clock: time in seconds.
    """

    def __init__(
        self, stream: TextIO, *, wanted: bool, columns: int = 80, clock: Callable[[], float] = monotonic
    ) -> None:
        self._stream = stream
        self._wanted = wanted
        self._columns = columns
        self._clock = clock
        self._begin = clock()
        self._written = False

    def tell(self, words: str) -> None:
        """The run has come to this."""
        if self._wanted and self._clock() - self._begin >= _PATIENCE_S:
            self._write(folded(words, self._columns - 1)[0])
            self._written = True

    def end(self) -> None:
        """Take the line away."""
        if self._written:
            self._write("")

    def _write(self, line: str) -> None:
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()


def on_terminal(*, as_json: bool, columns: int) -> Progress:
    """On standard error, if people read both streams: neither goes to a file or pipe, and it is not JSON."""
    wanted = sys.stderr.isatty() and sys.stdout.isatty() and not as_json
    return Progress(sys.stderr, wanted=wanted, columns=columns)
