"""Which kind of wheel runs, as the package itself says it."""

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import twopair
from twopair.wheel import kind

LOADED = """
import sys
import twopair.nodes.pcscf
from twopair.wheel import kind
print(kind())
for name, module in sys.modules.items():
    if name.startswith("twopair."):
        print(module.__file__)
"""


def loaded(**environment: str) -> tuple[str, list[str]]:
    """The kind that another process names, and the files of its modules."""
    env = {name: value for name, value in os.environ.items() if name != "TWOPAIR_PURE"} | environment
    done = subprocess.run([sys.executable, "-c", LOADED], env=env, check=True, capture_output=True, text=True)
    said, *files = done.stdout.splitlines()
    return said, files


def test_pure_when_that_is_wanted() -> None:
    said, files = loaded(TWOPAIR_PURE="1")
    assert said == "pure"
    assert len(files) > 100
    assert {Path(file).suffix for file in files} == {".py"}


@pytest.mark.parametrize("unwanted", ["", "0"])
def test_otherwise_what_is_there(unwanted: str) -> None:
    """Compiled modules where they stand beside their sources."""
    said, files = loaded(TWOPAIR_PURE=unwanted)
    beside = any(Path(twopair.__file__).parent.rglob(f"*{EXTENSION_SUFFIXES[0]}"))
    assert said == ("compiled" if beside else "pure")
    assert any(not file.endswith(".py") for file in files) is beside


def test_this_process_runs_what_the_tests_are_for() -> None:
    assert kind() == os.environ.get("TWOPAIR_TESTED", kind())
