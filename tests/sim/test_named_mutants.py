"""Defects towards a core by name: each is found by a law within forty days (RFC 3263; PCS-06)."""

from collections.abc import Callable

import pytest

from twopair.base import Endpoint, Flow, Micros, Port
from twopair.nodes.pcscf.mw import names
from twopair.nodes.pcscf.mw.names import Names
from twopair.nodes.pcscf.mw.side import CoreSide
from twopair.nodes.pcscf.mw.trail import Trail
from twopair.sim.zone import NOBODY
from twopair.swarm.named import run

SEEDS = 40


def no_next_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 3263 §4.3 left out."""
    monkeypatch.setattr(Trail, "on", lambda _trail: False)


def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a name server says, faults too, is believed for four months."""
    monkeypatch.setattr(names, "MOST_S", 10_000_000)
    monkeypatch.setattr(names, "LEAST_S", 10_000_000)


def never_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that stays without an answer is waited for."""
    monkeypatch.setattr(Names, "_unanswered", lambda *_: None)


def any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is asked that nobody has named."""
    right = CoreSide.way

    def way(side: CoreSide, trail: Trail, octets: int, now: Micros) -> Flow:
        flow = right(side, trail, octets, now)
        return flow._replace(remote=Endpoint(NOBODY[-1], Port(5999)))

    monkeypatch.setattr(CoreSide, "way", way)
    monkeypatch.setattr("twopair.sim.zone.NOBODY", (*NOBODY[:-1], "10.20.0.97"))


MUTANTS: list[tuple[Callable[[pytest.MonkeyPatch], None], set[str]]] = [
    (no_next_server, {"REGISTERED", "RECOVERED"}),
    (for_ever, {"REGISTERED", "RECOVERED"}),
    (never_asked_again, {"REGISTERED", "RECOVERED"}),
    (any_address, {"NAMED"}),
]


@pytest.mark.parametrize(("make", "laws"), MUTANTS, ids=lambda one: getattr(one, "__name__", ""))
def test_defects_are_found(
    make: Callable[[pytest.MonkeyPatch], None], laws: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each within forty days, by a law that has to do with it."""
    make(monkeypatch)
    verdict = next((v for v in map(run, range(SEEDS)) if not v.ok), None)
    assert verdict is not None, f"alive after {SEEDS} days"
    assert verdict.law in laws, verdict
