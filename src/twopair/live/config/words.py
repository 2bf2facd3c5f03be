"""What is said of a wrong value: what is wrong; what would be right."""

import errno
import re
from collections.abc import Mapping
from tomllib import TOMLDecodeError
from typing import Any, Final

from twopair.nodes.ue.config import INSTANCE

_BY_TYPE: Final[Mapping[str, str]] = {
    "missing": "is missing; it must be given",
    "string_type": 'not a text; write it in quotes, "…"',
    "string_too_short": "an empty text; give at least one character",
    "int_type": "not a whole number; write digits without quotes",
    "int_parsing_size": "a number that is far too large; give a smaller one",
    "bool_type": "not a choice of yes and no; write true or false without quotes",
    "list_type": "not a list; write it in brackets, [ … ]",
    "model_type": "not a table; write its keys below a line with its name in brackets",
    "model_attributes_type": "not a table; write its keys below a line with its name in brackets",
    "dict_type": "not a table; write its keys below a line with its name in brackets",
    "path_type": 'not a path; write it in quotes, "…"',
    "too_short": "too few values ({actual_length}); give at least {min_length}",
    "too_long": "too many values ({actual_length}); give at most {max_length}",
    "greater_than_equal": "too small; give {ge} or more",
    "less_than_equal": "too large; give {le} or less",
    "literal_error": "no such choice; give {expected}",
    "value_error": "{error}",
}
"""Kind of fault to words; in braces what the rule holds."""

_BY_PATTERN: Final[Mapping[str, str]] = {
    r"^\S+$": "has spaces in it; give one word",
    r"^[0-9]{6,15}$": "not an IMSI; give 6 to 15 digits",
    r"^(sip|sips|tel):\S+$": "not a public identity; begin with sip:, sips: or tel:, without spaces",
    INSTANCE: "not a URN; give one such as urn:gsma:imei:35209900-176148-0",
    r"^\+[0-9]+$": "not a prefix of telephone numbers; give + and digits",
}

_BY_ERRNO: Final[Mapping[int, str]] = {
    errno.ENOENT: "no such file; give the path of a TOML file",
    errno.ENOTDIR: "no such file; a folder in its path is a file",
    errno.EISDIR: "is a directory; give the path of a TOML file",
    errno.EACCES: "may not be read; allow this user to read it",
    errno.ELOOP: "symbolic links that go in a circle; give the path of a TOML file",
    errno.ENAMETOOLONG: "too long a path; give the path of a TOML file",
}

_TOML: Final[tuple[tuple[str, str], ...]] = (
    ("Cannot declare", "this table is given twice; keep one of them"),
    ("Cannot overwrite", "this key is given twice; keep one of them"),
    ("Duplicate inline table key", "this key is given twice; keep one of them"),
    ("Cannot mutate immutable", "this table or list is already complete; write all of it in one place"),
    ("Expected '=' after a key", "a key without a value; write key = value"),
    ("Expected newline or end of document", "more than one value in a line; write one, texts in quotes"),
    ("Invalid initial character for a key", "no key begins with this character; write key = value"),
    ("Invalid value", "not a value; write texts in quotes, numbers without"),
    ("Invalid date or datetime", "no such date; write texts in quotes, numbers without"),
    ("Invalid statement", "neither a table nor a key; write [table] or key = value"),
    ("Unclosed array", "a list without its end; write , between values and ] at the end"),
    ("Unclosed inline table", "a table without its end; write , between keys and } at the end"),
    ("Unterminated string", "a text without its closing quote; write it in one line, in quotes"),
    ('Expected "\'"', "a text without its closing quote; write it in one line, in quotes"),
    ("Expected ']", "a table's name without its end; write [table] or [[table]]"),
    ("Unescaped '\\\\'", "a backslash with an unknown letter; write \\\\ for a backslash"),
    ("Illegal character '\\n'", "a text without its closing quote; write it in one line, in quotes"),
    ("Illegal character", "a character that may not stand here; take it away"),
)
"""How the reader's words begin, to ours."""


def of_value(kind: str, context: Mapping[str, Any]) -> str:
    """The words for a kind of fault and what its rule holds."""
    if kind == "string_pattern_mismatch":
        return _BY_PATTERN[context["pattern"]]
    if kind == "literal_error":
        context = {"expected": str(context["expected"]).replace("'", '"')}
    return _BY_TYPE.get(kind, "not a value for this key; see the reference").format_map(context)


def of_system(error: OSError) -> str:
    """The words for a file that cannot be read."""
    return _BY_ERRNO.get(error.errno or 0, "cannot be read; give the path of a TOML file")


def of_toml(error: ValueError | RecursionError, text: str) -> str:
    """Line, column and words for a text that is not TOML; both are counted from 1."""
    if not isinstance(error, TOMLDecodeError):
        return "not TOML: too long a number or too many brackets; write values plainly"
    said = str(error)
    place = re.search(r"\(at line (\d+), column (\d+)\)$", said)
    lines = text.rstrip("\n").split("\n")
    line, column = (int(place[1]), int(place[2])) if place else (len(lines), len(lines[-1]) + 1)
    words = (ours for begin, ours in _TOML if said.startswith(begin))
    return f"line {line}, column {column}: {next(words, 'not TOML; write [table] or key = value')}"
