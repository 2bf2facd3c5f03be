"""The keys of SA sets in a file that Wireshark decrypts a capture with; only for who asks for it (AKA-32)."""

import errno
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_IMODE, S_IRWXG, S_IRWXO, S_ISREG
from typing import Final

from twopair.base import Micros, seconds
from twopair.core.sa import SaSet
from twopair.live.clock import monotonic
from twopair.wire import keylog

_log = logging.getLogger(__name__)

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PAUSE: Final = seconds(60)


def lines_of(sa_set: SaSet) -> Iterator[str]:
    """Lines of Wireshark's ``esp_sa`` table for the four SAs of a set, without line ends."""
    for arrow in sa_set.arrows:
        sa = sa_set.association(arrow)
        yield keylog.line(
            sa.selector.src,
            sa.selector.dst,
            sa.spi,
            sa.suite,
            encryption=sa.keys.encryption,
            integrity=sa.keys.integrity,
            salt=sa.keys.salt,
        )


class KeyLog:
    """Appends to one file, which is its owner's alone.

    Args:
        path: made if it is not there.

    Raises:
        ValueError: others may read it, or it is no file; the text says what is wrong and what to do.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _opened(path)
        self._torn = False
        self._quiet_until = Micros(0)

    def __call__(self, *sets: SaSet) -> None:
        """Append the lines of these sets; what cannot be written is lost, and said once a minute."""
        text = "".join(f"{line}\n" for line in _lines(sets)).encode()
        try:
            written = os.write(self._file, b"\n" + text if self._torn else text)
            self._torn = written < len(text) + self._torn
        except OSError as error:
            self._trouble(error.strerror or str(error))
        else:
            if self._torn:
                self._trouble("no room for the whole of it")

    def reopen(self) -> None:
        """Go on in the file that has the path now; the old one is kept if that cannot be opened.

        Raises:
            ValueError: see `KeyLog`.
            OSError: likewise.
        """
        file = _opened(self.path)
        os.close(self._file)
        self._file, self._torn = file, False

    def close(self) -> None:
        """Write nothing any more."""
        os.close(self._file)

    def _trouble(self, why: str) -> None:
        if (now := monotonic()) >= self._quiet_until:
            self._quiet_until = Micros(now + _PAUSE)
            _log.error("%s: keys cannot be written: %s", self.path, why)


def _lines(sets: Iterable[SaSet]) -> Iterator[str]:
    for sa_set in sets:
        yield from lines_of(sa_set)


def _opened(path: Path) -> int:
    try:
        file = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise ValueError("is a symbolic link; give the path of the file itself") from None
        if error.errno == errno.ENXIO:
            raise ValueError("not a file; give the path of one, or of none yet") from None
        raise
    try:
        _refuse(os.fstat(file), path)
    except ValueError:
        os.close(file)
        raise
    return file


def _refuse(found: os.stat_result, path: Path) -> None:
    """Raises ValueError for what others may read."""
    if not S_ISREG(found.st_mode):
        raise ValueError("not a file; give the path of one, or of none yet")
    if found.st_uid != os.geteuid():
        raise ValueError("belongs to another user; give the path of a file that is not there yet")
    if (mode := S_IMODE(found.st_mode)) & (S_IRWXG | S_IRWXO):
        raise ValueError(f"may be used by others (mode {mode:04o}); chmod 600 {path}")
