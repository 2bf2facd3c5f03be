"""Text cut at commas or semicolons, but not within quotes or <> (RFC 3261 §7.3.1, §25.1).

Every expression here is possessive (``++``, ``*+``): none is ever tried twice, so time is linear in
the text whatever a peer writes.
"""

import re
from typing import Final

LWS: Final = " \t"
"""White space within a value. Other characters that Python would strip are content (RFC 3261 §25.1)."""

QUOTED_STRING: Final = r'"(?>(?:[^"\\]++|\\.)*)"'
_ELEMENT: Final = re.compile(rf'(?>(?:[^",<]++|{QUOTED_STRING}|<[^>]*+>)*)', re.S)
_PIECE: Final = {
    ",": re.compile(rf'(?>(?:[^",]++|{QUOTED_STRING})*)', re.S),
    ";": re.compile(rf'(?>(?:[^";]++|{QUOTED_STRING})*)', re.S),
}
QUOTED: Final = re.compile(QUOTED_STRING, re.S)
"""A whole quoted string; to be matched, not searched, since one that never closes is read to the end."""

_OPENED: Final = re.compile(r'"(?>(?:[^"\\]++|\\.)*)("?)', re.S)


def first_element(text: str) -> str:
    """The text up to the first separating comma, white space included."""
    if "," not in text:
        return text
    if '"' not in text and "<" not in text:
        return text[: text.index(",")]
    return text[: _end(_ELEMENT, text, 0, ",")]


def split_list(text: str) -> list[str]:
    """The elements of a list, stripped; empty ones are left out.

    A quote or < that is never closed takes in all that follows it, as in `first_element`.
    """
    if "," not in text:
        text = text.strip(LWS)
        return [text] if text else []
    plain = '"' not in text and "<" not in text
    parts = text.split(",") if plain else _cut(_ELEMENT, text, ",")
    return [stripped for part in parts if (stripped := part.strip(LWS))]


def split_unquoted(text: str, separator: str) -> list[str]:
    """The text cut at each comma or semicolon that is not in quotes; pieces as they stand."""
    pieces = text.split(separator)
    if '"' not in text or ("\\" not in text and not any(piece.count('"') & 1 for piece in pieces)):
        return pieces  # no separator stands within quotes
    return _cut(_PIECE[separator], text, separator)


def without_quoted(text: str) -> str:
    """The text with its quoted strings emptied; one that is never closed stays."""
    return _OPENED.sub(lambda found: '""' if found[1] else found[0], text) if '"' in text else text


def _cut(element: re.Pattern[str], text: str, separator: str) -> list[str]:
    parts, at = [], 0
    while at <= len(text):
        end = _end(element, text, at, separator)
        parts.append(text[at:end])
        at = end + 1
    return parts


def _end(element: re.Pattern[str], text: str, start: int, separator: str) -> int:
    """Where the part that begins at `start` ends; one that is never closed reaches to the end."""
    match = element.match(text, start)
    assert match is not None, "an element may be empty"
    end = match.end()
    return end if text.startswith(separator, end) else len(text)
