"""Misspelt keys."""

import pytest

from twopair.live.config.near import nearest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ocp", "opc"),
        ("opcc", "opc"),
        ("opp", "opc"),
        ("imis", "imsi"),
        ("algoritm", "algorithm"),
        ("kk", None),
        ("mtu", None),
        ("", None),
    ],
)
def test_the_fewest_slips_win_and_then_the_same_length(written: str, meant: str | None) -> None:
    assert nearest(written, ["k", "op", "opc", "imsi", "algorithm"]) == meant
