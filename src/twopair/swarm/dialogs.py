"""Calls of a day as phones make them, with preconditions, and a core that hides (RFC 3312; PCS-20)."""

from dataclasses import replace

from twopair.base import Entropy
from twopair.live.lab.plan import LabPlan
from twopair.nodes.pcscf import Pcscf
from twopair.sim.law import Broken


def with_dialogs(plan: LabPlan, dice: Entropy) -> LabPlan:
    """On one day in three calls have preconditions (RFC 3312); on one in three UEs do not see the core."""
    wanted, hides = not dice.below(3), not dice.below(3)
    ues = tuple(replace(ue, config=replace(ue.config, preconditions=wanted)) for ue in plan.ues)
    return replace(plan, ues=ues, pcscf=replace(plan.pcscf, hide_topology=hides))


def none_left(pcscf: Pcscf) -> None:
    """Raises Broken if the books have a session though all have left (PCS-19)."""
    left = len(pcscf.tables.sessions)
    if left:
        raise Broken("LEAKED", f"the P-CSCF has {left} sessions in its books")
