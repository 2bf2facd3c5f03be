"""Runs the stages of `make check`, `make test` and `make nightly`, and says at the end how each went.

A stage that fails hides none of those behind it. What did not run is listed with its reason. Stages that
mostly wait run beside those that compute, which give way to them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import MappingProxyType
from typing import IO, Final, NamedTuple
from xml.etree import ElementTree

from tools.wheels import TESTED

ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
WAITING: Final = str(2 * (os.cpu_count() or 1))
"""Workers for tests that mostly wait; each has namespaces of its own."""

GIVES_WAY: Final = ("nice", "-n", "10")
"""What computes is not to be the reason why a program on a network is late."""


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


class Plan(NamedTuple):
    """What a target of the Makefile runs.

    Args:
        stages: one after the other.
        beside: one after the other, at the same time as `stages`, which give way to them.
        before: before all of them.
    """

    stages: tuple[Stage, ...]
    beside: tuple[Stage, ...] = ()
    before: tuple[Stage, ...] = ()


def on_compiled(stage: Stage) -> Stage:
    """A stage on the compiled wheel, which is built if it is not there."""
    return stage._replace(
        commands=(*stage.commands, ("python", "-m", "tools.wheels", "tests")),
        environment={**stage.environment, "PYTHONPATH": str(TESTED), "TWOPAIR_TESTED": "compiled"},
    )


BALANCED: Final = ("-n", "auto", "--dist", "worksteal")
OUTSIDE: Final = "lab or peer or programs"
FAST: Final = "not lab and not peer and not slow"
COMPUTES: Final = (*BALANCED, "-m", f"not ({OUTSIDE})")
WAITS: Final = ("-n", WAITING, "--maxschedchunk", "1", "-m", OUTSIDE)
OF_THE_SOURCES: Final = ("tests/tidy", "tests/sim/test_mutants.py", "tests/sim/test_named_mutants.py")
"""Not for the compiled wheel: style, and mutants, which replace parts that are fixed there."""

LINT: Final = Stage(
    "format, lint, types, layers",
    (
        ("ruff", "format", "--check", "--quiet", "."),
        ("ruff", "check", "--quiet", "."),
        ("mypy", "--no-error-summary"),
        ("lint-imports", "--no-cache"),
    ),
)
UNIT: Final = Stage("fast tests", pytest=(*BALANCED, "-m", FAST))
PACKAGES: Final = Stage("packages of the system", (("tools/system-packages", "test"),))
HERE: Final = Stage("without a network", pytest=COMPUTES, environment={"TWOPAIR_DAYS": "500"})
HERE_COMPILED: Final = on_compiled(
    Stage(
        "without a network, compiled",
        pytest=(*COMPUTES, *(f"--ignore={path}" for path in OF_THE_SOURCES)),
        environment={"TWOPAIR_DAYS": "1500", "TWOPAIR_FIRST_SEED": "500"},
    )
)
NETWORKS: Final = Stage(
    "programs, networks, guests, one half", pytest=WAITS, environment={"TWOPAIR_HALF": "0"}
)
NETWORKS_COMPILED: Final = on_compiled(
    Stage("the other half, compiled", pytest=WAITS, environment={"TWOPAIR_HALF": "1"})
)
DAYS: Final = Stage(
    "10,000 days", pytest=(*BALANCED, "tests/sim/test_days.py"), environment={"TWOPAIR_DAYS": "10000"}
)
ALL_NETWORKS: Final = Stage("programs, networks, guests", pytest=WAITS)
ALL_NETWORKS_COMPILED: Final = on_compiled(ALL_NETWORKS._replace(name="the same, compiled"))

PLANS: Final[dict[str, Plan]] = {
    "lint": Plan((LINT,)),
    "unit": Plan((UNIT,)),
    "check": Plan((LINT, UNIT)),
    "test": Plan((LINT, HERE, HERE_COMPILED), (NETWORKS, NETWORKS_COMPILED), (PACKAGES,)),
    "nightly": Plan((DAYS,), (ALL_NETWORKS, ALL_NETWORKS_COMPILED), (PACKAGES,)),
}


class Outcome(NamedTuple):
    """How a stage went."""

    stage: Stage
    ok: bool
    words: str
    seconds: float
    details: tuple[str, ...]


def run(stage: Stage, prefix: tuple[str, ...] = (), output: IO[str] | None = None) -> Outcome:
    """Run one stage to its end.

    Args:
        stage: which.
        prefix: of each command.
        output: where what it prints goes; where ours goes if it is None.
    """
    started = time.monotonic()
    environment = os.environ | stage.environment
    failed = [
        " ".join(command)
        for command in stage.commands
        if not _succeeds((*prefix, *_found(command)), environment, output)
    ]
    ok, words, details = not failed, "", tuple(f"failed: {command}" for command in failed)
    if stage.pytest:
        with TemporaryDirectory() as directory:
            report = Path(directory) / "report.xml"
            tests = _found(("python", "-m", "pytest", "-q", f"--junitxml={report}", *stage.pytest))
            ok &= _succeeds((*prefix, *tests), environment, output)
            words, more = read(report)
            details += more
    return Outcome(stage, ok, words, time.monotonic() - started, details)


def _found(command: Sequence[str]) -> tuple[str, ...]:
    """A command with the program of our environment, if it is one of those."""
    program = BIN / command[0]
    return (str(program) if program.exists() else command[0], *command[1:])


def _succeeds(command: Sequence[str], environment: Mapping[str, str], output: IO[str] | None) -> bool:
    quiet = any(
        word.endswith("lint-imports") for word in command
    )  # it draws a banner; its words matter when it fails
    done = subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE if quiet else output,
        stderr=subprocess.STDOUT if quiet or output else None,
        text=True,
    )
    if quiet and done.returncode:
        print(done.stdout, file=output)
    return done.returncode == 0


def _lane(stages: Sequence[Stage], prefix: tuple[str, ...], *, beside: bool) -> list[Outcome]:
    """Run stages one after the other; what they print comes at their end if others run beside them."""
    outcomes = []
    for stage in stages:
        print(f"── {stage.name}{' (its output follows at its end)' if beside else ''}", flush=True)
        if not beside:
            outcomes.append(run(stage, prefix))
            continue
        with TemporaryFile("w+") as output:
            outcomes.append(run(stage, prefix, output))
            output.seek(0)
            print(f"── output of: {stage.name}\n{output.read()}", flush=True)
    return outcomes


def run_all(plan: Plan) -> list[Outcome]:
    """Run all stages of a plan."""
    outcomes = _lane(plan.before, (), beside=False)
    with ThreadPoolExecutor() as pool:
        beside = pool.submit(_lane, plan.beside, (), beside=True)
        own = _lane(plan.stages, GIVES_WAY if plan.beside else (), beside=bool(plan.beside))
    return [*outcomes, *own, *beside.result()]


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
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # thousands of programs start here
    outcomes = run_all(PLANS[plan])
    print("──")
    for line in summary(outcomes):
        print(line)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
