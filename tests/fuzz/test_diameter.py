"""A small fuzz that always runs, the same inputs on every run (RFC 6733 §3, §4; 29.229 §6)."""

from tests.fuzz.diameter import run


def test_messages_and_what_is_none() -> None:
    """Rule of the house: WireError and nothing else, and some inputs are still messages."""
    assert 100 < run(3_000, seed=1) < 2_900
