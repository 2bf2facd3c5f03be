"""Counts what a P-CSCF reports; nothing that is counted names a UE."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from twopair.base import SECOND, Impi, Limit, Micros, Refusal, Refused
from twopair.core.registration.flows import RegFlow
from twopair.core.sa import Stage
from twopair.live.clock import monotonic
from twopair.live.metrics.distribution import Distribution
from twopair.nodes.facts import (
    BY_NETWORK,
    BY_USER,
    Deregistered,
    Registered,
    RegisterReceived,
    RegistrationFailed,
    SetStage,
)
from twopair.wire.sip import REASON

EXPIRED: Final = "expired"

_BOUNDS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""A registration takes two round trips to the home network, and one or two to the UE and its card."""

_MOST_UNDER_WAY: Final = 10_000
"""Attempts whose beginning is remembered; beyond, the oldest are not measured."""


class FactCounts:
    """A listener of facts.

    Args:
        clock: when things happen.

    Attributes:
        refusals: what was refused to peers, by name.
        limits: what was refused because a limit was reached, by its word.
        registered: registrations that stand, new and again.
        failed: attempts that ended without one, by cause: a refusal, ``status_403``, ``expired``.
        ended: registrations that are gone: ``by_user``, ``by_network`` or ``expired``.
        stages: how often an SA set came to a stage.
        taken_s: how long registrations took, from the first REGISTER to the 200 OK.
        not_installed: SA sets that could not be installed since the last registration.
    """

    def __init__(self, clock: Callable[[], Micros] = monotonic) -> None:
        self.refusals = Counter(dict.fromkeys((refusal.name for refusal in Refusal), 0))
        self.limits = Counter(dict.fromkeys((limit.word for limit in Limit), 0))
        self.registered = 0
        self.failed: Counter[str] = Counter()
        self.ended = Counter({"by_user": 0, "by_network": 0, EXPIRED: 0})
        self.stages = Counter(dict.fromkeys(Stage, 0))
        self.taken_s = Distribution(_BOUNDS_S)
        self.not_installed = 0
        self._clock = clock
        self._under_way: dict[tuple[Impi, RegFlow], Micros] = {}
        self._take: dict[type, Callable[[Any], None]] = {
            Refused: self._refused,
            RegisterReceived: self._came,
            Registered: self._registered,
            RegistrationFailed: self._failed,
            Deregistered: self._ended,
            SetStage: self._stage,
        }

    def __call__(self, fact: object) -> None:
        """Take one fact."""
        take = self._take.get(type(fact))
        if take is not None:
            take(fact)

    def _refused(self, fact: Refused) -> None:
        self.refusals[fact.refusal.name] += 1
        if fact.detail in self.limits:
            self.limits[fact.detail] += 1
        if fact.refusal is Refusal.SA_INSTALL_FAILED:
            self.not_installed += 1

    def _came(self, fact: RegisterReceived) -> None:
        """SM7 comes over a temporary set, and is the second REGISTER of its attempt."""
        if fact.over is Stage.TEMPORARY:
            return
        key = fact.impi, fact.flow
        self._under_way.pop(key, None)
        if len(self._under_way) >= _MOST_UNDER_WAY:
            del self._under_way[next(iter(self._under_way))]
        self._under_way[key] = self._clock()

    def _registered(self, fact: Registered) -> None:
        self.registered += 1
        self.not_installed = 0
        began = self._under_way.pop((fact.impi, fact.flow), None)
        if began is not None:
            self.taken_s.add((self._clock() - began) / SECOND)

    def _failed(self, fact: RegistrationFailed) -> None:
        self._under_way.pop((fact.impi, fact.flow), None)
        self.failed[_cause(fact)] += 1

    def _ended(self, fact: Deregistered) -> None:
        self._under_way.pop((fact.impi, fact.flow), None)
        if fact.reason == BY_USER:
            how = "by_user"
        else:
            how = "by_network" if fact.reason.startswith(BY_NETWORK) else EXPIRED
        self.ended[how] += 1

    def _stage(self, fact: SetStage) -> None:
        self.stages[fact.stage] += 1


def _cause(fact: RegistrationFailed) -> str:
    """One of few: what a home network invents is told by its class."""
    if fact.refusal is not None:
        return fact.refusal.name
    if not fact.status:
        return EXPIRED
    return f"status_{fact.status}" if fact.status in REASON else f"status_{fact.status // 100}xx"
