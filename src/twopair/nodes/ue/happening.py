"""What happened to an attempt, with all that its reactions need."""

from dataclasses import dataclass

from twopair.base import Refusal
from twopair.core.registration.ue import Step
from twopair.nodes.ue.challenge import Verdict
from twopair.wire.sip import Response


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of an attempt.

    Args:
        step: its name in the table.
        reason: for people.
        response: the answer, where there is one.
        verdict: what a 401 is worth.
        refusal: what was refused to the network.
    """

    step: Step
    reason: str
    response: Response | None = None
    verdict: Verdict | None = None
    refusal: Refusal | None = None
