"""A flood of SM1 from invented addresses: the registered are served, and what is kept is bounded (UNP-05)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from twopair.base import DEFAULT_SUITES, SECOND, Endpoint, Flow, Micros, Port, Transport
from twopair.core.aka import Subscriber
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import RegistrationFailed
from twopair.nodes.homenet import MemoryStore
from twopair.nodes.orders import Reconfigured
from twopair.nodes.pcscf import Limits, Pcscf
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Host, Kind, Packet, World
from twopair.sim.law import Broken
from twopair.swarm.flows import several
from twopair.swarm.rest import ANSWERED_WITHIN, AT_REST_AFTER, all_answered, registered

TIGHT: Final = Limits(
    register_rate=5, register_burst=20, sources=40, pending_registers=20, temporary_sets=10, transactions=200
)
"""What holds meanwhile, so that a few hundred messages are a flood."""

SM1S: Final = 150
APART: Final = Micros(SECOND // 50)

_SPARE: Final = "00101{:010d}"
"""IMSIs of subscribers without a UE, whose REGISTERs are challenged."""

_CALL_ID: Final = re.compile(rb"Call-ID: flood-(\d+)")
_OFFER: Final = ", ".join(
    f"ipsec-3gpp;alg={suite.alg};ealg={suite.ealg};spi-c=%d;spi-s=%d;port-c=6100;port-s=6101"
    for suite in DEFAULT_SUITES
)


def flooded(
    world: World, node: Pcscf, plan: LabPlan, store: MemoryStore, ues: Sequence[Host], *, plain: bool
) -> None:
    """In the middle of it every UE registers again and writes to the next one.

    Args:
        world: where it happens, in calm.
        node: the P-CSCF.
        plan: who takes part.
        store: subscribers, to whom one is added.
        ues: all registered.
        plain: whether they have no habits, with which a re-registration may cost a message, and the reverse.

    Raises:
        Broken: a law was.
    """
    begin, pcscf = world.agenda.now, world.hosts["pcscf"]
    pcscf.later(Reconfigured(replace(plan.pcscf, limits=TIGHT)))
    for number in range(SM1S):
        whose = Subscriber.from_imsi(_SPARE.format(9_000 + number), plan.subscribers[0].keys)
        if number % 2:
            store.add(whose)
        packet = _sm1(plan, number, whose.impi)
        world.agenda.after(1 + number * APART, partial(_arrives, pcscf, node, packet))
    world.run(at_most=Micros(SM1S * APART // 2))
    since = world.agenda.now
    if plain and not several(plan):
        for ue in ues:
            ue.later(Register())
        if not world.run(partial(_registered, ues, since), at_most=ANSWERED_WITHIN):
            raise Broken("SERVED", "a UE that is registered could not register again in a flood")
    for number, ue in enumerate(ues):
        whom = plan.subscribers[(number + 1) % len(ues)].associated[0]
        ue.later(SendMessage(whom, b"in the flood"))
    if not world.run(partial(all_answered, ues, since), at_most=ANSWERED_WITHIN):
        raise Broken("SERVED", "a UE that is registered could not write to another in a flood")
    world.run(at_most=Micros(SM1S * APART))
    _let_in(world, begin)
    pcscf.later(Reconfigured(plan.pcscf))
    world.run(at_most=AT_REST_AFTER)


def _sm1(plan: LabPlan, number: int, impi: str) -> Packet:
    """A REGISTER from an address of its own."""
    gm = Endpoint(plan.network.pcscf, plan.pcscf.gm_port)
    six = ":" in gm.address
    address = f"fd00:1:9:{number:x}::1" if six else f"10.0.{100 + number // 200}.{1 + number % 200}"
    source = Endpoint(address, Port(5060))
    spis = [20_000 + 2 * number + n for _ in DEFAULT_SUITES for n in range(2)]
    text = (
        f"REGISTER sip:{plan.home.domain} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {source};branch=z9hG4bKf{number};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{impi}>;tag=f\r\nTo: <sip:{impi}>\r\nCall-ID: flood-{number}\r\n"
        f"CSeq: 1 REGISTER\r\nContact: <sip:{Endpoint(address, Port(6101))}>;expires=600000\r\n"
        f'Authorization: Digest username="{impi}",realm="{plan.home.domain}",uri="sip:{plan.home.domain}",'
        f'nonce="",response=""\r\nSecurity-Client: {_OFFER % tuple(spis)}\r\n'
        "Require: sec-agree\r\nProxy-Require: sec-agree\r\nSupported: path\r\nContent-Length: 0\r\n\r\n"
    )
    return Packet(Kind.DATAGRAM, Flow(Transport.UDP, source, gm), None, text.encode())


def _arrives(pcscf: Host, node: Pcscf, packet: Packet) -> None:
    """One more, after which nothing may be more than it may."""
    pcscf.arrive(packet)
    load, limits = node.tables.load, TIGHT
    kept = {
        "temporary_sets": len(load.begun),
        "pending_registers": load.waiting,
        "sources": load.sources,
        "transactions": node.transactions - node.tables.pending,
    }
    for name, number in kept.items():
        if number > getattr(limits, name):
            raise Broken("BOUNDED", f"{number} are kept in a flood, limits.{name} is {getattr(limits, name)}")


def _registered(ues: Sequence[Host], since: Micros) -> bool:
    """Whether all have been, at the first attempt."""
    for ue in ues:
        failed = [f for at, f in ue.facts if at >= since and isinstance(f, RegistrationFailed)]
        if failed:
            raise Broken("SERVED", f"{ue.name} in a flood: {failed[0]}")
    return all(registered(ue, since) for ue in ues)


def _let_in(world: World, begin: Micros) -> None:
    """No more of it has reached the core, or was answered, than the rate allows, retransmissions apart."""
    most = TIGHT.register_burst + TIGHT.register_rate * SM1S * APART // SECOND + 1
    for network, start, may, words in (
        ("core", b"REGISTER ", most, "have reached the core"),
        ("gm", b"SIP/2.0 ", 2 * most, "were answered"),  # as many refusals as are let in
    ):
        seen = {
            found[1]
            for one in world.on(network)
            if one.time >= begin and one.data.startswith(start) and (found := _CALL_ID.search(one.data))
        }
        if len(seen) > may:
            raise Broken("BOUNDED", f"{len(seen)} REGISTERs of a flood {words}, {may} may")
