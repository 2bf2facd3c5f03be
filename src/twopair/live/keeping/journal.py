"""What is kept is written to a file at once, and to the store a little later (MGP-14; ADR 18).

`write` to a file costs microseconds, and its octets belong to the kernel when it returns: ``kill -9`` between
a 200 OK and the store loses nothing. The journal is cut into segments, one for each batch of the writer; a
segment goes when the store has its batch.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOST_OCTETS: Final = 256 << 20
"""How large the journal may grow while the store is gone; then it waits for the store, too."""

_HEAD: Final = struct.Struct("<IIHB")
"""CRC-32 of what follows, octets of the value, octets of the key, and whether the key goes."""

_PREFIX: Final = "journal-"


class Journal:
    """Changes that the store may not have yet.

    Args:
        folder: of the segments; is made if it is not there.

    Raises:
        OSError: it cannot be made or read.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._segments = sorted(
            int(file.name.removeprefix(_PREFIX)) for file in folder.iterdir() if file.name.startswith(_PREFIX)
        )
        self._descriptor = -1
        self._number = self._segments[-1] if self._segments else 0
        self._octets = sum(self._path(number).stat().st_size for number in self._segments)

    @property
    def octets(self) -> int:
        """How large it is."""
        return self._octets

    def replay(self) -> dict[str, bytes | None]:
        """The last change of each key; a record that was cut off by the end of its writer is none."""
        changes: dict[str, bytes | None] = {}
        for number in self._segments:
            changes.update(_records(self._path(number).read_bytes()))
        return changes

    def append(self, key: str, value: bytes | None) -> None:
        """Write one change. Raises OSError: there is no room, or the disk fails."""
        if self._octets >= MOST_OCTETS:
            raise OSError(f"the journal has {self._octets} octets already")
        if self._descriptor < 0:
            self._open()
        name, body = key.encode(), value or b""
        tail = _HEAD.pack(0, len(body), len(name), value is None)[4:] + name + body
        record = struct.pack("<I", zlib.crc32(tail)) + tail
        written = os.write(self._descriptor, record)
        self._octets += written
        if written < len(record):
            self.turn()  # what comes next must not stand behind half a record
            raise OSError("no room for a whole record")

    def turn(self) -> int:
        """Begin a new segment with the next change. Gives the number of the last one that is complete."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        return self._number

    def drop(self, upto: int) -> None:
        """The store has all that is in segments up to this one. Raises OSError."""
        for number in [number for number in self._segments if number <= upto]:
            path = self._path(number)
            size = path.stat().st_size
            path.unlink()
            self._octets -= size
            self._segments.remove(number)

    def clear(self) -> None:
        """Forget what is in it: another host has gone on in between. Raises OSError."""
        self.turn()
        self.drop(self._number)

    def close(self) -> None:
        """Let go."""
        self.turn()

    def _open(self) -> None:
        number = self._number + 1
        self._descriptor = os.open(
            self._path(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600
        )
        self._number = number
        self._segments.append(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"{_PREFIX}{number:012d}"


def _records(octets: bytes) -> Iterator[tuple[str, bytes | None]]:
    at = 0
    while at + _HEAD.size <= len(octets):
        crc, value_octets, key_octets, gone = _HEAD.unpack_from(octets, at)
        begin = at + _HEAD.size
        end = begin + key_octets + value_octets
        if end > len(octets) or zlib.crc32(octets[at + 4 : end]) != crc:
            return
        key = octets[begin : begin + key_octets].decode()
        yield key, None if gone else octets[begin + key_octets : end]
        at = end
