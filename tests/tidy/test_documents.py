"""What the documents say is there is there: links, headings, commands, tests, names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.pages.cli import Command, commands

from twopair.base import Refusal
from twopair.core.esp import Drop
from twopair.core.sip import Why

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"\]\(([^)]*/test_\w+\.py)\):((?:,? `test_\w+`)+)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """What a link may name behind ``#``: headings in lower case, hyphens for spaces, other signs left out."""
    text = FENCED.sub("", page.read_text())
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if heading:
            assert heading in anchors(file), target


def lines(page: Path) -> Iterator[str]:
    """Lines of shell that a page shows: in ``sh`` blocks, and indented by four."""
    text = page.read_text()
    for language, body in FENCED.findall(text):
        if language == "sh":
            yield from body.splitlines()
    for line in FENCED.sub("", text).splitlines():
        if line.startswith("    "):
            yield line.strip()


def calls(page: Path) -> Iterator[list[str]]:
    """Those of them that call `make` or `twopair`, as words."""
    for line in lines(page):
        words = shlex.split(line, comments=True) if re.search(r"\b(make|twopair)\b", line) else []
        if words[:3] == ["ip", "netns", "exec"]:
            words = words[4:]
        if words and Path(words[0]).name in ("make", "twopair") and "[OPTIONS]" not in words:
            yield [Path(words[0]).name, *words[1:]]


MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z]+) *\?=", MAKEFILE, re.MULTILINE))
COMMANDS = {command.words: command for command in commands()}


def test_commands_are_shown() -> None:
    assert sum(len(list(calls(page))) for page in PAGES) > 20


@EVERY_PAGE
def test_commands_exist(page: Path) -> None:
    for words in calls(page):
        if words[0] == "make":
            targets = {word for word in words[1:] if word.partition("=")[0] not in VARIABLES}
            assert targets <= TARGETS, words
        else:
            check_call(words)


def check_call(words: list[str]) -> None:
    """Walk down the commands; each option must be one of the command it stands behind."""
    path: tuple[str, ...] = (words[0],)
    options: set[str] = set()
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("-"):
            assert word in options | {"--help"}, words
            if not _is_flag(COMMANDS[path], word):
                next(rest)
        elif (*path, word) in COMMANDS:
            path = (*path, word)
            options = {name for p in COMMANDS[path].parameters for name in p.names}
        else:
            command = COMMANDS.get(path)
            assert command is not None, words
            assert any(not p.is_option for p in command.parameters), words


def _is_flag(command: Command, name: str) -> bool:
    return name == "--help" or any(name in p.names and not p.value for p in command.parameters)


@EVERY_PAGE
def test_tests_exist(page: Path) -> None:
    """Behind a link to a test file and a colon stand names of its functions."""
    for target, names in NAMED.findall(page.read_text()):
        file = page.parent / target
        for name in re.findall(r"`(test_\w+)`", names):
            assert f"def {name}(" in file.read_text(), (target, name)


def test_names_in_the_page_on_failures_exist() -> None:
    text = (ROOT / "docs/how-to/read-a-failure.md").read_text()
    shown = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text))
    assert shown <= set(Refusal.__members__) | set(Drop.__members__) | set(Why.__members__)


def test_every_page_is_in_the_index() -> None:
    linked = {
        (ROOT / "docs" / target.partition("#")[0]).resolve()
        for target in LINK.findall((ROOT / "docs/README.md").read_text())
    }
    assert set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs/README.md"} <= linked


def test_documents_name_what_is_in_the_tree() -> None:
    """Paths in backquotes that look like files of ours are files of ours."""
    for page in PAGES:
        for name in re.findall(
            r"`((?:src|tests|docs|tools|examples|benchmarks)/[\w./-]+)`", page.read_text()
        ):
            assert (ROOT / name).exists(), (str(page), name)
        for name in re.findall(
            r"`((?:base|wire|crypto|core|nodes|demo|live|sim)/[\w./]+\.py)`", page.read_text()
        ):
            assert (ROOT / "src/twopair" / name).exists(), (str(page), name)


def test_what_the_readme_says_is_missing_is_missing() -> None:
    """And so the README is looked at whenever something of it comes."""
    chapter = (ROOT / "README.md").read_text().split("## What does not yet\n")[1].split("\n## ")[0]
    missing = {tuple(words.split()) for words in re.findall(r"`(twopair [a-z ]+)`", chapter)}
    assert missing
    assert not missing & set(COMMANDS)
