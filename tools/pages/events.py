"""docs/reference/events-and-actions.md: what nodes are fed, what they ask for, what they report."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import get_args

from tools.pages.markdown import ROOT, code, link, page, prose, table

from twopair.nodes import actions, events, facts
from twopair.nodes.node import Node

HERE = "docs/reference"


def events_and_actions() -> str:
    """The page."""
    return page(
        "Events and actions",
        _introduction(),
        _chapter("Events", "What a node can be fed.", get_args(events.Event)),
        _chapter("Actions", "What a node can ask for, in the order of execution.", get_args(actions.Action)),
        _chapter(
            "Facts",
            "What a node reports, inside `Report`. Listeners take what they know.",
            [getattr(facts, name) for name in facts.__all__],
        ),
    )


def _introduction() -> Iterator[str]:
    node = link(_file(Node), HERE, "node")
    yield f"A {node} is a UE, a P-CSCF or a home network without I/O. Its two methods:"
    yield ""
    yield from table(
        ("method", "what it does"),
        ((code(f"{name}{_signature(method)}"), prose(_summary(method))) for name, method in _methods()),
    )


def _methods() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in ("feed", "next_deadline"):
        yield name, getattr(Node, name)


def _signature(method: Callable[..., object]) -> str:
    tree = ast.parse(dedent(inspect.getsource(method))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    assert tree.returns is not None
    arguments = ", ".join(map(ast.unparse, tree.args.args[1:]))
    return f"({arguments}) -> {ast.unparse(tree.returns)}"


def _summary(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _chapter(title: str, words: str, classes: Sequence[type]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield words
    for one in classes:
        yield ""
        yield from _entry(one)


def _entry(one: type) -> Iterator[str]:
    text, meanings = _split(inspect.getdoc(one) or "")
    yield f"### {one.__name__}"
    yield ""
    yield f"{prose(text)} ({link(_file(one), HERE, one.__module__.removeprefix('twopair.'))})"
    fields = list(_fields(one))
    if fields:
        yield ""
        if meanings:
            yield from table(
                ("field", "type", "meaning"),
                ((code(n), code(t), prose(meanings.get(n, ""))) for n, t in fields),
            )
        else:
            yield from table(("field", "type"), ((code(name), code(kind)) for name, kind in fields))


def _split(docstring: str) -> tuple[str, dict[str, str]]:
    """The text of a docstring, and what it says of each field."""
    text, _, arguments = docstring.partition("\n\nArgs:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    return text, {name: " ".join(words.split()) for name, words in found}


def _fields(one: type) -> Iterator[tuple[str, str]]:
    """What it inherits first; nothing that Python alone reads, such as `__match_args__`."""
    ours = [base for base in reversed(one.__mro__) if base.__module__.startswith("twopair.")]
    for base in ours:
        body = ast.parse(inspect.getsource(base)).body[0]
        assert isinstance(body, ast.ClassDef)
        yield from (found for found in _written(body) if not found[0].startswith("__"))


def _written(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement in body.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, ast.unparse(statement.annotation)
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            for argument in statement.args.args[1:]:
                yield argument.arg, ast.unparse(argument.annotation) if argument.annotation else ""


def _file(one: type) -> Path:
    return ROOT / "src" / f"{one.__module__.replace('.', '/')}.py"
