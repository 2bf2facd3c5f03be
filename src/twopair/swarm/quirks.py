"""Habits that a UE of a day has from its first hour to its last, calm or not: phones are like that."""

from collections.abc import Sequence
from typing import NamedTuple

from twopair.base import Entropy, Transport
from twopair.live.lab.plan import UePlan
from twopair.sim.tcp import Ear


class Quirks(NamedTuple):
    """What one UE does otherwise than others.

    Args:
        ear: what it does with connections that are opened to it (Q-21).
        drops_old: whether it drops its old set right after SM12 (Q-24).
    """

    ear: Ear = Ear.HEARS
    drops_old: bool = False

    @classmethod
    def draw(cls, ue: UePlan, dice: Entropy) -> "Quirks":
        """Each habit of one UE in three; one that registers over TCP takes connections."""
        deaf, drops = dice.below(6), dice.below(3)
        ear = {0: Ear.REFUSES, 1: Ear.SWALLOWS}.get(deaf, Ear.HEARS)
        over_udp = ue.config.transport is Transport.UDP
        return cls(ear if over_udp else Ear.HEARS, drops_old=not drops)

    def __str__(self) -> str:
        habits = [self.ear.value] * (self.ear is not Ear.HEARS) + ["drops its old set"] * self.drops_old
        return " and ".join(habits)


def in_words(quirks: Sequence[Quirks], names: Sequence[str]) -> tuple[str, ...]:
    """The habits of the UEs that have any."""
    return tuple(f"{name} {habit}" for name, habit in zip(names, quirks, strict=False) if str(habit))
