"""What the home network orders in the course of a day (24.229 §5.4.1.5, §5.4.1.6; MGP-11, MGU-13, MGU-14)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from twopair.base import Entropy, Impu, Micros, seconds
from twopair.live.lab.plan import LabPlan
from twopair.nodes.events import Dismiss, Order, Reauthenticate
from twopair.nodes.facts import Registered
from twopair.sim import Host, World
from twopair.sim.law import Broken
from twopair.swarm.flows import several
from twopair.wire.reginfo import ContactEvent

EVENTS: Final = (
    ContactEvent.REJECTED,
    ContactEvent.DEACTIVATED,
    ContactEvent.DEACTIVATED,
    ContactEvent.PROBATION,
)

WORD_WITHIN: Final = seconds(40)
"""In calm: what is lost on either side of the P-CSCF has come by then."""

ENDED_WITHIN: Final = seconds(190)
"""In calm: word of it in 20 s at most, or twice that where it is asked about, and then 64 * T1."""

WITHIN_S: Final = 90
"""What a registration is shortened to in calm: half of it for an answer over a way that fails at first."""

LAWS: Final = {
    "ENDED": "what the network has ended, neither end has an SA set of, some time later",
    "RENEWED": "what the network has shortened stands again in time, over another SA set",
}
"""The laws of liveness here, by name."""


def with_events(plan: LabPlan, dice: Entropy) -> LabPlan:
    """On one day in two all subscribe to registration events."""
    if dice.below(2):
        return plan
    ues = [
        replace(
            ue,
            config=replace(ue.config, reg_event=True),
            more=tuple([replace(config, reg_event=True) for config in ue.more]),
        )
        for ue in plan.ues
    ]
    return replace(plan, ues=tuple(ues), pcscf=replace(plan.pcscf, reg_event=True))


class Orders:
    """The operator of a home network.

    Args:
        world: where it happens.
        plan: who takes part.
    """

    def __init__(self, world: World, plan: LabPlan) -> None:
        self._world = world
        self._plan = plan
        self._dice = world.entropy("orders")
        self.watched = plan.pcscf.reg_event
        self._rejected = False

    def rough(self) -> None:
        """Now and then a registration is ended, or shortened."""
        if not self.watched or self._dice.below(6):
            return
        who = self._impu(self._dice.below(len(self._plan.ues)))
        event = EVENTS[self._dice.below(len(EVENTS))]
        orders: Sequence[Order] = (
            Dismiss(who, event, 20 if event is ContactEvent.PROBATION else None),
            Reauthenticate(who, 30 + self._dice.below(60)),
        )
        order = orders[self._dice.below(2)]
        self._rejected |= isinstance(order, Dismiss) and order.event is ContactEvent.REJECTED
        self._order(order)

    def outlast(self, wish: Callable[[], None]) -> None:
        """What users wished before they heard that they are rejected is over with that; they wish again.

        Who is rejected does not register by itself, whatever was under way (MGU-13).
        """
        if self._rejected:
            self._rejected = False
            self._world.run(at_most=WORD_WITHIN)
            wish()

    def calm(self, pcscf: Host, ues: Sequence[Host], all_register: Callable[[], None]) -> None:
        """All are sent off, and come again; then all are to authenticate anew. Raises Broken."""
        if not self.watched or several(self._plan):
            return
        for number in range(len(ues)):
            self._order(Dismiss(self._impu(number), ContactEvent.REJECTED))
        self._world.run(at_most=ENDED_WITHIN)
        for host in (pcscf, *ues):
            if host.sets:
                raise Broken("ENDED", f"{host.name} has sets {sorted(host.sets)} of what was ended")
        all_register()
        since, before = self._world.agenda.now, [_keys(ue) for ue in ues]
        for number in range(len(ues)):
            self._order(Reauthenticate(self._impu(number), WITHIN_S))
        self._world.run(at_most=seconds(WITHIN_S))
        for ue, old in zip(ues, before, strict=True):
            if not _renewed(ue, since) or _keys(ue) <= old:
                raise Broken("RENEWED", f"{ue.name} has not been registered anew within {WITHIN_S} s")

    def _order(self, order: Order) -> None:
        self._world.hosts["home"].later(order)

    def _impu(self, number: int) -> Impu:
        return self._plan.subscribers[number].associated[0]


def _keys(ue: Host) -> set[object]:
    return {sa_set.keys for sa_set in ue.sets.values()}


def _renewed(ue: Host, since: Micros) -> bool:
    return any(isinstance(fact, Registered) and at > since for at, fact in ue.facts)
