"""Parameters behind semicolons: ``;name=value;flag;other="quoted"`` (RFC 3261 §25.1)."""

import re
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.lists import LWS, QUOTED, split_unquoted

_ESCAPED: Final = re.compile(r"\\(.)", re.S)

Params = dict[str, str | None]
"""Lower-case names → value as written (quotes kept), or None for a flag."""


def parse_params(text: str) -> Params:
    """Parameters from the text behind the first semicolon; the first of equal names counts.

    Raises:
        WireError: something between the semicolons is no parameter.
    """
    found: Params = {}
    for part in split_unquoted(text, ";"):
        name, equals, value = part.partition("=")
        name, value = name.strip(LWS), value.strip(LWS)
        if not name:
            if equals:
                raise WireError("a parameter without a name", 0, "RFC 3261 §25.1")
            continue
        if '"' in name or ('"' in value and not QUOTED.fullmatch(value)):
            raise WireError("a quoted string that is none", 0, "RFC 3261 §25.1")
        found.setdefault(name.lower(), value if equals else None)
    if (" " in text or "\t" in text) and any(map(_spaced, found.items())):
        raise WireError("white space within a parameter", 0, "RFC 3261 §25.1")
    return found


def _spaced(param: tuple[str, str | None]) -> bool:
    name, value = param
    text = name if value is None or value[:1] == '"' else name + value
    return " " in text or "\t" in text


def print_params(params: Params) -> str:
    """``;name=value;flag`` for all of them, or nothing."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


def unquote(text: str) -> str:
    """The content of a quoted string, or the text itself if it is not quoted."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]
    return text


def quote(text: str) -> str:
    """The text as a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
