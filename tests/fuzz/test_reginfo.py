"""A small fuzz that always runs, the same inputs on every run (RFC 3680 §5)."""

from tests.fuzz.reginfo import run


def test_documents_and_what_is_none() -> None:
    """Rule of the house: WireError and nothing else, and some inputs are still documents."""
    assert 100 < run(2_000, seed=1) < 1_900
