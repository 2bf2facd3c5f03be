"""A flood of SM1 from invented addresses, on programs: who is registered notices nothing (UNP-05, MGP-08)."""

from pathlib import Path

import pytest
from benchmarks.flood.measure import Flood, measure
from tests.interop.programs import NEEDS_ROOT

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT]

BRIEF = Flood(rate=1_000, seconds=10, sources=2_000, ues=5, subscribers=100)
LIMITS = "register_rate = 20\nregister_burst = 20\ntemporary_sets = 50"


@pytest.mark.timeout(180)
def test_a_flood(tmp_path: Path) -> None:
    """Whatever UEs do succeeds, memory stays, answers are few and small, the log has two lines."""
    figures = measure(BRIEF, tmp_path, LIMITS)
    told, source = figures.phones, figures.source
    assert source["sent"] > 5_000
    for what in ("messages", "registrations"):
        assert told[what] > 0
        assert told[f"{what}_well"] == told[what], told
    before, _, most = figures.rss_kb
    assert most - before < 40_000
    answers = source["answers"]
    assert set(answers) <= {"401", "403", "503"}
    assert answers["401"] + answers["403"] <= 20 + 20 * (BRIEF.seconds + 1)
    assert 0 < answers["503"] <= 20 + 20 * (BRIEF.seconds + 1)
    assert source["answered_octets"] < source["octets"] / 5
    lines = [line for line in figures.log if "limit" in line and "register_rate" in line]
    assert ["no longer" in line for line in lines] == [False, True], figures.log
    assert "FLOODED" in lines[1]
