"""Comma-separated header lists; commas in quotes and in <> do not count (RFC 3261 §7.3.1)."""

import re
from typing import Final

_STOP: Final = re.compile(r'[",<]')
_QUOTED_END: Final = re.compile(r'(?:[^"\\]|\\.)*"', re.S)


def first_element(text: str) -> str:
    """The text up to the first separating comma, white space included."""
    if "," not in text:
        return text
    if '"' not in text and "<" not in text:
        return text[: text.index(",")]
    return _scan(text, 0)


def split_list(text: str) -> list[str]:
    """The elements of a list, stripped; empty ones are left out."""
    if "," not in text:
        text = text.strip()
        return [text] if text else []
    if '"' not in text and "<" not in text:
        return [part for part in map(str.strip, text.split(",")) if part]
    elements, at = [], 0
    while at <= len(text):
        element = _scan(text, at)
        at += len(element) + 1
        if stripped := element.strip():
            elements.append(stripped)
    return elements


def _scan(text: str, start: int) -> str:
    """The element that begins at `start`, in time linear in its length."""
    at = start
    while True:
        stop = _STOP.search(text, at)
        if stop is None:
            return text[start:]
        at = stop.start()
        if text[at] == ",":
            return text[start:at]
        if text[at] == "<":
            end = text.find(">", at)
            at = end + 1 if end >= 0 else at + 1
        else:
            quoted = _QUOTED_END.match(text, at + 1)
            at = quoted.end() if quoted else at + 1
