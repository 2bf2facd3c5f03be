"""Runs the stages of `make check` and `make test`, every one, and says at the end how each went.

A stage that fails hides none of those behind it. What did not run is listed with its reason.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.etree import ElementTree

from tools.wheels import TESTED

ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
KERNEL: Final = "tests/interop/test_kernel.py"
WAITING: Final = str(2 * (os.cpu_count() or 1))
"""Workers for tests that mostly wait; each has namespaces of its own."""

FAST: Final = "not lab and not peer and not slow"


class Stage(NamedTuple):
    """One stage: its name, and commands of which the last may be pytest's arguments.

    Args:
        name: for the summary.
        commands: each is run, whatever became of those before it.
        pytest: arguments of pytest, none where nothing is tested.
        environment: of all of these, besides ours.
    """

    name: str
    commands: tuple[tuple[str, ...], ...] = ()
    pytest: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})


LINT: Final = Stage(
    "format, lint, types, layers",
    (
        ("ruff", "format", "--check", "--quiet", "."),
        ("ruff", "check", "--quiet", "."),
        ("mypy", "--no-error-summary"),
        ("lint-imports", "--no-cache"),
    ),
)
UNIT: Final = Stage("fast tests", pytest=("-n", "auto", "-m", FAST))
PACKAGES: Final = Stage("packages of the system", (("tools/system-packages", "test"),))
HERE: Final = Stage("tests without a network", pytest=("-n", "auto", "-m", "not lab and not peer"))
OF_THE_SOURCES: Final = ("tests/tidy", "tests/interop", "tests/sim/test_mutants.py")
"""Not for the compiled wheel: style, programs, and mutants, which replace parts that are fixed there."""

ON_COMPILED: Final = Stage(
    "the same on the compiled wheel",
    (("python", "-m", "tools.wheels", "tests"),),
    ("-n", "auto", "-m", "not lab and not peer", *(f"--ignore={path}" for path in OF_THE_SOURCES)),
    {
        "PYTHONPATH": str(TESTED),
        "TWOPAIR_TESTED": "compiled",
        "TWOPAIR_DAYS": "500",  # others than those of the sources, beside those that both live through
        "TWOPAIR_FIRST_SEED": "2000",
    },
)
GUEST: Final = Stage("kernel with ESP, in User-mode Linux", pytest=("-n", "auto", KERNEL))
LAB: Final = Stage(
    "networks of namespaces, software of others",
    pytest=("-n", WAITING, "-m", "lab or peer", "--ignore", KERNEL),
)

PLANS: Final[dict[str, tuple[Stage, ...]]] = {
    "lint": (LINT,),
    "unit": (UNIT,),
    "check": (LINT, UNIT),
    "test": (PACKAGES, LINT, HERE, ON_COMPILED, GUEST, LAB),
}


class Outcome(NamedTuple):
    """How a stage went."""

    stage: Stage
    ok: bool
    words: str
    seconds: float
    details: tuple[str, ...]


def run(stage: Stage) -> Outcome:
    """Run one stage to its end; its output goes where ours goes."""
    print(f"── {stage.name}", flush=True)
    started = time.monotonic()
    environment = os.environ | stage.environment
    failed = [" ".join(command) for command in stage.commands if not _succeeds(command, environment)]
    ok, words, details = not failed, "", tuple(f"failed: {command}" for command in failed)
    if stage.pytest:
        with TemporaryDirectory() as directory:
            report = Path(directory) / "report.xml"
            ok &= _succeeds(
                ("python", "-m", "pytest", "-q", f"--junitxml={report}", *stage.pytest), environment
            )
            words, more = read(report)
            details += more
    return Outcome(stage, ok, words, time.monotonic() - started, details)


def _succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    program = BIN / command[0]
    words = [str(program) if program.exists() else command[0], *command[1:]]
    quiet = command[0] == "lint-imports"  # it draws a banner; its words matter when it fails
    done = subprocess.run(  # noqa: S603
        words, cwd=ROOT, env=environment, check=False, capture_output=quiet, text=True
    )
    if quiet and done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode == 0


def read(report: Path) -> tuple[str, tuple[str, ...]]:
    """Counts of a report in JUnit's form, and a line for each test that failed or did not run."""
    if not report.exists():
        return "pytest ended without a report", ()
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))  # noqa: S314
    lines = tuple(line for case in cases for line in _line(case))
    bad = sum(not line.startswith("not run") for line in lines)
    missing = len(lines) - bad
    counts = [f"{len(cases) - bad - missing} passed"]
    counts += [f"{bad} failed"] if bad else []
    counts += [f"{missing} not run"] if missing else []
    return ", ".join(counts), lines


def _line(case: ElementTree.Element) -> Iterator[str]:
    name = f"{case.get('classname', '')}::{case.get('name', '')}"
    for kind, word in (("failure", "failed"), ("error", "failed"), ("skipped", "not run")):
        found = case.find(kind)
        if found is not None:
            why = (found.get("message") or "").strip().splitlines()
            yield f"{word}: {name}: {why[0][:160] if why else ''}"
            return


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """What is printed at the end."""
    wide = max(len(outcome.stage.name) for outcome in outcomes)
    lines = []
    for outcome in outcomes:
        mark = "ok    " if outcome.ok else "FAILED"
        lines.append(
            f"{mark} {outcome.stage.name:<{wide}} {outcome.seconds:6.0f} s  {outcome.words}".rstrip()
        )
        lines += [f"         {detail}" for detail in outcome.details]
    return lines


def main(plan: str) -> int:
    """Run a plan; 0 if every stage went well."""
    os.environ.setdefault("PYTHON", "python3")
    outcomes = [run(stage) for stage in PLANS[plan]]
    print("──")
    for line in summary(outcomes):
        print(line)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
