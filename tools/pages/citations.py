"""Where code and tests speak of a requirement, a refusal or a drop."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tools.pages.markdown import ROOT

AREAS: Final = "AKA AGR SA KEY MSG UNP FLOW INT MGU MGP TMR RRG ERR PCS UEP VAR".split()
_ID: Final = re.compile(rf"\b({'|'.join(AREAS)})-(\d\d)(?:\.\.(?:\1-)?(\d\d)\b)?")

Where = dict[str, list[Path]]
"""Name to files, in order."""


@cache
def sources(folder: str) -> tuple[tuple[Path, str], ...]:
    """Every Python file below a folder, with its text."""
    found = sorted((ROOT / folder).rglob("*.py"))
    return tuple((path, path.read_text()) for path in found)


def requirements_in(text: str) -> Iterator[str]:
    """Every requirement ID in a text; ``KEY-01..KEY-03`` and ``INT-05..07`` name all between."""
    for area, first, last in _ID.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{area}-{number:02}"


@cache
def requirements(folder: str) -> Where:
    """Requirement ID to the files that cite it."""
    found: Where = defaultdict(list)
    for path, text in sources(folder):
        for cited in dict.fromkeys(requirements_in(text)):
            found[cited].append(path)
    return found


@cache
def named_by_tests() -> Where:
    """Requirement ID to the files with a test function that names it: in its words, name or decorators.

    What a module says at its top, or a piece that tests share, is no test.
    """
    found: Where = defaultdict(list)
    for path, text in sources("tests"):
        named = (cited for test in functions_of_tests(text) for cited in requirements_in(test))
        for cited in dict.fromkeys(named):
            found[cited].append(path)
    return found


def functions_of_tests(text: str) -> Iterator[str]:
    """The text of each test function of a module, decorators included."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield "\n".join(lines[first - 1 : node.end_lineno])


@cache
def members(enum: str) -> dict[str, list[tuple[Path, str]]]:
    """Member of an enumeration to the tests that name it: file, and function or an empty text."""
    found: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for path, text in sources("tests"):
        if f"{enum}." in text:
            for member, function in _named(ast.parse(text), enum):
                if (path, function) not in found[member]:
                    found[member].append((path, function))
    return found


def _named(tree: ast.Module, enum: str) -> Iterator[tuple[str, str]]:
    for statement in tree.body:
        name = statement.name if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else ""
        function = name if name.startswith("test_") else ""
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == enum:
                yield node.attr, function


def groups(source: str, members_of: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The members of an enumeration by the comments that stand above them in its source."""
    heading = ""
    inside: list[str] = []
    for line in source.splitlines():
        if line.startswith("    # "):
            if inside:
                yield heading, inside
            heading, inside = line.removeprefix("    # "), []
        elif (name := line.strip().partition(" = ")[0]) in members_of:
            inside.append(name)
    if inside:
        yield heading, inside
