"""What `_lines.c` gives: four functions, each of which may decline by None."""

from collections.abc import Sequence
from typing import TypeVar

Known = TypeVar("Known")

def split(
    data: bytes, start: int, spellings: dict[str, Known], /
) -> tuple[str, list[str], Known, bytes] | None: ...
def value(line: str, /) -> str | None: ...
def assemble(
    lines: list[str],
    keep: list[bool],
    starts_above: tuple[str, ...],
    above: Sequence[str],
    starts_below: tuple[str, ...],
    below: Sequence[str],
    /,
) -> list[str] | None: ...
def serialise(first: str, lines: list[str], body: bytes, /) -> bytes | None: ...
