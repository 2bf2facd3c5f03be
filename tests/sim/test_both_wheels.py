"""The compiled wheel does what the sources say."""

import pytest
from tests.sim.digests import differing

from twopair.wheel import kind


@pytest.mark.slow
@pytest.mark.skipif(kind() == "pure", reason="needs the compiled wheel: another stage of make test")
def test_days_are_the_same_on_both() -> None:
    """Same octets for the same seed; `python -m tests.sim.digests 2000` compares as many as are asked for."""
    assert differing(100, first=5000) == []
