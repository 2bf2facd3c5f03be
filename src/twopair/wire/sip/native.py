"""The work on header lines that a compiled wheel has in C (docs/adr/0025).

Without it these functions decline everything, as those in C do whatever is unusual: who calls them has the
whole path in Python and goes it then. `NATIVE` says whether it is worth while to ask.
"""

from collections.abc import Sequence
from typing import TypeVar

Known = TypeVar("Known")

try:
    from twopair.wire.sip._lines import assemble, serialise, split, value

    NATIVE = True
except ImportError:
    NATIVE = False

    def split(
        data: bytes, start: int, spellings: dict[str, Known], /
    ) -> tuple[str, list[str], Known, bytes] | None:
        """Start line, header lines, what is known of their names and colons, and body."""
        return None

    def value(line: str, /) -> str | None:
        """What stands behind the colon of a line."""
        return None

    def assemble(
        lines: list[str],
        keep: list[bool],
        starts_above: tuple[str, ...],
        above: Sequence[str],
        starts_below: tuple[str, ...],
        below: Sequence[str],
        /,
    ) -> list[str] | None:
        """Lines of our own, each of a start and a value, around those that stay."""
        return None

    def serialise(first: str, lines: list[str], body: bytes, /) -> bytes | None:
        """The message for the wire."""
        return None


__all__ = ["NATIVE", "assemble", "serialise", "split", "value"]
