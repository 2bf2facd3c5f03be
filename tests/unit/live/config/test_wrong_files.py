"""A collection of wrong files: each is refused, in the words of the collection, with exit code 2."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tools.pages.configuration_faults import cases, said_of

CASES = cases()
COMMAND = {"pcscf.toml": ("pcscf",), "home.toml": ("home",), "ue1.toml": ("ue",)}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_every_line_is_as_it_was_read_through(case: dict[str, Any], tmp_path: Path) -> None:
    said = said_of(case, tmp_path)
    assert said == case["said"]
    assert said, "nothing is wrong with it"


def test_there_are_many() -> None:
    assert len(CASES) >= 120
    assert {case["file"] for case in CASES} == set(COMMAND)


def test_no_key_of_a_subscriber_is_shown() -> None:
    """AKA-32."""
    assert not [line for case in CASES for line in case["said"] if "465b" in line or "cd63" in line]


@pytest.mark.parametrize("case", CASES[::20], ids=lambda case: case["written"][:20])
def test_the_command_says_so_and_ends_with_2(case: dict[str, Any], tmp_path: Path) -> None:
    said_of(case, tmp_path)
    more = ("register",) if case["file"] == "ue1.toml" else ()
    arguments = (*COMMAND[case["file"]], "-c", str(tmp_path / case["file"]), *more)
    program = (sys.executable, "-c", "from twopair.cli.main import run; run()", *arguments)
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert case["said"][0] in done.stderr
    assert "Traceback" not in done.stderr
