"""Every file of the repository is one that somebody wants: its name is plain, its place is listed."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

AT_THE_TOP = {
    ".gitattributes", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    "Makefile", "README.md", "SECURITY.md", "pyproject.toml",
}  # fmt: skip
DEBHELPER = {
    ".docs", ".examples", ".install", ".manpages", ".postinst", ".postrm", ".prerm", ".sysusers",
}  # fmt: skip
PLACES = {
    ".ci": {""},
    "benchmarks": {".json", ".py"},
    "docs": {".md", ".svg", ".png"},
    "examples": {"", ".md", ".py", ".toml"},
    "packaging": {"", ".conf", ".json", ".service", ".toml", ".yaml", *DEBHELPER},
    "src": {".c", ".py", ".pyi", ".typed"},
    "tests": {".py", ".toml", ".txt", ".md", ".sip", ".c", ".h", ".xml", ".cfg", ".json"},
    "tools": {".ini", ".py", ""},
}
"""Folders, and the endings of the files in them."""

PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


def listed() -> list[str]:
    """Files that are kept, or would be with the next ``git add``; without git, those that are here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a clone of the repository")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def strange(name: str) -> bool:
    """Whether nobody said that there is such a file."""
    top, slash, _ = name.partition("/")
    if not PLAIN.fullmatch(name):
        return True
    return Path(name).suffix not in PLACES.get(top, set()) if slash else name not in AT_THE_TOP


def test_nobody_left_a_file() -> None:
    assert not [name for name in listed() if strange(name)]


@pytest.mark.parametrize("name", ["=", "docs/=", "notes.txt", "src/twopair/a b.py", "src/x.orig", "new/a.py"])
def test_such_files_are_found(name: str) -> None:
    assert strange(name)
