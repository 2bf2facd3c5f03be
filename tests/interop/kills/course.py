"""One run: a network of namespaces, UEs in it, and a P-CSCF that is killed again and again."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final, NamedTuple

from tests.interop.ear import heard
from tests.interop.kernel.test_programs import standing
from tests.interop.kills.attempts import Kill, Row, losses, rows
from tests.interop.kills.plan import UE_HOST, Plan, address, write_files
from tests.interop.kills.starts import Afresh, Forked, Start
from tests.interop.kills.ues import Told
from tests.interop.programs import Program, Programs

_UES: Final = (sys.executable, "-m", "tests.interop.kills.ues")

WHILE_IT_STARTS: Final = 0.2
"""How many of the kills strike a P-CSCF that is not ready yet."""

_MOST_DOWN_S: Final = 12.0
"""How long kills may keep the P-CSCF down; a UE that hears nothing for 24 s registers anew (ADR 14)."""

_PAUSES_PER_START: Final = 4.0
"""A machine on which the P-CSCF needs longer to start has longer pauses between kills."""

_READY_S: Final = 120.0
_LOOKS: Final = 10
_BETWEEN_LOOKS_S: Final = 0.2
_ALL_S: Final = 900.0
"""How long steps of all UEs may take; the guest is slow. A UE waits 128 s for an answer (TMR-04)."""

Say = Callable[[str], object]


class Outcome(NamedTuple):
    """What a run has shown.

    Args:
        rows: what was attempted, and what came of it.
        kills: when the P-CSCF was killed, and ready again.
        early: how many of these struck while it started.
        lost: each loss, in words; there must be none.
        twice: messages that came twice.
    """

    rows: list[Row]
    kills: list[Kill]
    early: int
    lost: list[str]
    twice: int


class Course:
    """A network in which one plan is followed.

    Args:
        plan: what to do.
        folder: empty, for files.
        network: without hosts so far.
        say: takes a line of news.
    """

    def __init__(self, plan: Plan, folder: Path, network: Programs, say: Say) -> None:
        self._plan = plan
        self._folder = folder
        self._network = network
        self._say = say
        self._dice = Random(plan.seed)
        self._kills: list[float] = []
        self._readies: list[float] = []
        self._early = 0
        self._pcscf: Start
        self._faults: list[str] = []
        write_files(plan, folder)
        (folder / "plan.json").write_text(json.dumps(plan))
        for name in ("pcscf", "home", UE_HOST):
            network.host(name)
        network.on_bridge("pcscf", "10.10.0.1/16")
        network.on_bridge(UE_HOST, f"{address(0)}/16")
        network.add_address(UE_HOST, *(f"{address(number)}/16" for number in range(1, plan.ues)))
        network.cable("pcscf", "10.20.0.1/24", "home", "10.20.0.2/24")

    def run(self) -> Outcome:
        """From the first registration to the last de-registration."""
        home = self._network.start("home", "home", "-c", str(self._folder / "home.toml"))
        assert home.line(_READY_S).startswith("ready ")
        words = ("pcscf", "-c", str(self._folder / "pcscf.toml"), *(("-v",) if self._plan.verbose else ()))
        forked = self._plan.forked
        self._pcscf = Forked(self._network, words, self._folder) if forked else Afresh(self._network, words)
        began = monotonic()
        self._pcscf.begin()
        self._takes_s = self._ready(began)
        ues = self._network.run(UE_HOST, *_UES, str(self._folder))
        assert ues.line(_READY_S) == "ready"
        for word in ("register", "call"):
            self._do(ues, word)
        ear = self._network.ear()
        self._do(ues, "go")
        while len(self._kills) < self._plan.kills:
            self._kill()
        for word in ("settle", "prove", "tell"):
            self._do(ues, word)
        told = Told.read(self._folder)
        lost = [*told.news, *(f"in the clear: {packet}" for packet in heard(ear).clear)]
        lost += self._views(home, there=self._plan.ues, gone=0)
        self._do(ues, "deregister")
        lost += self._views(home, there=0, gone=self._plan.ues)
        assert ues.end()[0] == 0, ues.log()
        for log, name in ((self._pcscf.log(), "pcscf"), (home.log(), "home"), (ues.log(), "ues")):
            self._read(log, name)
        return self._outcome(told, lost)

    def _do(self, ues: Program, word: str) -> None:
        began = monotonic()
        ues.say(word)
        assert ues.line(_ALL_S) == f"{word} done"
        self._say(f"{word}: {monotonic() - began:.0f} s")

    # kills

    def _ready(self, began: float) -> float:
        """Wait until the P-CSCF is ready; how long that took."""
        self._pcscf.ready(_READY_S)
        return monotonic() - began

    def _kill(self) -> None:
        """Wait, kill, start the next; now and then that one is killed before it is ready."""
        sleep(self._dice.uniform(0, max(self._plan.pause_s, _PAUSES_PER_START * self._takes_s)))
        self._strike()
        first = self._kills[-1]
        while len(self._kills) < self._plan.kills and self._dice.random() < WHILE_IT_STARTS:
            wait_s = self._dice.uniform(0, self._takes_s)
            if monotonic() + wait_s + self._takes_s > first + _MOST_DOWN_S:
                break
            sleep(wait_s)
            self._early += 1
            self._strike()
        self._takes_s = self._ready(self._kills[-1])
        self._readies += [monotonic()] * (len(self._kills) - len(self._readies))
        self._say(f"kill {len(self._kills)}: ready {self._takes_s:.2f} s after it")

    def _strike(self) -> None:
        self._pcscf.kill()
        self._kills.append(monotonic())
        self._read(self._pcscf.log(), "pcscf")
        self._pcscf.begin()

    def _read(self, log: str, name: str) -> None:
        """Look for faults in what a program has logged, and keep that."""
        self._faults += [line for line in log.splitlines() if _is_fault(line)]
        with (self._folder / f"{name}.log").open("a") as kept:
            kept.write(f"-- {name} {monotonic():.3f}\n{log}")

    # what is left in the end

    def _views(self, home: Program, *, there: int, gone: int) -> Iterator[str]:
        """Where P-CSCF, home network and kernel see other registrations than those that are there."""
        before = self._in_kernel()
        shown = self._network.start("pcscf", "sas", "-c", str(self._folder / "pcscf.toml"), "--json")
        code, out, log = shown.end(within_s=_READY_S)
        assert code == 0, log
        known = [ue for ue in json.loads(out) if ue["registered"]]
        if len(known) != there:
            yield f"the P-CSCF knows of {len(known)} registrations, not {there}"
        ended = home.log().count(" Deregistered ")
        if ended != gone:
            yield f"the home network has seen {ended} registrations end, not {gone}"
        sets, after = sum(len(ue["sets"]) for ue in json.loads(out)), self._in_kernel()
        if (
            self._plan.backend == "kernel" and not before >= sets >= after
        ):  # none is made any more, old ones go
            yield f"{before} and then {after} sets in the kernel, and the P-CSCF knows of {sets}"

    def _in_kernel(self) -> float:
        """How many sets stand there, if ESP is the kernel's."""
        if self._plan.backend != "kernel":
            return math.nan
        for _ in range(_LOOKS):  # a set that has drained may go between a look at states and one at policies
            states, policies, _ = standing(self._network)
            if states == policies:
                return states / 4
            sleep(_BETWEEN_LOOKS_S)
        return math.nan

    def _outcome(self, told: Told, lost: list[str]) -> Outcome:
        kills = [Kill(*moments) for moments in zip(self._kills, self._readies, strict=True)]
        failed = [f"{a.kind}, {a.who}: {a.fault}" for a in losses(told.attempts, kills)]
        return Outcome(
            rows(told.attempts, kills), kills, self._early, failed + lost + self._faults, told.twice
        )


def _is_fault(line: str) -> bool:
    return "Traceback" in line or " ERROR " in line


def follow(plan: Plan, folder: Path, say: Say = print) -> Outcome:
    """Follow a plan in a network of its own, which is gone afterwards."""
    with Programs() as network:
        return Course(plan, folder, network, say).run()
