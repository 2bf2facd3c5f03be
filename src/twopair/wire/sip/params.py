"""Parameters behind semicolons: ``;name=value;flag;other="quoted"`` (RFC 3261 §25.1)."""

import re
from typing import Final

from twopair.base import WireError

_PARAM: Final = re.compile(r'\s*([^\s;=",<>]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;"]*?))?\s*(?:;|\Z)', re.S)

Params = dict[str, str | None]
"""Lower-case names → value as written (quotes kept), or None for a flag."""


def parse_params(text: str) -> Params:
    """Parameters from the text behind the first semicolon; the first of equal names counts.

    Raises:
        WireError: something between the semicolons is no parameter.
    """
    found: Params = {}
    if '"' not in text:
        return _plain(text, found)
    at = 0
    while at < len(text):
        match = _PARAM.match(text, at)
        if match is None:
            if text[at:].strip(" \t\r\n;") == "":
                break
            raise WireError("not a parameter", at, "RFC 3261 §25.1")
        found.setdefault(match[1].lower(), match[2])
        at = match.end()
    return found


def _plain(text: str, found: Params) -> Params:
    """The usual case, without quotes."""
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not name:
            if equals or part.strip():
                raise WireError("a parameter without a name", 0, "RFC 3261 §25.1")
            continue
        found.setdefault(name.lower(), value.strip() if equals else None)
    return found


def print_params(params: Params) -> str:
    """``;name=value;flag`` for all of them, or nothing."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


def unquote(text: str) -> str:
    """The content of a quoted string, or the text itself if it is not quoted."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S)
    return text


def quote(text: str) -> str:
    """The text as a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
