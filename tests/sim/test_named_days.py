"""Days with a name server that lies, is late and is silent, and with a dead server before the living one."""

import os
from collections.abc import Callable

import pytest

from twopair.base import Endpoint, Flow, Micros, Port
from twopair.core.locate import Place
from twopair.nodes.pcscf.mw import names
from twopair.nodes.pcscf.mw.names import Names
from twopair.nodes.pcscf.mw.side import CoreSide
from twopair.nodes.pcscf.mw.trail import Trail
from twopair.sim.zone import NOBODY
from twopair.swarm.named import NamedDay, run

DAYS = int(os.environ.get("TWOPAIR_NAMED_DAYS", "15"))
SEEDS = 40


def test_days() -> None:
    """PCS-06, RFC 3263: all laws hold; in calm everybody registers past the dead server."""
    days = [NamedDay(seed) for seed in range(DAYS)]
    verdicts = [day.run() for day in days]
    assert [f"{v.law}: {v.detail}; seed {v.seed}" for v in verdicts if not v.ok] == []
    assert sum(day.zone.asked for day in days) > 10 * DAYS
    assert len({v.digest for v in verdicts}) == DAYS
    assert sum(len(day.zone.named) for day in days) > 2 * DAYS, "nobody was lied to"


def test_the_same_day_again() -> None:
    assert run(3).digest == run(3).digest


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


def test_places_are_what_the_zone_has() -> None:
    assert Place("icscf.home.example") == NamedDay(0).plan.pcscf.registrar
