"""Addresses, lists and parameters are read by src/twopair/wire/sip alone.

Elsewhere a search for ``<`` or a cut at ``,`` is a reader of its own, which a quoted string or a missing
bracket deceives.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src/twopair"
ROOMS = ("attack", "cli", "core", "demo", "inspect", "live", "nodes", "sim", "swarm")
SEARCHES = frozenset(
    "count endswith find index lstrip partition replace rfind rindex rpartition rsplit rstrip split "
    "startswith strip".split()
)
PATTERNS = frozenset("compile findall finditer fullmatch match search split sub".split())
GROUPS = re.compile(r"\(\?(?:P?<[=!\w]*>?|>)|\(\?P=\w+\)")
"""What angle brackets mean in a pattern: named groups, looking behind, atomic groups."""

EXCEPTIONS = {
    (
        "nodes/pcscf/relay/headers.py",
        '"," not in request.line("Via")',
    ): "a line without comma has one value",
    ("demo/reregister.py", "title.partition(',')"): "a heading of our own",
}
"""Where it is no reader, and why."""


def text_of(node: ast.expr) -> str:
    """All literal text in an expression; of f-strings what stands between the braces' values."""
    found = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return "".join(
        v if isinstance(v, str) else v.decode("latin-1") for v in found if isinstance(v, str | bytes)
    )


def reads(text: str) -> bool:
    return "<" in text or ">" in text or text.strip() == ","


def suspicious(node: ast.AST) -> bool:
    """Whether this node searches text for a bracket, or cuts it at a comma."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        of, text = node.func.value, text_of(node.args[0])
        if isinstance(of, ast.Name) and of.id == "re":
            return node.func.attr in PATTERNS and reads(GROUPS.sub("", text))
        return node.func.attr in SEARCHES and reads(text)
    if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
        return isinstance(node.left, ast.Constant) and reads(text_of(node.left))
    return False


def readers(source: str) -> Iterator[str]:
    """What in a module reads text by itself, as it is written."""
    for node in ast.walk(ast.parse(source)):
        if suspicious(node):
            yield ast.get_source_segment(source, node) or ""


def test_one_reader_for_all() -> None:
    found = {
        (path.relative_to(SRC).as_posix(), text)
        for room in ROOMS
        for path in sorted((SRC / room).rglob("*.py"))
        for text in readers(path.read_text())
    }
    assert found == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "planted",
    ['x.find("<")', "x.rfind('>')", 'x.index("<", 3)', 'x.split(",")', 'x.split(", ", 1)', 'x.partition(">")',
     'x.strip("<>")', 'x.replace("<", "")', '"<" in x', '"," not in x', 'b"<" in x', 'x.rpartition(b",")',
     're.compile(r"<([^>]*)>")', 're.search("(?P<uri><.*)", x)', 're.split(",", x)', 'x.startswith("<sip:")',
     're.compile(rf"{NAME}<sip:")'],
)  # fmt: skip
def test_a_reader_of_its_own_is_found(planted: str) -> None:
    assert list(readers(f"def f(x):\n    return {planted}\n")) == [planted]


@pytest.mark.parametrize(
    "harmless",
    ['x.split(";")', '", ".join(x)', 'f"<{x}>"', 're.compile(r"(?P<name>a)(?<=b)(?<!c)(?>d)(?P=name)")',
     'x < y', '"a" in x', 'x in "<>"', 're.compile("a,b")'],
)  # fmt: skip
def test_what_is_no_reader_is_left_alone(harmless: str) -> None:
    assert not list(readers(f"def f(x):\n    return {harmless}\n"))
