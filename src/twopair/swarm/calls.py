"""Calls after calm: both ends agree on them, and where one end is gone the other says so (RFC 4028 §10)."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from twopair.base import SECOND, Entropy, Impu, Micros, seconds
from twopair.nodes.facts import CallChanged, CallStage
from twopair.nodes.wishes import Answer, Call
from twopair.sim import Host, World
from twopair.sim.law import Broken

LAWS: Final = {
    "CALLS": "some time after calm a call is up at both ends or at none, and nobody still begins or ends one",
    "HELD": "a call stands as long as its ends are there and nobody hangs up",
    "LOST": "an end that is left alone says within the session interval that the call is lost",
}
"""The laws of liveness of calls, by name."""

SHORT_S: Final = 90
"""Session interval of the days on which calls are held through faults (RFC 4028 §5)."""

DECIDED_AFTER: Final = seconds(100)
"""Beside the rest after a registration: a caller gives up after 240 s, and forgets the INVITE in 128 s."""

HELD_FOR: Final = seconds(3 * SHORT_S)
SET_UP_WITHIN: Final = seconds(20)
LOST_WITHIN: Final = seconds(SHORT_S)


def draw_interval(dice: Entropy) -> int:
    """The session interval of a day: the usual one, or on one day in three the shortest."""
    return (1800, 1800, SHORT_S)[dice.below(3)]


def call_of(ue: Host, born: Mapping[str, int]) -> CallChanged | None:
    """The latest call of a UE in its present life, as it was last reported.

    Args:
        ue: which.
        born: how many facts each UE had reported when that life began.
    """
    facts = (fact for _, fact in reversed(ue.facts[born[ue.name] :]))
    return next((fact for fact in facts if isinstance(fact, CallChanged) and fact.call_id), None)


def rings(ue: Host, born: Mapping[str, int]) -> bool:
    """Whether a UE rings, or is in a call already."""
    call = call_of(ue, born)
    return call is not None and call.stage in (CallStage.RINGING, CallStage.UP)


def up(ue: Host, born: Mapping[str, int]) -> bool:
    """Whether a UE is in a call."""
    call = call_of(ue, born)
    return call is not None and call.stage is CallStage.UP


def lost(ue: Host, born: Mapping[str, int]) -> bool:
    """Whether the latest call of a UE was lost."""
    call = call_of(ue, born)
    return call is not None and call.lost is not None


def agree(ues: Sequence[Host], born: Mapping[str, int]) -> None:
    """Raises Broken unless every call is up at two UEs, or has ended."""
    calls = {ue.name: call for ue in ues if (call := call_of(ue, born)) is not None}
    standing = [call.call_id for call in calls.values() if call.stage is CallStage.UP]
    for name, call in calls.items():
        if call.stage is CallStage.UP and standing.count(call.call_id) < 2:
            raise Broken("CALLS", f"{name} is in a call with {call.peer}, which is not")
        if call.stage not in (CallStage.UP, CallStage.ENDED):
            raise Broken("CALLS", f"{name} has a call that is {call.stage.value}")


def one_call(
    world: World,
    ends: Sequence[Host],
    to: Impu,
    born: Mapping[str, int],
    dice: Entropy,
    restart: Callable[[str], object],
) -> None:
    """A call is held for a while, until one end is switched off. Raises Broken.

    Args:
        world: where it happens.
        ends: caller and called.
        to: an identity of the called.
        born: as `call_of` has it.
        dice: says which end is switched off.
        restart: switches one off and on again, by name.
    """
    caller, called = ends
    caller.later(Call(to))
    world.run(at_most=seconds(1))
    world.run(partial(rings, called, born), at_most=SET_UP_WITHIN)  # its way may be one that fails at first
    called.later(Answer())  # unless it has been taken by itself
    _until(world, lambda: all(up(ue, born) for ue in ends), SET_UP_WITHIN, "HELD")
    world.run(at_most=HELD_FOR)
    if not all(up(ue, born) for ue in ends):
        raise Broken("HELD", f"a call in calm is {call_of(caller, born)}")
    gone = ends[dice.below(2)]
    restart(gone.name)
    (left,) = (ue for ue in ends if ue is not gone)
    _until(world, partial(lost, left, born), LOST_WITHIN, "LOST")


def _until(world: World, condition: Callable[[], bool], within: Micros, law: str) -> None:
    if not world.run(condition, at_most=within):
        raise Broken(law, f"not within {within // SECOND} s of calm")
