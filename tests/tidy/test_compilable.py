"""What mypyc would compile to something else than Python runs (ADR 24)."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/twopair"
HOOK = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
    "hooks"
]["custom"]
COMPILED = sorted(
    path
    for pattern in HOOK["compile"]
    for path in PACKAGE.glob(pattern)
    if str(path.relative_to(PACKAGE)) not in HOOK["interpreted"]
)


def shared_names(function: ast.AST) -> Iterator[str]:
    """Names that a function gives to exceptions of more than one type: the second is taken for the first."""
    types = defaultdict(set)
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler) and node.name and node.type:
            types[node.name].add(ast.unparse(node.type))
    return (name for name, of in types.items() if len(of) > 1)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def super_in_classmethods(tree: ast.AST) -> Iterator[str]:
    """Class methods that ask for `super()`: compiled, it is that of `type`."""
    for function in functions(tree):
        if "classmethod" in map(ast.unparse, function.decorator_list) and "super()" in ast.unparse(function):
            yield function.name


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_has_what_would_run_differently(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [name for function in functions(tree) for name in shared_names(function)]
    assert not list(super_in_classmethods(tree))


def test_such_code_is_found() -> None:
    code = """
def f():
    try: pass
    except A as error: pass
    except B as error: pass

class C(D):
    @classmethod
    def g(cls): return super().g()
"""
    tree = ast.parse(code)
    assert [name for function in functions(tree) for name in shared_names(function)] == ["error"]
    assert list(super_in_classmethods(tree)) == ["g"]


def test_what_is_left_out_is_there() -> None:
    assert len(COMPILED) > 100
    assert not [name for name in HOOK["interpreted"] if not (PACKAGE / name).exists()]
