"""The memory of a soft card between two runs of a program."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ANEW: Final = "remove it, and the card begins anew"


@dataclass(frozen=True, slots=True)
class SqnFile:
    """The array SEQ_MS of a card in a file, so that it survives power-off (AKA-15, AKA-18)."""

    path: Path

    def load(self) -> tuple[int, ...]:
        """What was kept; nothing for a new card. Raises ValueError for other content, OSError."""
        if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
            raise ValueError("a device or a pipe; give the path of a file")  # reading it might never end
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return ()
        except UnicodeDecodeError:
            text = "not text"
        if not text.strip():
            raise ValueError(f"an empty file; {_ANEW}")
        try:
            seqs = json.loads(text)
        except (ValueError, RecursionError):
            seqs = None
        if not (isinstance(seqs, list) and all(type(seq) is int and seq >= 0 for seq in seqs)):
            raise ValueError(f"not a list of sequence numbers; {_ANEW}")
        return tuple(seqs)

    def keep(self, seqs: tuple[int, ...]) -> None:
        """Replace the file in one step. Raises OSError."""
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(json.dumps(seqs))
        beside.replace(self.path)

    def try_writing(self) -> None:
        """Write as `keep` would, beside the file, which stays as it is. Raises OSError."""
        beside = self.path.with_name(self.path.name + ".tried")
        try:
            with beside.open("w") as file:
                file.write(json.dumps([0] * 32))
                file.flush()
                os.fsync(file.fileno())  # some file systems find only now that there is no room
        finally:
            beside.unlink(missing_ok=True)
