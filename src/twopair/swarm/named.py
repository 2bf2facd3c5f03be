"""A day whose P-CSCF knows its registrar by name, while its name server lies and is silent (RFC 3263)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from twopair.attack.defences import Build
from twopair.base import Micros, seconds
from twopair.nodes.pcscf.mw.names import STALE_FOR
from twopair.sim.law import Broken
from twopair.sim.packet import Observed
from twopair.sim.zone import NOBODY, PLACE, TTL_S, Zone
from twopair.swarm.day import Day
from twopair.swarm.setting import GENUINE, Variant
from twopair.swarm.verdict import Verdict

ASIDE: Final = seconds(10)
LATE: Final = Micros(seconds(TTL_S + 32) + STALE_FOR)
"""How long after an address was named requests may go there: TTL, RFC 8767, and the rest of a transaction."""


class NamedDay(Day):
    """The same as any other day, with a name to be resolved.

    Attributes:
        zone: what the DNS says.
    """

    def __init__(self, seed: int, variant: Variant = GENUINE) -> None:
        super().__init__(seed, replace(variant, change=_named(variant.change)))
        dice = self.world.entropy("zone")
        self.zone = Zone(
            self.plan.network.home,
            ("udp", "udp", "tcp")[dice.below(3)],
            dice,
            lambda: self.world.agenda.now,
            lambda: self._sky.rough,
        )
        self.world.zone = self.zone
        for nobody in NOBODY:
            self.world.share(
                nobody, "core", lambda _flow: self.world.hosts["home"]
            )  # which listens elsewhere

    def calm(self) -> None:
        """Likewise, once the lies are over: a UE that was answered 504 may wait for long (UEP-13)."""
        self._named_only()
        self._sky.calm()
        self._pass(seconds(TTL_S + 10))
        super().calm()
        self._named_only()

    def _named_only(self) -> None:
        """No REGISTER goes to an address that the DNS has not named (RFC 3263 §4.2)."""
        for seen in self.world.on("core"):
            ours = seen.flow.local.address == self.plan.pcscf.core.address
            if ours and seen.data.startswith(b"REGISTER") and not self._was_named(seen):
                raise Broken("NAMED", f"REGISTER to {seen.flow.remote}, which nobody has named")

    def _was_named(self, seen: Observed) -> bool:
        named = self.zone.named.get(seen.flow.remote.address)
        return named is not None and seen.time <= named + LATE


def _named(change: Callable[[Build], Build]) -> Callable[[Build], Build]:
    def named(build: Build) -> Build:
        build = change(build)
        pcscf = replace(build.plan.pcscf, registrar=PLACE, core_aside=ASIDE)
        return replace(build, plan=replace(build.plan, pcscf=pcscf))

    return named


def run(seed: int, variant: Variant = GENUINE) -> Verdict:
    """The verdict on one such day."""
    return NamedDay(seed, variant).run()
