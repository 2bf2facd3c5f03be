"""The checks of a node as one value: rows can be left out by name, and by nobody but a test."""

import re
from pathlib import Path
from typing import Any

import pytest

from twopair.nodes.pcscf import rules as pcscf
from twopair.nodes.ue import rules as ue

ROOT = Path(__file__).parents[3]
EITHER = pytest.mark.parametrize("rules", [pcscf.RULES, ue.RULES], ids=["pcscf", "ue"])


def rows(rules: Any) -> list[str]:
    tables = [field for field in rules if isinstance(field, tuple)]
    return [row.requirement for table in tables for row in table if hasattr(row, "requirement")]


@EITHER
def test_without_takes_a_row_out_and_leaves_the_others(rules: Any) -> None:
    """AGR-31, UNP-02 and all others: in every table that has a row of that name."""
    for name in rows(rules):
        left = rows(rules.without(name))
        assert left == [other for other in rows(rules) if other != name]


@EITHER
def test_a_row_that_is_none_is_a_mistake(rules: Any) -> None:
    """Else a test would believe that it has left something out."""
    with pytest.raises(ValueError, match="no check is called chance"):
        rules.without("chance")


def test_services_work_by_all_rules() -> None:
    """What makes nodes for services never says which rules they have: no file leads to them."""
    makers = ("Pcscf(", "UserEquipment(", "HomeNetwork(")
    places = [*(ROOT / "src/twopair/live").rglob("*.py"), *(ROOT / "src/twopair/cli").rglob("*.py")]
    assert any(maker in place.read_text() for place in places for maker in makers)
    for place in places:
        assert not re.search(r"\b(nodes\.\w+\.rules|Rules|RULES|rules=)", place.read_text()), place
