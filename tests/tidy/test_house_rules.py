"""Rules of the house that a machine can see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from twopair.base import Refusal

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
REQUIREMENTS = (ROOT / "docs/reference/requirements.md").read_text()
ID = re.compile(r"\b(?:AKA|AGR|SA|KEY|MSG|UNP|FLOW|INT|MGU|MGP|TMR|RRG|ERR|PCS|UEP|VAR)-\d\d\b")
KNOWN_IDS = set(ID.findall(REQUIREMENTS))
MOST_LINES = 400
MOST_LINES_IN_A_FUNCTION = 60


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
    for node in functions(path):
        assert (node.end_lineno or 0) - node.lineno < MOST_LINES_IN_A_FUNCTION, node.name


def test_no_room_without_a_name() -> None:
    vague = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}
    assert not [p for p in SOURCES if vague & set(p.stem.split("_")) or vague & set(p.parent.parts)]


def test_every_requirement_cited_exists() -> None:
    """A requirement ID in code or tests is one of docs/reference/requirements.md."""
    unknown = {
        (str(path.relative_to(ROOT)), cited)
        for path in SOURCES + TESTS
        for cited in ID.findall(path.read_text())
        if cited not in KNOWN_IDS
    }
    assert not unknown


@pytest.mark.parametrize("refusal", Refusal, ids=lambda r: r.name)
def test_every_refusal_is_made_and_tested(refusal: Refusal) -> None:
    """Each refusal is used by the code and reached by a test that names it."""
    name = re.compile(rf"Refusal\.{refusal.name}\b")
    assert any(name.search(p.read_text()) for p in SOURCES), "never made"
    assert any(name.search(p.read_text()) for p in TESTS), "never tested"


def test_nothing_unfinished() -> None:
    words = re.compile("TO" + "DO|FIX" + "ME|X" + "XX|NotImplemented" + "Error|pragma: no " + "cover")
    assert not [p for p in SOURCES + TESTS if words.search(p.read_text())]


def test_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
