"""The memory of a soft card between two runs of a program."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SqnFile:
    """The array SEQ_MS of a card in a file, so that it survives power-off (AKA-15, AKA-18)."""

    path: Path

    def load(self) -> tuple[int, ...]:
        """What was kept; nothing for a new card. Raises ValueError for other content, OSError."""
        if not self.path.exists():
            return ()
        seqs = json.loads(self.path.read_text())
        if not (isinstance(seqs, list) and all(isinstance(seq, int) and seq >= 0 for seq in seqs)):
            raise ValueError("not a list of sequence numbers")
        return tuple(seqs)

    def keep(self, seqs: tuple[int, ...]) -> None:
        """Replace the file in one step."""
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(json.dumps(seqs))
        beside.replace(self.path)
