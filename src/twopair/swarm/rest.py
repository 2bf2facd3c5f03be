"""Liveness: what must have come about some time after faults and attacker are gone (33.203 §7.4)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from twopair.base import Impi, Micros, seconds
from twopair.core.registration.flows import ALONE, RegFlow, is_anew
from twopair.core.sa import PortName, SaSet
from twopair.nodes.facts import Deregistered, MessageAnswered, MessageReceived, Registered
from twopair.nodes.ue.device import TAKEN_PLACE
from twopair.sim import Host
from twopair.sim.law import Broken

REGISTERED_WITHIN: Final = seconds(600)
"""After calm: timer F over a dead set (128 s), a TCP connection that fails, and a second try."""

AT_REST_AFTER: Final = seconds(300)
"""After the last registration: an unfinished set lives 240 s (TMR-01), an old one 64 * T1 (TMR-03)."""

ANSWERED_WITHIN: Final = seconds(40)

RECOVERED_WITHIN: Final = seconds(120)
"""4 s of silence, 20 s for an answer to the question, and a registration that a wrong port may cost again."""

LAWS: Final = {
    "REGISTERED": "whoever wishes to be registered is, within a stated time",
    "RECOVERED": "a UE whose P-CSCF has forgotten it registers by itself, within a stated time",
    "RESUMED": "when the P-CSCF was killed and goes on, every UE is served over the sets it has",
    "SERVED": "while others flood it, a P-CSCF serves every UE that is registered",
    "BOUNDED": "a flood gets no more to the core, and has no more kept, than the limits say",
    "FOUND": "the network can write to every UE, whichever sets it has kept, and whether it takes TCP",
    "REACHED": "every UE can write to every other, and is answered",
    "ONE_SET": "one set a registration, the same at both ends, and no old or temporary one beside it",
    "AGREED": "UE, P-CSCF and home network know of the same registrations",
    "QUEUES": "no transaction and no request to the core is left over",
    "LEAKED": "after all have left no SA set, no connection and no client port is left anywhere",
}
"""The laws of liveness, by name."""


def registered(ue: Host, since: Micros, flows: Iterable[RegFlow] = (ALONE,)) -> bool:
    """Whether a UE has been registered since then over each of these flows, and still is."""
    last: dict[RegFlow, object] = {}
    for at, fact in ue.facts:
        if at >= since and isinstance(fact, Registered | Deregistered) and not _replaced(fact):
            last[fact.flow] = fact
    return all(isinstance(last.get(flow), Registered) for flow in flows)


def recovered(ue: Host, since: Micros) -> bool:
    """Whether a UE has been registered since then, over whichever flow it uses."""
    return any(isinstance(fact, Registered) and at >= since for at, fact in ue.facts)


def _replaced(fact: Registered | Deregistered) -> bool:
    """Whether the user is registered all the same, under that name, by another registration of the UE."""
    return isinstance(fact, Deregistered) and fact.reason == TAKEN_PLACE


def all_answered(ues: Iterable[Host], since: Micros) -> bool:
    """Whether a MESSAGE of each UE has been answered with 200 since then."""
    return all(answers(ue, since) for ue in ues)


def undisturbed(ue: Host, since: Micros, text: bytes) -> None:
    """Raises Broken if a UE has not been told this, or its registration has changed, since then."""
    news = [fact for at, fact in ue.facts if at >= since]
    for fact in news:
        if isinstance(fact, Registered | Deregistered):
            raise Broken("RESUMED", f"{ue.name}: {fact}")
    if not any(isinstance(fact, MessageReceived) and fact.body == text for fact in news):
        raise Broken("RESUMED", f"{ue.name} was written to, and has not read it")


def answers(host: Host, since: Micros) -> int:
    """How many MESSAGEs of a node have been answered with 200 since then."""
    return sum(isinstance(f, MessageAnswered) and f.status == 200 and at >= since for at, f in host.facts)


def one_set_each(there: Iterable[SaSet], ues: Sequence[Host], registrations: Sequence[int]) -> None:
    """Raises Broken unless every registration of a UE has one set, and the P-CSCF these and no others."""
    for ue, wanted in zip(ues, registrations, strict=True):
        servers = {(s.ue, s.ports.us) for s in ue.sets.values()}
        if not len(ue.sets) == len(servers) == wanted:
            words = f"{len(ue.sets)} sets with {len(servers)} server ports for {wanted} registrations"
            raise Broken("ONE_SET", f"{ue.name} has {words}")
        strangers = [f for f in ue.tcp.open_flows() if f.local.port not in _ports(ue.sets.values())]
        if strangers:
            raise Broken("LEAKED", f"{ue.name} has a connection that belongs to no set: {strangers[0]}")
    at_pcscf, at_ues = _names(there), _names(s for ue in ues for s in ue.sets.values())
    if at_pcscf != at_ues:
        words = f"{len(at_pcscf)} sets, and of these {len(at_pcscf & at_ues)} are the UEs'"
        raise Broken("ONE_SET", f"the P-CSCF has {words}")


def agreed(pcscf: Host, home: Host, ues: Iterable[Host], born: Mapping[str, int]) -> None:
    """Raises Broken unless UEs, P-CSCF and home network have told of the same registrations.

    Args:
        pcscf: the P-CSCF.
        home: the home network.
        ues: all UEs.
        born: how many facts there were when a host was restarted last, by its name.
    """
    theirs = {one for ue in ues for one in _told(ue, born[ue.name])}
    for host in (pcscf, home):
        known = _told(host, born[host.name])
        if known != theirs:
            words = f"knows of {_in_words(known - theirs)} more and of {_in_words(theirs - known)} not"
            raise Broken("AGREED", f"{host.name} {words}")


def _told(host: Host, since: int) -> set[tuple[Impi, RegFlow]]:
    """The registrations that a node has told of since its start, and not of their end or of one anew."""
    standing: dict[tuple[Impi, RegFlow], None] = {}
    for _, fact in host.facts[since:]:
        if isinstance(fact, Registered | Deregistered):
            for impi, flow in [one for one in standing if one[0] == fact.impi and is_anew(fact.flow, one[1])]:
                del standing[impi, flow]
            if isinstance(fact, Registered):
                standing[fact.impi, fact.flow] = None
    return set(standing)


def _in_words(registrations: Iterable[tuple[Impi, RegFlow]]) -> str:
    return ", ".join(f"{impi} {flow}".strip() for impi, flow in registrations) or "none"


def queues_empty(name: str, waiting: int) -> None:
    """Raises Broken if something is left over in a node."""
    if waiting:
        raise Broken("QUEUES", f"{name} has {waiting} transactions or requests left over")


def nothing_left(pcscfs: Sequence[Host], ues: Sequence[Host], registrations: Sequence[int]) -> None:
    """Raises Broken unless every SA set, connection over one and client port is gone.

    A UE keeps the server port of each of its registrations bound (SA-21).
    """
    for host in (*pcscfs, *ues):
        installed = {sa.set_id for sa in host.backend.query()}
        if host.sets or installed:
            raise Broken("LEAKED", f"{host.name} still has sets {sorted(installed | host.sets.keys())}")
        protected = [f for f in host.tcp.open_flows() if host.protects(f.local)]
        if protected:
            raise Broken("LEAKED", f"{host.name} still has a connection inside SAs: {protected[0]}")
    for ue, servers in zip(ues, registrations, strict=True):
        if len(ue.bound()) > servers:
            raise Broken("LEAKED", f"{ue.name} still has ports bound: {ue.bound()}")


def _ports(sets: Iterable[SaSet]) -> set[int]:
    return {s.ports.of(name) for s in sets for name in (PortName.UC, PortName.US)}


def _names(sets: Iterable[SaSet]) -> set[tuple[object, ...]]:
    """What both ends call sets."""
    return {(s.impi, s.ports, s.spis, s.suite, s.keys) for s in sets}
