"""The garbage collector of a service: what it takes up at its start is never walked over."""

import gc
from collections.abc import Iterator

import pytest

from twopair.live.collector import collect_nothing, collect_what_stayed, spare_what_stays


class Noted:
    """Something in a cycle, which says when it is collected."""

    def __init__(self, gone: list[str]) -> None:
        self.itself = self
        self._gone = gone

    def __del__(self) -> None:
        self._gone.append("gone")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.collect()


def test_what_is_taken_up_at_the_start_stays() -> None:
    """A cycle of before is collected; one of between the two is kept, and none is looked for."""
    before: list[str] = []
    between: list[str] = []
    Noted(before)
    collect_nothing()
    assert before == ["gone"]
    assert not gc.isenabled()
    Noted(between)
    spare_what_stays()
    gc.collect()
    assert gc.isenabled()
    assert between == []


def test_what_stayed_in_one_turn_goes_before_the_next() -> None:
    """A host that hands its UEs over, and takes others over later, has those of one turn at a time."""
    gone: list[str] = []
    collect_nothing()
    Noted(gone)
    spare_what_stays()
    collect_what_stayed()
    assert gone == ["gone"]


def test_a_service_that_takes_up_nothing_collects_once() -> None:
    gone: list[str] = []
    Noted(gone)
    spare_what_stays()
    assert gone == ["gone"]
    assert gc.get_freeze_count() > 0
