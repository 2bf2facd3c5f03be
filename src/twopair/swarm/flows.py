"""UEs of a day with more than one registration: flows, or one for emergency beside (MGU-09, PCS-18)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from twopair.base import Entropy, Impi
from twopair.core.registration.flows import RegFlow
from twopair.live.lab.plan import LabPlan, UePlan

EMERGENCY_S: Final = 3_600
"""How long an emergency registration lasts; no REGISTER ends it before (24.229 §5.1.6)."""

_INSTANCE: Final = "urn:gsma:imei:35209900-17614{}-0"


class Shape(NamedTuple):
    """What a UE registers.

    Args:
        flows: how many, named by reg-id from 1 on; 0: one registration without a name.
        apart: whether the second has an address of its own.
        sos: whether an emergency registration is beside.
    """

    flows: int = 0
    apart: bool = False
    sos: bool = False


SHAPES: Final = (Shape(2, apart=True), Shape(2), Shape(sos=True), Shape(2, apart=True, sos=True))


def with_flows(plan: LabPlan, dice: Entropy) -> LabPlan:
    """On one day in four one UE registers more than once; on some of these the registrar keeps one only."""
    if dice.below(4):
        return plan
    number, shape = dice.below(len(plan.ues)), SHAPES[dice.below(len(SHAPES))]
    outbound = dice.below(4) > 0
    ues = list(plan.ues)
    ues[number] = _shaped(ues[number], shape, number, plan.network.ue.format(101 + number))
    return replace(plan, ues=tuple(ues), home=replace(plan.home, outbound=outbound))


def _shaped(ue: UePlan, shape: Shape, number: int, second: str) -> UePlan:
    own = replace(ue.config, keep_alive="options")  # all flows have signs of life (RFC 5626 §4.4)
    flows = [replace(own, instance=_INSTANCE.format(number), reg_id=n + 1) for n in range(shape.flows)]
    if shape.apart:
        flows[1:] = [replace(flow, address=second) for flow in flows[1:]]
    emergency = replace(own, instance=_INSTANCE.format(number), sos=True, expires_s=EMERGENCY_S)
    first, *more = (flows or [own]) + [emergency] * shape.sos
    return replace(ue, config=first, more=tuple(more))


def addresses(ue: UePlan) -> tuple[str, ...]:
    """All that a UE has, its first one first."""
    return tuple(dict.fromkeys(config.address for config in ue.configs))


def most(plan: LabPlan) -> Mapping[Impi, int]:
    """How many registrations each UE may have at most, by IMPI."""
    return {ue.card.impi: len(ue.configs) for ue in plan.ues}


def expected(plan: LabPlan, ue: UePlan) -> tuple[RegFlow, ...]:
    """The registrations of a UE that stand in calm: all, or, without outbound, one and that for emergency."""
    asked = (RegFlow(f"<{c.instance}>" if c.instance else "", c.reg_id, c.sos) for c in ue.configs)
    if plan.home.outbound:
        return tuple(asked)
    return tuple(dict.fromkeys(flow._replace(reg_id=0) for flow in asked))


def several(plan: LabPlan) -> bool:
    """Whether some UE wishes for more than one registration."""
    return any(ue.more for ue in plan.ues)


def emergencies(plan: LabPlan) -> bool:
    """Whether somebody has an emergency registration."""
    return any(config.sos for ue in plan.ues for config in ue.configs)


def in_words(plan: LabPlan, names: Iterable[str]) -> tuple[str, ...]:
    """Which UE registers what."""
    return tuple(
        f"{name} registers {_listed(expected(plan, ue))}"
        for name, ue in zip(names, plan.ues, strict=False)
        if ue.more
    )


def _listed(flows: Iterable[RegFlow]) -> str:
    return " and ".join(str(flow) or "once" for flow in flows)
