"""What a day begins with: who takes part, in which weather, against whom; and what a test has otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from twopair.attack.defences import Build
from twopair.live.lab.plan import LabPlan
from twopair.nodes import Node
from twopair.sim import Observed, Packet, World
from twopair.sim.weather import Weather
from twopair.swarm.calls import draw_interval
from twopair.swarm.dialogs import with_dialogs
from twopair.swarm.flows import with_flows
from twopair.swarm.mischief import Plot
from twopair.swarm.orders import with_events
from twopair.swarm.population import draw_plan, with_interval
from twopair.swarm.quirks import Quirks
from twopair.swarm.services import with_services


class Onlooker(Protocol):
    """Somebody who draws the day; `twopair.demo.record.Recording` is one."""

    def watch(self, name: str, node: Node) -> Node:
        """The same node, with notes taken of it."""
        ...

    def observed(self, one: Observed) -> None:
        """A packet was sent."""
        ...


def show(world: World, onlooker: Onlooker) -> None:
    """Have the onlooker see each packet of a world as it is sent."""
    inner, shown = world.carrier, 0

    def carry(packet: Packet) -> list[tuple[int, Packet]]:
        nonlocal shown
        if len(world.observed) > shown:
            shown = len(world.observed)
            onlooker.observed(world.observed[-1])
        return inner(packet)

    world.carrier = carry


def _as_it_is(_name: str, node: Node) -> Node:
    return node


@dataclass(frozen=True)
class Variant:
    """How the network of a day differs from the genuine one: nothing at all, unless a test has it so.

    Args:
        change: changes how nodes are made; see `twopair.attack.defences`.
        around: puts something around a node, by the name of its host.
    """

    change: Callable[[Build], Build] = field(default=lambda build: build)
    around: Callable[[str, Node], Node] = _as_it_is


GENUINE: Final = Variant()


class Setting(NamedTuple):
    """Who takes part in a day, in which weather, against whom."""

    plan: LabPlan
    weather: Weather
    plot: Plot
    quirks: tuple[Quirks, ...] = ()

    @classmethod
    def draw(cls, world: World) -> "Setting":
        """That of the world's seed."""
        streams = ("population", "weather", "attacker", "quirks", "sessions", "flows", "services", "dialogs")
        population, weather, attacker, quirks, sessions, flows, services, dialogs = map(
            world.entropy, streams
        )
        plan = with_flows(with_interval(draw_plan(population), draw_interval(sessions)), flows)
        plan = with_events(with_services(plan, services), world.entropy("events"))
        plan = with_dialogs(plan, dialogs)
        habits = tuple(Quirks.draw(ue, quirks) for ue in plan.ues)
        return cls(plan, Weather.draw(weather), Plot.draw(attacker), habits)
