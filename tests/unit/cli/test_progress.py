"""Progress is for terminals, and for runs that take longer than a second."""

import io

import pytest

from twopair.cli.main import status_of
from twopair.cli.progress import Progress
from twopair.swarm import Verdict


class Terminal(io.StringIO):
    """A stream that somebody reads as it is written."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_said_in_the_first_second_and_the_line_goes_away() -> None:
    time, stream = [0.0], io.StringIO()
    progress = Progress(stream, wanted=True, columns=20, clock=lambda: time[0])
    progress.tell("one")
    progress.end()
    assert not stream.getvalue()
    time[0] = 1.0
    progress.tell("two")
    progress.tell("three " * 9)
    progress.end()
    lines = stream.getvalue().split("\r\x1b[K")
    assert lines[1] == "two"
    assert len(lines[2]) < 20
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("out", "err", "options", "spoken"),
    [
        (Terminal, Terminal, (), True),
        (Terminal, Terminal, ("--json",), False),
        (io.StringIO, Terminal, (), False),
        (Terminal, io.StringIO, (), False),
    ],
)
def test_only_people_hear_of_it(
    monkeypatch: pytest.MonkeyPatch,
    out: type[io.StringIO],
    err: type[io.StringIO],
    options: tuple[str, ...],
    spoken: bool,
) -> None:
    """Never with `--json`, into a file or in a pipe."""
    stdout, stderr = out(), err()
    monkeypatch.setattr("sys.stdout", stdout)
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr("twopair.cli.progress._PATIENCE_S", 0.0)
    assert status_of(["demo", "--backend", "memory", "--transport", "tcp", *options]) == 0
    assert ("TCP: UE registers" in stderr.getvalue()) is spoken
    assert stdout.getvalue()


@pytest.mark.parametrize(
    ("out", "err", "options", "spoken"),
    [
        (Terminal, Terminal, (), True),
        (Terminal, Terminal, ("--json",), False),
        (io.StringIO, Terminal, (), False),
        (Terminal, io.StringIO, (), False),
    ],
)
def test_days_of_the_simulator_are_counted(
    monkeypatch: pytest.MonkeyPatch,
    out: type[io.StringIO],
    err: type[io.StringIO],
    options: tuple[str, ...],
    spoken: bool,
) -> None:
    """`twopair sim --days`: which day it is, and on how many a law was broken; results are as ever."""

    def day(seed: int) -> Verdict:
        law = "ONCE" if seed == 8 else ""
        return Verdict(seed, law, "", 0.0, "", "", 1, 1, 1, "digest")

    stdout, stderr = out(), err()
    monkeypatch.setattr("sys.stdout", stdout)
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr("twopair.cli.progress._PATIENCE_S", 0.0)
    monkeypatch.setattr("twopair.cli.sim.run", day)
    assert status_of(["sim", "--seed", "7", "--days", "3", *options]) == 1
    lines = stderr.getvalue().split("\r\x1b[K")
    assert ("day 1 of 3, seed 7; laws broken on 0" in lines) is spoken
    assert ("day 3 of 3, seed 9; laws broken on 1" in lines) is spoken
    assert lines[-1] == ""
    assert ("2 of 3 days held all laws" in stdout.getvalue()) is (not options)
    assert "day 1" not in stdout.getvalue()
