"""What is kept of a run, and how it is judged."""

import sys
from pathlib import Path

import pytest
from benchmarks.goals import GOALS, Goal, lines
from benchmarks.machine import interpreter, without_folders
from benchmarks.record import RESULTS, Record, records
from benchmarks.rounds import Rounds, Spread

FIGURES = {"pure": {"MESSAGE : relay": Spread(0.91234, 1.0, 1.23456)}}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "results" / "one.json"
    record = Record.read(file)
    record.add(FIGURES, {"pure": "twopair"})
    record.write(file)
    again = Record.read(file)
    assert again.wheels == {"pure": "twopair"}
    assert again.figures == {"pure": {"MESSAGE : relay": Spread(0.9123, 1.0, 1.235)}}
    assert '"MESSAGE : relay": [0.9123, 1.0, 1.235]' in file.read_text()


def test_what_another_command_adds_stands_beside(tmp_path: Path) -> None:
    record = Record("c", "d", "m", figures={"pure": {"x": Spread(1, 1, 1)}})
    record.add(FIGURES, {})
    assert set(record.figures["pure"]) == {"x", "MESSAGE : relay"}


def test_where_files_are_on_this_machine_is_not_kept() -> None:
    words = "python -m x /home/me/a --wheel pure=/opt/b/bin/python --record results/c.json 1/2"
    assert without_folders(words) == "python -m x …/a --wheel pure=…/python --record results/c.json 1/2"


def test_every_record_that_is_kept_can_be_read() -> None:
    assert len(list(records())) == len(list(RESULTS.glob("*.json")))


@pytest.mark.parametrize(
    ("goal", "middle", "met"),
    [
        (Goal("", "", {"pure": 1.0}), 1.0, True),
        (Goal("", "", {"pure": 1.0}), 1.01, False),
        (Goal("", "", {"pure": 1.8}, least=True), 1.8, True),
        (Goal("", "", {"pure": 1.8}, least=True), 1.7, False),
    ],
)
def test_a_median_meets_its_goal(goal: Goal, middle: float, met: bool) -> None:
    assert goal.met("pure", Spread(0.0, middle, 9.0)) is met


def test_the_table_says_what_was_not_measured() -> None:
    table = list(lines(Record("c", "d", "m", figures=FIGURES)))
    assert len(table) == 1 + sum(len(goal.most) for goal in GOALS)
    assert "1.00 (0.91..1.23)  met" in table[1]
    assert "not measured" in table[2]


def test_a_mean_is_taken_round_by_round() -> None:
    rounds = Rounds({"up": [1.0, 3.0], "down": [3.0, 5.0], "relay": [1.0, 2.0]})
    rounds.add_mean("both", ("up", "down"))
    assert rounds.costs["both"] == [2.0, 4.0]
    assert rounds.ratio("both", "relay") == Spread(2.0, 2.0, 2.0)


def test_the_interpreter_says_how_it_was_built() -> None:
    line = interpreter()
    assert sys.version.split()[0] in line
    assert "PGO" in line
