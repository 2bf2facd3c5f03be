"""The file of an admin socket: ours alone, and never taken from a program that is alive."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ECONNREFUSED, ENOENT
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

from twopair.live.prerequisite import PrerequisiteMissing

_OWNER_ONLY = 0o177
_MOST_OCTETS = 108


@contextmanager
def named(path: Path) -> Iterator[str]:
    """A name for a socket's file that the kernel takes, however long its path is (unix(7): 108 octets).

    Raises:
        OSError: its folder is not there.
    """
    if len(os.fsencode(path)) < _MOST_OCTETS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Place:
    """A listening Unix socket with its file, which is readable and writable for its owner alone.

    Args:
        path: where. What a dead program left there is replaced.

    Attributes:
        listening: the socket.

    Raises:
        PrerequisiteMissing: another program answers there, the file is something else, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.listening = socket(AF_UNIX, SOCK_STREAM)
        try:
            _make_room(path)
            before = os.umask(_OWNER_ONLY)
            try:
                with named(path) as name:
                    self.listening.bind(name)
            finally:
                os.umask(before)
            self.listening.listen()
            self._inode = path.stat().st_ino
        except OSError as error:
            self.listening.close()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise PrerequisiteMissing(f"admin.socket: no socket at {path}: {why}") from None
        except PrerequisiteMissing:
            self.listening.close()
            raise

    def close(self) -> None:
        """Close it, and remove its file, unless it is another program's by now."""
        self.listening.close()
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _make_room(path: Path) -> None:
    """Remove a socket on which nobody listens; anything else stays."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise PrerequisiteMissing(
            f"admin.socket: {path} is there already, and is no socket; give another path"
        )
    with socket(AF_UNIX, SOCK_STREAM) as probe:
        probe.setblocking(False)
        with named(path) as name:
            code = probe.connect_ex(name)
    if code == ECONNREFUSED:
        path.unlink(missing_ok=True)
    elif code != ENOENT:
        raise PrerequisiteMissing(
            f"admin.socket: another program answers at {path}; end it, or give another path"
        )
