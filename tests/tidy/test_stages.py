"""`make test` tells all: a stage that fails hides none behind it, and what did not run is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools import stages
from tools.stages import Outcome, Plan, Stage, run, run_all, summary

WORKS = (sys.executable, "-c", "")
FAILS = (sys.executable, "-c", "raise SystemExit(1)")

MEETS = """
import pathlib, time
pathlib.Path({own!r}).touch()
end = time.monotonic() + 60
print("{name} begins", flush=True)
while not pathlib.Path({other!r}).exists():
    assert time.monotonic() < end
    time.sleep(0.01)
print("{name} ends")
"""

SOME_TESTS = """
import pytest

def test_holds(): pass

def test_does_not(): assert 1 == 2, "one is not two"

@pytest.mark.skip(reason="no such device here")
def test_elsewhere(): pass
"""


@pytest.fixture
def some_tests(tmp_path: Path) -> str:
    file = tmp_path / "test_some.py"
    file.write_text(SOME_TESTS)
    return str(file)


def test_every_command_of_a_stage_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    outcome = run(Stage("two", (FAILS, (sys.executable, "-c", f"open({str(marker)!r}, 'w')"))))
    assert not outcome.ok
    assert marker.exists()
    assert len(outcome.details) == 1


def test_tests_are_counted_and_named(some_tests: str) -> None:
    outcome = run(Stage("three", pytest=("-p", "no:cacheprovider", some_tests)))
    assert not outcome.ok
    assert outcome.words == "1 passed, 1 failed, 1 not run"
    assert ["one is not two" in line for line in outcome.details] == [True, False]
    assert outcome.details[1].endswith("no such device here")


def test_pytest_that_cannot_even_begin_is_a_failure() -> None:
    outcome = run(Stage("none", pytest=("--no-such-option",)))
    assert not outcome.ok
    assert "without a report" in outcome.words


def test_a_failure_hides_none_behind_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan((Stage("first", (FAILS,)), Stage("second", (WORKS,)), Stage("third", (FAILS,))))
    monkeypatch.setitem(stages.PLANS, "here", plan)
    assert stages.main("here") == 1
    told = capsys.readouterr().out.partition("\n──\n")[2].splitlines()
    assert [line.split()[:2] for line in told if not line.startswith(" ")] == [
        ["FAILED", "first"], ["ok", "second"], ["FAILED", "third"],
    ]  # fmt: skip


def test_some_run_beside_others_and_are_told_in_order(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each of two waits for a sign of the other; what they print is not mixed."""

    def meets(own: str, other: str) -> Stage:
        words = MEETS.format(own=str(tmp_path / own), other=str(tmp_path / other), name=own)
        return Stage(own, ((sys.executable, "-c", words),))

    before, last = Stage("before", (WORKS,)), Stage("last", (FAILS,))
    outcomes = run_all(Plan((meets("one", "two"), last), (meets("two", "one"),), (before,)))
    assert [(outcome.stage.name, outcome.ok) for outcome in outcomes] == [
        ("before", True), ("one", True), ("last", False), ("two", True),
    ]  # fmt: skip
    told = capfd.readouterr().out
    assert all(f"{name} begins\n{name} ends\n" in told for name in ("one", "two"))


def test_two_halves_are_all() -> None:
    """Each test is in one of them (ADR 24)."""
    asked = [sys.executable, "-m", "pytest", "--co", "-q", "-p", "no:cacheprovider", __file__]
    listed = {}
    for half in ("", "0", "1"):
        done = subprocess.run(
            asked,
            env=os.environ | {"TWOPAIR_HALF": half},
            capture_output=True,
            text=True,
            check=True,
            cwd=stages.ROOT,
        )
        listed[half] = [line for line in done.stdout.splitlines() if "::" in line]
    assert sorted(listed["0"] + listed["1"]) == sorted(listed[""])
    assert abs(len(listed["0"]) - len(listed["1"])) <= 1


def test_all_well_is_said_so() -> None:
    assert summary([Outcome(Stage("a"), ok=True, words="3 passed", seconds=2.4, details=())]) == [
        "ok     a      2 s  3 passed"
    ]


def test_a_stage_has_an_environment_of_its_own() -> None:
    asks = (sys.executable, "-c", "import os; assert os.environ['TWOPAIR_TESTED'] == 'compiled'")
    assert run(Stage("with", (asks,), environment={"TWOPAIR_TESTED": "compiled"})).ok
    assert not run(Stage("without", (asks,), environment={"TWOPAIR_TESTED": ""})).ok
