"""Who takes part in a day: the usual lab with everything varied that a configuration may vary."""

from collections.abc import Mapping
from dataclasses import replace

from twopair.base import DEFAULT_SUITES, Entropy, Impi, Secret, Suite, Transport, seconds
from twopair.core.aka import AkaKeys
from twopair.live.lab.plan import LabPlan, UePlan, usual


def draw_plan(dice: Entropy, ues: int = 0) -> LabPlan:
    """The configurations of a seed: IP version, transports, algorithms, both solutions.

    Args:
        dice: where they are drawn from.
        ues: how many take part; 0: one to three.
    """
    plan = _with_own_keys(usual((4, 6)[dice.below(2)], ues=ues or dice.below(3) + 1), dice)
    pcscf = replace(
        plan.pcscf,
        response_after_rekey=_solution(dice),
        missing_security_verify=("reject", "tolerate")[dice.below(2)],
    )
    return _with_old_values(
        replace(plan, pcscf=pcscf, ues=tuple(_draw_ue(ue, dice) for ue in plan.ues)), dice
    )


def with_interval(plan: LabPlan, expires_s: int) -> LabPlan:
    """The same, with that session interval of calls."""
    ues = (replace(ue, config=replace(ue.config, session_expires_s=expires_s)) for ue in plan.ues)
    return replace(plan, ues=tuple(ues))


def best_suites(plan: LabPlan) -> Mapping[Impi, Suite]:
    """The first of the P-CSCF's algorithms that each UE has, by IMPI (AGR-22)."""
    return {
        ue.card.impi: next(suite for suite in plan.pcscf.policy.priority if suite in ue.config.offered)
        for ue in plan.ues
    }


def _with_own_keys(plan: LabPlan, dice: Entropy) -> LabPlan:
    """The same, where no card has the keys of another."""
    keys = [AkaKeys(Secret(dice.octets(16)), opc=Secret(dice.octets(16))) for _ in plan.ues]
    return replace(
        plan,
        subscribers=tuple(replace(s, keys=k) for s, k in zip(plan.subscribers, keys, strict=True)),
        ues=tuple(replace(ue, card=replace(ue.card, keys=k)) for ue, k in zip(plan.ues, keys, strict=True)),
    )


def _with_old_values(plan: LabPlan, dice: Entropy) -> LabPlan:
    """On one day in four the P-CSCF puts new sets in place of old ones, and some UEs never renew (RRG-02)."""
    if dice.below(4):
        return plan
    ues = (replace(ue, config=replace(ue.config, renews=bool(dice.below(2)))) for ue in plan.ues)
    return replace(plan, pcscf=replace(plan.pcscf, reuse="replace"), ues=tuple(ues))


def _draw_ue(ue: UePlan, dice: Entropy) -> UePlan:
    config = replace(
        ue.config,
        transport=tuple(Transport)[dice.below(2)],
        suites=_draw_suites(dice),
        response_after_rekey=_solution(dice),
        answer_after=(None, seconds(0), seconds(3))[dice.below(3)],
    )
    return replace(ue, config=config)


def _solution(dice: Entropy) -> str:
    return ("old", "new")[dice.below(2)]


def _draw_suites(dice: Entropy) -> tuple[Suite, ...]:
    """Some of the usual algorithms, at least one, the order any."""
    left = list(DEFAULT_SUITES)
    count = dice.below(len(left)) + 1
    return tuple(left.pop(dice.below(len(left))) for _ in range(count))
