"""Trying an attack: with a network made for it, and a verdict on what came of it."""

from dataclasses import replace
from typing import NamedTuple

from twopair.attack.attack import Attack, foreign_set
from twopair.attack.defences import Build
from twopair.attack.in_world import WorldStage
from twopair.attack.stage import Stage
from twopair.base import DEFAULT_SUITES, Transport
from twopair.core.sa import Stage as SetStage
from twopair.live.lab.plan import LabPlan, usual

AFTER_S = 260.0
"""Longer than reg-await-auth: by then nothing of a failed attempt is left (ERR-31)."""


class Trial(NamedTuple):
    """What came of one attack.

    Args:
        attack: which.
        transport: what the UEs registered over.
        defended: whether all defences stood.
        real: whether on real packets.
        made: packets that were touched or forged.
        got: what the attacker has achieved, empty if nothing.
        left: what is left behind, empty if nothing.
    """

    attack: Attack
    transport: Transport
    defended: bool
    real: bool
    made: int
    got: str
    left: str

    @property
    def ok(self) -> bool:
        """Defended: the attack was made and came to nothing. Undefended: it succeeded."""
        if not self.defended:
            return bool(self.got)
        return bool(self.made) and not self.got and not self.left


def plan_of(attack: Attack, transport: Transport, ip: int = 4) -> LabPlan:
    """The network that an attack wants: two UEs, short-tempered ones."""
    suites = (attack.suite,) if attack.suite else DEFAULT_SUITES
    plan = usual(ip, ues=2, transport=transport, algorithms=suites)
    ues = tuple(replace(ue, config=replace(ue.config, retries=False)) for ue in plan.ues)
    return attack.change(replace(plan, ues=ues))


async def play(attack: Attack, stage: Stage, transport: Transport, *, defended: bool) -> Trial:
    """Have an attack happen on a stage and look at what came of it."""
    await attack.day(stage)
    got = attack.got(stage)
    await stage.wait(AFTER_S)
    got, left = got or attack.got(stage), _left_behind(stage)
    made = stage.attacker.made + sum(node.lies for node in stage.nodes.values())
    return Trial(attack, transport, defended, stage.real, made, got, left)


def try_in_world(
    attack: Attack, transport: Transport, *, without: tuple[str, ...] = (), seed: int = 1, ip: int = 4
) -> Trial:
    """Play an attack in virtual time; `without` names the defences that are missing."""
    build = Build(plan_of(attack, transport, ip)).without(*without)
    stage = WorldStage(build, attack.moves, seed)
    playing = play(attack, stage, transport, defended=not without)
    try:
        playing.send(None)
    except StopIteration as end:
        result: Trial = end.value
        return result
    raise RuntimeError("virtual time never waits")


def _left_behind(stage: Stage) -> str:
    """Temporary sets that outlived reg-await-auth, or a set that only one end has ever had (ERR-31)."""
    for name, node in stage.nodes.items():
        stale = [s for s in node.sets if node.stages.get(s) is SetStage.TEMPORARY]
        if stale:
            return f"{name} still has {len(stale)} temporary set(s) after {AFTER_S:.0f} s"
    return foreign_set(stage)
