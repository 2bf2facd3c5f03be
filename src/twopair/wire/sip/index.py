"""Header lines → their order: which name stands in which line (RFC 3261 §7.3.1)."""

from typing import Final

from twopair.base import WireError
from twopair.wire.sip.names import CANONICAL
from twopair.wire.sip.order import Order, is_kept, order_of

_MOST_SPELLINGS: Final = 512
_PROBED: Final = 12
"""Characters of the lines by which a spelling is guessed."""


class Spelling:
    """An order as somebody writes it: lines with these beginnings, name and colon, are in that order."""

    __slots__ = ("order", "starts")

    def __init__(self, starts: tuple[str, ...], order: Order) -> None:
        self.starts = starts
        self.order = order


SPELLINGS: Final[dict[str, Spelling]] = {}
"""By the beginnings of the lines, in one text: each ends with its only colon."""

_latest: Final[dict[tuple[int, str, str], Spelling]] = {}
"""The one that came last with so many lines, and these beginnings of two of them."""

_starts_with: Final = str.startswith


def index(lines: list[str]) -> tuple[list[str], Order]:
    """Lines, each with its continuations (line end kept), and their order.

    It is first tried whether the lines begin as those of a message did that looked alike: each with the
    same name and colon. A colon ends the name, so no other name can begin so.

    Raises:
        WireError: a line without a name.
    """
    count = len(lines)
    if not count:
        return lines, order_of(())
    looks = (count, lines[count >> 1][:_PROBED], lines[count >> 2][:_PROBED])
    spelling = _latest.get(looks)
    if spelling is not None and all(map(_starts_with, lines, spelling.starts)):
        return lines, spelling.order
    starts = tuple([line[: line.find(":") + 1] for line in lines])
    written = "".join(starts)
    spelling = SPELLINGS.get(written)
    if spelling is None or len(spelling.starts) != count:  # one without a colon adds nothing to the text
        if any(line[:1] in (" ", "\t") for line in lines):
            return _read(_unfold(lines))
        _, order = _read(lines)
        if not is_kept(starts):
            return lines, order
        spelling = Spelling(starts, order)
        if len(SPELLINGS) >= _MOST_SPELLINGS:
            SPELLINGS.clear()
        SPELLINGS[written] = spelling
    if len(_latest) >= _MOST_SPELLINGS:
        _latest.clear()
    _latest[looks] = spelling
    return lines, spelling.order


def _read(lines: list[str]) -> tuple[list[str], Order]:
    """The order of lines that nobody has written so yet."""
    names = []
    for line in lines:
        written, colon, _ = line.partition(":")
        if not colon:
            raise WireError("header line without a colon", 0, "RFC 3261 §7.3.1")
        names.append(CANONICAL[written])
    return lines, order_of(tuple(names))


def _unfold(lines: list[str]) -> list[str]:
    """Continuation lines joined to the line they continue, line end kept (RFC 3261 §7.3.1)."""
    joined: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            if not joined:
                raise WireError("a continuation of nothing", 0, "RFC 3261 §7.3.1")
            joined[-1].append(line)
        else:
            joined.append([line])
    return ["\r\n".join(parts) for parts in joined]
