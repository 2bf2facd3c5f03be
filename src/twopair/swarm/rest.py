"""Liveness: what must have come about some time after faults and attacker are gone (33.203 §7.4)."""

from collections.abc import Iterable, Sequence
from typing import Final

from twopair.base import Micros
from twopair.core.sa import PortName, SaSet
from twopair.nodes.facts import Deregistered, MessageAnswered, Registered
from twopair.sim import Host
from twopair.sim.laws import Broken

LAWS: Final = {
    "REGISTERED": "whoever wishes to be registered is, within a stated time",
    "RECOVERED": "a UE whose P-CSCF has forgotten it registers by itself, within a stated time",
    "FOUND": "the network can write to every UE, whichever sets it has kept, and whether it takes TCP",
    "REACHED": "every UE can write to every other, and is answered",
    "ONE_SET": "one set each, the same at both ends, and no old or temporary one beside it",
    "QUEUES": "no transaction and no request to the core is left over",
    "LEAKED": "after all have left no SA set, no connection and no client port is left anywhere",
}
"""The laws of liveness, by name."""


def registered(ue: Host, since: Micros) -> bool:
    """Whether a UE has been registered since then and still is."""
    last = next(
        (f for at, f in reversed(ue.facts) if isinstance(f, Registered | Deregistered) and at >= since), None
    )
    return isinstance(last, Registered)


def answered(ue: Host, since: Micros) -> bool:
    """Whether a MESSAGE of a UE has been answered with 200 since then."""
    return any(isinstance(f, MessageAnswered) and f.status == 200 and at >= since for at, f in ue.facts)


def answers(host: Host, since: Micros) -> int:
    """How many MESSAGEs of a node have been answered with 200 since then."""
    return sum(isinstance(f, MessageAnswered) and f.status == 200 and at >= since for at, f in host.facts)


def one_set_each(pcscf: Host, ues: Sequence[Host]) -> None:
    """Raises Broken unless every UE has one set, and the P-CSCF the same and no others."""
    for ue in ues:
        if len(ue.sets) != 1:
            raise Broken("ONE_SET", f"{ue.name} has {len(ue.sets)} sets")
        strangers = [f for f in ue.tcp.open_flows() if f.local.port not in _ports(ue.sets.values())]
        if strangers:
            raise Broken("LEAKED", f"{ue.name} has a connection that belongs to no set: {strangers[0]}")
    here, there = _names(pcscf.sets.values()), _names(s for ue in ues for s in ue.sets.values())
    if here != there:
        raise Broken(
            "ONE_SET", f"the P-CSCF has {len(here)} sets, and of these {len(here & there)} are the UEs'"
        )


def queues_empty(name: str, waiting: int) -> None:
    """Raises Broken if something is left over in a node."""
    if waiting:
        raise Broken("QUEUES", f"{name} has {waiting} transactions or requests left over")


def nothing_left(hosts: Iterable[Host]) -> None:
    """Raises Broken unless every SA set, connection over one and client port is gone."""
    for host in hosts:
        installed = {sa.set_id for sa in host.backend.query()}
        if host.sets or installed:
            raise Broken("LEAKED", f"{host.name} still has sets {sorted(installed | host.sets.keys())}")
        protected = [f for f in host.tcp.open_flows() if host.protects(f.local)]
        if protected:
            raise Broken("LEAKED", f"{host.name} still has a connection inside SAs: {protected[0]}")
        if host.name.startswith("ue") and len(host.bound()) > 1:
            raise Broken("LEAKED", f"{host.name} still has ports bound: {host.bound()}")


def _ports(sets: Iterable[SaSet]) -> set[int]:
    return {s.ports.of(name) for s in sets for name in (PortName.UC, PortName.US)}


def _names(sets: Iterable[SaSet]) -> set[tuple[object, ...]]:
    """What both ends call sets."""
    return {(s.impi, s.ports, s.spis, s.suite, s.keys) for s in sets}
