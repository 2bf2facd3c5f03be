"""Plays a scenario once and keeps what is to be shown of it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple

from twopair.base import DEFAULT_SUITES, STATUS, Suite, Transport
from twopair.demo.checks.check import Verdict, run
from twopair.demo.evidence import Evidence
from twopair.demo.network import Network, in_a_world, on_this_machine, recording_of
from twopair.demo.play import Play, Stalled
from twopair.demo.record import Recording
from twopair.demo.scenarios import Scenario
from twopair.live.lab import usual
from twopair.live.prerequisite import PrerequisiteMissing

BACKENDS: Final = ("auto", "kernel", "userspace", "memory")
_WHY_USERSPACE: Final = {
    "auto": "auto takes it, the lab has no kernel one",
    "userspace": "real ESP in this process",
}


class Wanted(NamedTuple):
    """What the command line asks for.

    Args:
        transport: what the UEs register over.
        suite: the only algorithms of both ends; None for the usual list.
        ip: IP version, 4 or 6.
        backend: one of `BACKENDS`.
    """

    transport: Transport
    suite: Suite | None = None
    ip: int = 4
    backend: str = "auto"


@dataclass(frozen=True)
class Outcome:
    """One run of a scenario.

    Args:
        scenario: which.
        wanted: how; `backend` is the one that was taken.
        why: why that one.
        evidence: what was seen.
        verdicts: what was checked.
        stalled: at what the scenario stood still, empty if it came to its end.
    """

    scenario: Scenario
    wanted: Wanted
    why: str
    evidence: Evidence
    verdicts: list[Verdict]
    stalled: str = ""

    @property
    def ok(self) -> bool:
        """Whether the scenario came to its end and every verdict is good."""
        return not self.stalled and all(verdict.ok for verdict in self.verdicts)

    @property
    def recording(self) -> Recording:
        """What was seen and reported."""
        return self.evidence.recording


def play(scenario: Scenario, wanted: Wanted) -> Outcome:
    """Build the network, play, judge, and take everything down.

    Raises:
        PrerequisiteMissing: this machine lacks what the back end needs.
    """
    if wanted.backend == "kernel":
        raise PrerequisiteMissing("the demo has no kernel back end: use --backend userspace or memory")
    return asyncio.run(_play(scenario, wanted))


async def _play(scenario: Scenario, wanted: Wanted) -> Outcome:
    suites = (wanted.suite,) if wanted.suite else DEFAULT_SUITES
    plan = scenario.change(
        usual(
            wanted.ip,
            ues=scenario.ues,
            transport=wanted.transport,
            algorithms=suites,
            legacy=any(STATUS[suite] == "legacy" for suite in suites),
        )
    )
    recording = recording_of(plan)
    virtual = wanted.backend == "memory"
    building: AbstractAsyncContextManager[Network]
    building = in_a_world(plan, recording) if virtual else on_this_machine(plan, recording)
    async with building as network:
        stalled = ""
        try:
            await scenario.play(Play(plan, network, recording))
        except Stalled as stop:
            stalled = str(stop)
        names = [host.name for host in recording.hosts]
        evidence = Evidence(
            recording=recording,
            transport=wanted.transport,
            suite=suites[0],
            encrypted=not virtual,
            sas={name: tuple(network.sas(name)) for name in names},
            drops={name: dict(network.drops(name)) for name in names},
        )
        why = network.device if virtual else f"{_WHY_USERSPACE[wanted.backend]}; {network.device}"
    verdicts = run(scenario.checks(evidence), evidence)
    taken = wanted._replace(backend="memory" if virtual else "userspace")
    return Outcome(scenario, taken, why, evidence, verdicts, stalled)
