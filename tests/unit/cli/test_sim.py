"""`twopair sim`: what it prints, and its exit code."""

import json

import pytest

from twopair.cli import sim as command
from twopair.cli.main import status_of
from twopair.swarm import Verdict, run
from twopair.swarm.cluster import run as run_cluster


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


def test_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    """ADR 20: machines die, and the day says how often somebody took over."""
    assert status_of(["sim", "--seed", "1", "--cluster", "2"]) == 0
    verdict = run_cluster(1, 2)
    out = capsys.readouterr().out
    assert f"cluster   2 P-CSCFs, {verdict.takeovers} takeovers" in out
    assert verdict.digest in out
    assert verdict.repeat == "twopair sim --seed 1 --cluster 2"


@pytest.mark.parametrize("more", [("--cluster", "1"), ("--cluster", "10"), ("--cluster", "2", "--ladder")])
def test_no_such_cluster(more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["sim", "--seed", "3", *more]) == 2
    assert "--" in capsys.readouterr().err


def test_a_ladder_is_of_one_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["sim", "--seed", "3", "--days", "2", "--ladder"]) == 2
    assert "--ladder" in capsys.readouterr().err
