"""Rules of the house that a machine can see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.pages.citations import functions_of_tests, requirements_in
from tools.pages.gaps import GAPS

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


def test_what_is_missing_is_said_of_requirements_that_exist() -> None:
    assert set(GAPS) <= KNOWN_IDS


def test_a_requirement_is_met_by_a_test_that_names_it() -> None:
    """Not by a module that mentions it, nor by code alone (docs/reference/clauses.md)."""
    shared = '"""All of KEY-01."""\n\ndef shared():\n    """KEY-02"""\n\n'
    module = shared + 'def test_it():\n    """KEY-03..KEY-04"""\n'
    assert [list(requirements_in(test)) for test in functions_of_tests(module)] == [["KEY-03", "KEY-04"]]


def test_timers_take_a_clock() -> None:
    """TMR-06: no node or core knows what time it is, or asks; import-linter keeps it so."""
    contract = (ROOT / "pyproject.toml").read_text().partition('name = "No I/O, clock or randomness below')[2]
    forbidden = contract.partition("forbidden_modules = ")[2].partition("\n")[0]
    assert '"time"' in forbidden
    clock = re.compile(r"\b(monotonic|perf_counter|datetime|time_ns)\b")
    below = [p for p in SOURCES if {"core", "nodes"} & set(p.relative_to(ROOT / "src/twopair").parts)]
    assert not [p for p in below if clock.search(re.sub(r'"""(?:.|\n)*?"""', "", p.read_text()))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_group_is_possessive(path: Path) -> None:
    """Python before 3.11.5 matches part of a group before ``*+``; ``(?>(…)*)`` says the same and holds."""
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    assert not [text for text in texts if re.search(r"(?<!\\)\)[*+?]\+", str(text))]
