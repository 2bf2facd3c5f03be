"""Rows of text with a place for every column, and words made to fit."""

from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.text import Text

_PLAIN: Final = str.maketrans(
    {
        "│": "|", "═": "=", "╌": "-", "─": "-", "╞": "|", "╡": "|", "├": "|", "┤": "|", "►": ">", "◄": "<",
        "┝": "|", "┥": "|", "━": "#", "┊": ":", "…": "~", "·": "-", "■": "*", "□": "o", "✓": "+", "✗": "X",
        "§": "S", "“": '"', "”": '"',
    }
)  # fmt: skip


class Row:
    """One line; what is put later lies on top."""

    def __init__(self, width: int) -> None:
        self._cells = [" "] * width
        self._styles = [""] * width

    def put(self, x: int, words: str, style: str = "") -> None:
        """Write from column `x` to the right; what does not fit is lost."""
        for at, letter in enumerate(words, x):
            if 0 <= at < len(self._cells):
                self._cells[at] = letter
                self._styles[at] = style

    def end(self, x: int, words: str, style: str = "") -> None:
        """Write so that the last letter stands in column `x`."""
        self.put(x - len(words) + 1, words, style)

    def centre(self, x: int, words: str, style: str = "") -> None:
        """Write with the middle in column `x`, but wholly inside the row."""
        at = x - len(words) // 2
        self.put(max(0, min(at, len(self._cells) - len(words))), words, style)

    def text(self) -> Text:
        """The row for rich, without spaces at its end."""
        text = Text(no_wrap=True, overflow="crop")
        end = len("".join(self._cells).rstrip())
        run = zip(self._cells[:end], self._styles, strict=False)
        for style, letters in groupby(run, key=itemgetter(1)):
            text.append("".join(letter for letter, _ in letters), style or None)
        return text


def folded(words: str, width: int) -> list[str]:
    """The words in lines of at most `width` letters; nothing is left out.

    A line ends at a space, else before the host or a parameter of a URI, else before a dot, if it has a
    third of its letters then; else at any space, else anywhere.
    """
    lines = []
    while len(words) > width:
        at = _end_of_line(words, width)
        lines.append(words[:at].rstrip())
        words = words[at:].lstrip()
    return [*lines, words]


def _end_of_line(words: str, width: int) -> int:
    for ends, least in ((" ", width // 3), ("@;", width // 3), (".", width // 3), (" ", 1)):
        at = max(words.rfind(end, 1, width + 1) for end in ends)
        if at >= max(least, 1):
            return at
    return width


def in_ascii(text: Text) -> Text:
    """The same drawn with the letters of ASCII, for terminals that have no others."""
    plain = Text(text.plain.translate(_PLAIN), no_wrap=True, overflow="crop")
    plain.spans = text.spans
    return plain
