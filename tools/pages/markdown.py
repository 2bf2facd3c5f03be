"""Pieces of Markdown."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MADE: Final = "<!-- Written by tools/generate-docs (make docs); changes by hand are lost. -->"


def page(title: str, *parts: Iterable[str]) -> str:
    """A whole page that nobody edits."""
    lines = [MADE, "", f"# {title}", ""]
    for part in parts:
        lines += [*part, ""]
    return "\n".join(lines).rstrip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; cells may have Markdown in them, but no line ends."""
    yield _row(head)
    yield _row(["---"] * len(head))
    for row in rows:
        assert len(row) == len(head), row
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def code(text: object) -> str:
    """A word of the program."""
    return f"`{text}`"


def link(target: Path, start: str, text: str | None = None) -> str:
    """A link to a file of the repository, from the folder `start` of it."""
    return f"[{text or target.name}]({os.path.relpath(target, ROOT / start)})"


def prose(docstring: str) -> str:
    """A docstring's text as Markdown: double backquotes become single ones."""
    return re.sub(r"``([^`]+)``", r"`\1`", docstring)


def paragraph(*sentences: str) -> Iterator[str]:
    """Sentences as lines of a file."""
    yield from wrap(" ".join(sentences), 110, break_long_words=False, break_on_hyphens=False)


def drawn(text: str, **parts: Iterable[str]) -> str:
    """A page of people, with what stands between ``<!-- drawn: NAME -->`` and ``<!-- end -->`` made anew."""
    assert all(f"<!-- drawn: {name} -->" in text for name in parts), "every drawing has its place"

    def fill(found: re.Match[str]) -> str:
        return found[1] + "".join(f"{line}\n" for line in parts[found[2]]) + found[3]

    return re.sub(r"(<!-- drawn: ([\w-]+) -->\n).*?(<!-- end -->)", fill, text, flags=re.DOTALL)
