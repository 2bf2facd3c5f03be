"""Services of a day: an application server beside the home network, and identities that only register."""

from dataclasses import replace
from typing import Final

from twopair.base import Endpoint, Entropy, Impu, Port
from twopair.core.aka import Subscriber
from twopair.core.service import ApplicationServer as Served
from twopair.core.service import FilterCriterion, MethodIs, Point, Trigger
from twopair.live.lab.plan import LabPlan
from twopair.sim import World
from twopair.sim.application_server import ApplicationServer, Mood

_NAME: Final = "apps"
_OF_CALLS: Final = ("INVITE", "MESSAGE")

__all__ = ["Mood", "add_server", "barred", "served_at", "with_services"]


def with_services(plan: LabPlan, dice: Entropy) -> LabPlan:
    """On one day in three users have a service; some have numbers, and barred identities (UEP-02)."""
    if dice.below(3):
        return plan
    methods = ("REGISTER", *(method for method in _OF_CALLS if dice.below(2)))
    trigger = Trigger(tuple(Point(MethodIs(method)) for method in methods))
    criterion = FilterCriterion(0, Served(f"sip:{_endpoint(plan)}"), trigger)
    return replace(
        plan,
        home=replace(plan.home, services=((_NAME, (criterion,)),)),
        subscribers=tuple(_served(one, number, dice) for number, one in enumerate(plan.subscribers)),
    )


def _served(one: Subscriber, number: int, dice: Entropy) -> Subscriber:
    more = [Impu(f"tel:+4930{number}")] * dice.below(2)
    barred = [Impu(f"sip:barred-{number}@{one.impus[0].partition('@')[2]}")] * dice.below(2)
    return replace(
        one,
        impus=(*one.impus, *barred, *more),
        barred=one.barred | frozenset(barred),
        services=(_NAME,),
    )


def served_at(plan: LabPlan) -> Endpoint | None:
    """Where the application server is, None on a day without."""
    return _endpoint(plan) if plan.home.services else None


def barred(plan: LabPlan) -> set[Impu]:
    """The identities that only register."""
    return {impu for one in plan.subscribers for impu in one.barred}


def add_server(world: World, plan: LabPlan) -> ApplicationServer:
    """The application server, in a mood of its own while everything goes wrong; nowhere on a day without."""
    at = _endpoint(plan)
    server = ApplicationServer(at)
    if plan.home.services:
        dice = world.entropy("server")
        server.mood = tuple(Mood)[dice.below(len(Mood))]
        world.add("server", server, {at.address: "core"})
    return server


def _endpoint(plan: LabPlan) -> Endpoint:
    return Endpoint(f"{plan.network.home[:-1]}9", Port(5070))
