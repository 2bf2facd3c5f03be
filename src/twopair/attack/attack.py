"""One attack: what is done, what it would achieve, what defeats it."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

from twopair.attack.moves import Move
from twopair.attack.stage import VICTIM, Stage
from twopair.base import Suite, Transport
from twopair.core.sa import SaSet
from twopair.live.lab.plan import LabPlan

READABLE = Suite("hmac-sha-1-96", "null")
"""Integrity without encryption: an attacker can read what it cannot change."""

Got = Callable[[Stage], str]
"""Looks at what came of an attack: what the attacker has achieved, in words; empty if nothing."""


def as_usual(plan: LabPlan) -> LabPlan:
    """Nothing out of the ordinary."""
    return plan


class Attack(NamedTuple):
    """One attack.

    Args:
        name: short, unique.
        row: key of the row of `ROWS` that it belongs to.
        achieves: what it leads to if undefended.
        defeated_by: requirements that stand in its way.
        without: the defences (see `DEFENCES`) that must be missing for it to succeed; none where it can do
            no more than deny service, which whoever can drop packets can do anyway.
        day: what users, and the attacker at moments of its own, do.
        got: whether the attacker got it.
        moves: what the attacker does with packets.
        change: what is special about the network.
        suite: the only algorithms of both ends, None for the usual list.
        transports: what it works with.
        real: transports with which it can be played on real packets.
    """

    name: str
    row: str
    achieves: str
    defeated_by: str
    without: tuple[str, ...]
    day: Callable[[Stage], Awaitable[None]]
    got: Got
    moves: tuple[Move, ...] = ()
    change: Callable[[LabPlan], LabPlan] = as_usual
    suite: Suite | None = None
    transports: tuple[Transport, ...] = (Transport.UDP, Transport.TCP)
    real: tuple[Transport, ...] = (Transport.UDP, Transport.TCP)


UDP_ONLY = (Transport.UDP,)
TCP_ONLY = (Transport.TCP,)
NEVER: tuple[Transport, ...] = ()


# what most days and most findings have in common


async def registers(stage: Stage) -> None:
    """The victim registers."""
    await stage.register()
    await stage.wait(5)


async def registers_twice(stage: Stage) -> None:
    """The victim registers, and again."""
    await stage.register()
    await stage.register()
    await stage.wait(5)


async def both_register(stage: Stage) -> None:
    """Both UEs register."""
    await stage.register()
    await stage.register("ue2")


def foreign_set(stage: Stage) -> str:
    """An SA set at the P-CSCF in the victim's name that the victim never made so."""
    own = stage[VICTIM].ever
    for s in stage["pcscf"].established():
        if s.impi == stage.impi() and not any((s.ports, s.spis) == (o.ports, o.spis) for o in own):
            return f"the P-CSCF serves the user over {_difference(s, own)}, which the UE never had"
    return ""


def _difference(theirs: SaSet, own: Sequence[SaSet]) -> str:
    """In which ports and SPIs a set differs from the one of the UE's that is nearest to it."""
    values = dict(_named(theirs))
    unlike = [{name: v for name, v in values.items() if v != dict(_named(o))[name]} for o in own]
    nearest = min(unlike, key=len, default=values)
    return ", ".join(f"{name} {value}" for name, value in nearest.items())


def _named(s: SaSet) -> Iterator[tuple[str, int]]:
    for name, value in s.ports._asdict().items():
        yield f"port_{name}", value
    for name, value in s.spis._asdict().items():
        yield f"spi_{name}", value


def weaker_set(stage: Stage) -> str:
    """A set at both ends with other algorithms than the best that both have."""
    best = stage.plan.pcscf.policy.priority[0]
    own = {s.suite for s in stage[VICTIM].ever}
    for s in stage["pcscf"].established():
        if s.impi == stage.impi() and s.suite in own and s.suite != best:
            return f"both ends use {s.suite} instead of {best}"
    return ""
