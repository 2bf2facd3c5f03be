"""What is said of a file of the configuration that is tried at start and cannot be used."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from errno import (
    EACCES,
    EDQUOT,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EROFS,
)
from pathlib import Path
from typing import Final

from twopair.live.config import ConfigError
from twopair.live.prerequisite import PrerequisiteMissing

_OF_THE_FILE: Final = {
    ENOENT: "its folder is not there; make it, or give another path",
    ENOTDIR: "a folder in its path is a file; give another path",
    EISDIR: "is a folder; give the path of a file",
    ELOOP: "symbolic links that go in a circle; give another path",
    ENAMETOOLONG: "too long a path; give a shorter one",
}
"""What is mended by another value: exit code 2."""

_OF_THE_MACHINE: Final = {
    EACCES: "may not be read and written; allow this user to, in its folder too",
    EPERM: "may not be read and written; allow this user to, in its folder too",
    EROFS: "lies on a file system that is read-only; make it writable, or give another path",
    ENOSPC: "there is no room left on its disk; make room, or give another path",
    EDQUOT: "there is no room left for this user on its disk; make room, or give another path",
}
"""What is mended on the machine: exit code 3."""


def beside(file: Path, path: str | Path) -> Path:
    """A path as a configuration file means it: relative to that file, and with `~` for a name like others."""
    return file.parent / path


@contextmanager
def tried(file: Path, key: str, value: object) -> Iterator[None]:
    """Faults of what is tried, as one line ``FILE: key = "value": what is wrong; what would be right``.

    Args:
        file: the configuration file.
        key: the key in it, ``identity.sqn_file``.
        value: as it is written there.

    Raises:
        ConfigError: another value mends it; also for a ValueError, whose text says what is wrong.
        PrerequisiteMissing: the machine lacks a right or room.
    """
    said = f"{file}: {key} = {json.dumps(str(value), ensure_ascii=False)}"
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        if number in _OF_THE_FILE:
            raise ConfigError([f"{said}: {_OF_THE_FILE[number]}"]) from None
        words = _OF_THE_MACHINE.get(number, f"cannot be used ({error.strerror}); look at its disk")
        raise PrerequisiteMissing(f"{said}: {words}") from None
    except ValueError as error:
        raise ConfigError([f"{said}: {error}"]) from None
