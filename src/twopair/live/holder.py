"""One program at a time on a file: a home network on its subscribers, a P-CSCF on what it keeps.

Two home networks would give out one sequence number twice, two P-CSCFs use one IV twice. The lock is on a
file beside it: closing a descriptor of a database itself would drop the locks of SQLite.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

_LONGEST_PID: Final = 20


class Held(Exception):
    """Another process has it; the text is its process number, empty where it has not written that yet."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other programs off a file; the kernel gives it back however this process ends.

    Args:
        path: the file, with symbolic links resolved, so that every name of it leads to one lock.

    Raises:
        Held: by another process.
        OSError: the lock cannot be made.
    """
    beside = path.with_name(path.name + ".lock")
    descriptor = _locked(beside)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        with suppress(OSError):
            beside.unlink()  # while it is ours: see below
        os.close(descriptor)


def _locked(beside: Path) -> int:
    while True:
        descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
            if _is(descriptor, beside):
                return descriptor
        except BlockingIOError:
            holder = os.pread(descriptor, _LONGEST_PID, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise Held(holder) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was removed between the two calls, by who had it until then


def _is(descriptor: int, path: Path) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
