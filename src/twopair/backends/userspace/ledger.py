"""Counters of SAs in a file that is mapped into memory: what is written there outlives ``kill -9`` (SA-07).

A number is stored by one instruction and belongs to the kernel from then on, whatever becomes of the
process. It does not outlive the machine: after a boot the file begins anew, and no set is taken up with
numbers that may have been used.
"""

import mmap
import os
from pathlib import Path
from typing import Final

from twopair.core.esp import CELLS, NEVER_USED, Cells, Numbers

_WORD: Final = 8
_SLOT: Final = CELLS + 1
"""Words of a set: its id, 0 where nothing is; then its cells."""

_SLOTS: Final = 4_096
_CHUNK: Final = _SLOTS * _SLOT * _WORD
"""Octets that are mapped at a time: whole pages."""

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def device_of(file: Path) -> int:
    """Number of the TUN device that who has written the ledger had in this boot, 0 for none."""
    return int(_beside(file)[1] or 0) if _is_of_now(file) else 0


def _is_of_now(file: Path) -> bool:
    return _beside(file)[0] == _BOOT.read_text().strip()


def _beside(file: Path) -> tuple[str, str]:
    """The boot in which a ledger was written, and the number of the device."""
    path = Path(f"{file}.boot")
    boot, device = (*path.read_text().split(), "", "")[:2] if path.exists() else ("", "")
    return boot, device


class FileLedger:
    """A `Ledger` in a file.

    Args:
        file: is made if it is not there, and emptied if it is of another boot of the machine.

    Attributes:
        device: number of the TUN device that the predecessor had, 0 for none.

    Raises:
        OSError: it cannot be made or mapped.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("a+b")
        self._words: list[memoryview] = []
        self._free: list[int] = []
        self._slots: dict[int, int] = {}
        self._beside = Path(f"{file}.boot")
        self._boot = _BOOT.read_text().strip()
        self.device = device_of(file)
        if not _is_of_now(file):
            self._file.truncate(0)
            self.remember_device(0)
        for chunk in range(os.fstat(self._file.fileno()).st_size // _CHUNK):
            self._map(chunk)

    def _map(self, chunk: int) -> None:
        mapped = mmap.mmap(self._file.fileno(), _CHUNK, offset=chunk * _CHUNK)
        words = memoryview(mapped).cast("Q")
        self._words.append(words)
        for slot in range(_SLOTS):
            set_id = words[slot * _SLOT]
            if set_id:
                self._slots[set_id] = chunk * _SLOTS + slot
            else:
                self._free.append(chunk * _SLOTS + slot)

    def begin(self, set_id: int, numbers: Numbers = NEVER_USED) -> Cells:
        """See `Ledger`. Raises OSError if the disk is full."""
        self.end(set_id)
        if not self._free:
            chunk = len(self._words)
            os.posix_fallocate(self._file.fileno(), chunk * _CHUNK, _CHUNK)
            self._map(chunk)
        slot = self._free.pop()
        words, first = cells = self._cells(slot)
        for cell, number in enumerate(numbers, first):
            words[cell] = number
        words[first - 1] = set_id  # last: a set that is named has cells of its own
        self._slots[set_id] = slot
        return cells

    def knows(self, set_id: int) -> bool:
        """See `Ledger`."""
        return set_id in self._slots

    def resume(self, set_id: int) -> Cells | None:
        """See `Ledger`."""
        slot = self._slots.get(set_id)
        return None if slot is None else self._cells(slot)

    def end(self, set_id: int) -> None:
        """See `Ledger`."""
        slot = self._slots.pop(set_id, None)
        if slot is not None:
            words, first = self._cells(slot)
            words[first - 1] = 0
            self._free.append(slot)

    def _cells(self, slot: int) -> Cells:
        chunk, place = divmod(slot, _SLOTS)
        return Cells(self._words[chunk], place * _SLOT + 1)

    def remember_device(self, index: int) -> None:
        """Have a successor find the number of the TUN device."""
        self.device = index
        self._beside.write_text(f"{self._boot} {index}\n")

    def only(self, set_ids: set[int]) -> None:
        """Forget all others: nobody will take them up."""
        for set_id in self._slots.keys() - set_ids:
            self.end(set_id)
