"""Rows of text with a place for every column, and words made to fit."""

from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.text import Text

_PLAIN: Final = str.maketrans(
    {
        "│": "|", "═": "=", "╌": "-", "─": "-", "╞": "|", "╡": "|", "├": "|", "┤": "|", "►": ">", "◄": "<",
        "┝": "|", "┥": "|", "━": "#", "┊": ":", "…": "~", "·": "-", "■": "*", "□": "o", "✓": "+", "✗": "X",
        "§": "S",
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


def shortened(words: str, width: int) -> str:
    """At most `width` letters; an ellipsis stands for the rest."""
    return words if len(words) <= width else words[: width - 1] + "…"


def in_ascii(text: Text) -> Text:
    """The same drawn with the letters of ASCII, for terminals that have no others."""
    plain = Text(text.plain.translate(_PLAIN), no_wrap=True, overflow="crop")
    plain.spans = text.spans
    return plain
