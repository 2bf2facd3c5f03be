"""Plays a scenario once and keeps what is to be shown of it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple

from twopair.base import DEFAULT_SUITES, STATUS, Suite, Transport
from twopair.demo.checks.check import Verdict, run
from twopair.demo.evidence import Evidence
from twopair.demo.network import Network, in_a_world, on_this_machine, recording_of
from twopair.demo.play import Play, Stalled
from twopair.demo.record import Recording
from twopair.demo.scenario import Scenario
from twopair.live.lab import usual

_REMINDER_S: Final = 1.0
BACKENDS: Final = ("auto", "kernel", "userspace", "memory")
_WHY: Final = {
    "auto": "auto takes it, a lab needs nothing of the kernel",
    "userspace": "real ESP in this process",
    "kernel": "real ESP of Linux XFRM",
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


def play(scenario: Scenario, wanted: Wanted, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Build the network, play, judge, and take everything down.

    Args:
        scenario: what to play.
        wanted: how.
        tell: is told what the run is at.

    Raises:
        PrerequisiteMissing: this machine lacks what the back end needs.
    """
    return asyncio.run(_play(scenario, wanted, tell))


async def _play(scenario: Scenario, wanted: Wanted, tell: Callable[[str], None]) -> Outcome:
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
    tell("building the network")
    virtual = wanted.backend == "memory"
    building: AbstractAsyncContextManager[Network]
    if virtual:
        building = in_a_world(plan, recording)
    else:
        building = on_this_machine(plan, recording, kernel=wanted.backend == "kernel")
    async with building as network:
        stalled = ""
        playing = Play(plan, network, recording, tell)
        reminding = asyncio.create_task(playing.remind(_REMINDER_S))
        try:
            await scenario.play(playing)
        except Stalled as stop:
            stalled = str(stop)
        finally:
            reminding.cancel()
        names = [host.name for host in recording.hosts]
        evidence = Evidence(
            recording=recording,
            transport=wanted.transport,
            suite=suites[0],
            encrypted=not virtual,
            sas={name: tuple(network.sas(name)) for name in names},
            drops={name: dict(network.drops(name)) for name in names},
            own_ivs=wanted.backend != "kernel",
        )
        why = network.device if virtual else f"{_WHY[wanted.backend]}; {network.device}"
    verdicts = run(scenario.checks(evidence), evidence)
    taken = wanted._replace(backend="userspace" if wanted.backend == "auto" else wanted.backend)
    return Outcome(scenario, taken, why, evidence, verdicts, stalled)
