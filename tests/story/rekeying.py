"""What the stories of re-registration have in common: two UEs, a call, connections that break."""

from collections.abc import Callable
from dataclasses import replace

from tests.story.network import Network, Seen, facts

from twopair.base import StreamClosed, Transport
from twopair.core.sa import Stage
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import CallChanged, CallStage, SetStage
from twopair.nodes.wishes import Call, Register
from twopair.sim import Host


def solutions(at_ues: str, at_pcscf: str) -> Callable[[LabPlan], LabPlan]:
    """``response_after_rekey`` at either end: "old" is the paper's solution 1, "new" its solution 2."""

    def change(plan: LabPlan) -> LabPlan:
        ues = [replace(ue, config=replace(ue.config, response_after_rekey=at_ues)) for ue in plan.ues]
        return replace(plan, ues=tuple(ues), pcscf=replace(plan.pcscf, response_after_rekey=at_pcscf))

    return change


def registered(
    transport: Transport, *, seed: int = 0, change: Callable[[LabPlan], LabPlan] = lambda plan: plan
) -> Network:
    """Two UEs, registered."""
    net = Network(transport, seed=seed, change=change)
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    return net


def ringing(transport: Transport, **kinds: object) -> Network:
    """UE 1 calls UE 2, where it rings; the INVITE goes over `transport`, whatever its size."""
    net = registered(transport, **kinds)  # type: ignore[arg-type]
    net.wish(net.ue(1), Call(net.impu(2), transport=transport))
    assert calls(net, 1)[-1].stage is calls(net, 2)[-1].stage is CallStage.RINGING
    return net


def calls(net: Network, number: int) -> list[CallChanged]:
    """What a UE reported of its call."""
    return facts(net.ue(number), CallChanged)


def stages(host: Host) -> list[tuple[int, Stage]]:
    """Sets and their stages, as a node reported them, over."""
    return [(fact.set_id, fact.stage) for fact in facts(host, SetStage)]


def lives(net: Network, number: int) -> dict[int, Stage]:
    """Live sets of a UE at the P-CSCF, by their place among all sets of the day, with their stages."""
    impi = net.plan.subscribers[number - 1].impi
    found = {}
    for live in net.pcscf.node.tables.sets:  # type: ignore[attr-defined]
        if live.owner.impi == impi:
            made = next(n for n, s in enumerate(net.installed) if s.spis == live.sa_set.spis)
            found[made] = live.life.stage
    return found


def cut(net: Network, host: Host) -> None:
    """All connections of a UE break, and both ends notice."""
    for flow in host.tcp.open_flows():
        host.tcp.abort(flow, "connection reset by peer")
        net.pcscf.tcp.abort(flow.mirrored(), "connection reset by peer")
    net.wait(0.1)


def close_idle(net: Network, host: Host) -> None:
    """All connections of a UE are closed in good order, as an idle timer would."""
    for flow in host.tcp.open_flows():
        host.tcp.close(flow)
        host.later(StreamClosed(flow))
    net.wait(0.1)


def in_the_clear(seen: list[Seen]) -> list[Seen]:
    """Those that no SA protected."""
    return [one for one in seen if one.sa is None]
