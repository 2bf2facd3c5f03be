"""Calls after calm: both ends agree on them, and where one end is gone the other says so (RFC 4028 §10)."""

from collections.abc import Mapping, Sequence
from typing import Final

from twopair.base import Entropy, seconds
from twopair.nodes.facts import CallChanged, CallStage
from twopair.sim import Host
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
