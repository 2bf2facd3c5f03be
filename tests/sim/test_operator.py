"""Days on which an operator changes settings of the P-CSCF all the time: every law holds."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest

from twopair.base import Micros
from twopair.nodes import Action, Event, Node
from twopair.nodes.orders import Reconfigured
from twopair.nodes.pcscf import Pcscf
from twopair.swarm.day import run
from twopair.swarm.setting import Variant

EVERY = 5
"""Events between two changes."""

CHANGES: tuple[dict[str, Any], ...] = (
    {"response_after_rekey": "new"},
    {"missing_security_verify": "tolerate"},
    {"response_after_rekey": "old", "foreign_route": "reject"},
    {"missing_security_verify": "reject"},
    {"response_after_rekey": "new", "foreign_route": "replace", "pass_on": ("mediasec",)},
    {"response_after_rekey": "old", "pass_on": ("privacy",)},
)
"""None that says which algorithms or flows there are: the laws know of one list on a day."""


class Meddled:
    """A P-CSCF whose settings are others every few events."""

    def __init__(self, node: Pcscf, counts: list[int]) -> None:
        self._node, self._counts = node, counts
        self._changes = cycle(CHANGES)
        self._events = 0

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        self._events += 1
        if not self._events % EVERY:
            changed = replace(self._node.tables.config, **next(self._changes))
            assert self._node.feed(Reconfigured(changed), now) == []
            self._counts[0] += 1
        return self._node.feed(event, now)

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()


@pytest.mark.parametrize("seed", range(24))
def test_no_law_is_broken(seed: int) -> None:
    """MGP-09, RRG-07, RRG-08: what stands goes on whatever the settings are by now."""
    counts = [0]

    def around(name: str, node: Node) -> Node:
        return Meddled(node, counts) if isinstance(node, Pcscf) else node

    verdict = run(seed, Variant(around=around))
    assert not verdict.law, f"{verdict.law}: {verdict.detail}"
    assert counts[0] > 5
