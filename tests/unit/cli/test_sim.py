"""`twopair sim`: what it prints, and its exit code."""

import json

import pytest

from twopair.cli import sim as command
from twopair.cli.main import status_of
from twopair.swarm import Verdict, run


def test_a_good_day(capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes each time, the digest among them."""
    assert status_of(["sim", "--seed", "3"]) == 0
    first = capsys.readouterr().out
    assert status_of(["sim", "--seed", "3"]) == 0
    assert capsys.readouterr().out == first
    assert "all laws hold" in first
    assert run(3).digest in first


def test_json_and_several_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["sim", "--seed", "3", "--days", "2", "--json"]) == 0
    assert [day["digest"] for day in json.loads(capsys.readouterr().out)] == [run(3).digest, run(4).digest]
    assert status_of(["sim", "--seed", "3", "--days", "2"]) == 0
    assert capsys.readouterr().out.startswith("2 of 2 days held all laws")


def test_the_ladder_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks at a day does not change it."""
    assert status_of(["sim", "--seed", "3", "--ladder"]) == 0
    out = capsys.readouterr().out
    assert "SM1" in out
    assert "SA1-up" in out
    assert run(3).digest in out


def test_a_broken_law(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and the line that repeats it."""

    def bad(seed: int) -> Verdict:
        return run(seed)._replace(law="ONCE", detail="a packet came twice")

    monkeypatch.setattr(command, "run", bad)
    assert status_of(["sim", "--seed", "3"]) == 1
    out = capsys.readouterr().out
    assert "ONCE is broken" in out
    assert "repeat    twopair sim --seed 3 --ladder" in out


def test_a_ladder_is_of_one_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["sim", "--seed", "3", "--days", "2", "--ladder"]) == 2
    assert "--ladder" in capsys.readouterr().err
