"""Extended regular expressions of POSIX, as service points and wildcards have them (29.228 Annex B).

They are the operator's, what they are matched with is anybody's: so texts are cut before they are looked at.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST_PATTERN: Final = 512
"""Characters of an expression."""

LONGEST_TEXT: Final = 1_024
"""Characters of a text that are looked at."""

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_NAMED: Final = re.compile(r"\[:(\w+):\]")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """An expression, ready to be used.

    Raises:
        ValueError: it is too long, or none.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"an expression of more than {LONGEST_PATTERN} characters")
    try:
        return re.compile(_NAMED.sub(_class, pattern), re.ASCII)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


def found(pattern: str, text: str) -> bool:
    """Whether an expression is found anywhere in a text."""
    return compiled(pattern).search(text[:LONGEST_TEXT]) is not None


def is_all(pattern: str, text: str) -> bool:
    """Whether an expression matches a text from its beginning to its end."""
    return len(text) <= LONGEST_TEXT and compiled(pattern).fullmatch(text) is not None


def _class(named: re.Match[str]) -> str:
    try:
        return _CLASSES[named[1]]
    except KeyError:
        raise ValueError(f"{named[0]} is no class of characters") from None
