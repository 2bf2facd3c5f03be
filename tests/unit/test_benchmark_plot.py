"""What the picture of the benchmarks is drawn from."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.plot import by_ues, draw, goals, history
from benchmarks.record import Record
from benchmarks.rounds import Spread

ONE = Spread(1.0, 2.0, 3.0)
OLD = Record("old", "2026-01-01T00:00Z", "m", figures={"pure": {"MESSAGE : relay": ONE}})
NEW = Record(
    "new",
    "2026-01-02T00:00Z",
    "m",
    figures={
        "compiled": {
            "MESSAGE : relay": ONE,
            "MESSAGE, 1000 UEs, µs": ONE,
            "MESSAGE, 10 UEs, µs": Spread(4.0, 5.0, 6.0),
            "MESSAGE, 1000 UEs : 10": ONE,
        }
    },
)


def test_a_history_has_gaps() -> None:
    assert history([OLD, NEW], "pure", "MESSAGE : relay") == [(0, ONE)]
    assert history([OLD, NEW], "compiled", "MESSAGE : relay") == [(1, ONE)]


def test_costs_are_in_order_of_ues() -> None:
    assert by_ues(NEW, "compiled", "MESSAGE") == [(10, Spread(4.0, 5.0, 6.0)), (1000, ONE)]
    assert by_ues(NEW, "pure", "MESSAGE") == []


def test_goals_are_those_of_the_table() -> None:
    assert dict(goals("MESSAGE : relay")) == {"pure": 1.0, "compiled": 0.5}


def test_a_picture_is_drawn_and_always_the_same(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="only a picture needs it: pip install -e '.[dev]'")
    first, second = tmp_path / "1.svg", tmp_path / "2.svg"
    for file in (first, second):
        draw([OLD, NEW], file)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")
