"""Registrations a second in the virtual world: UE, P-CSCF and home network, two REGISTER rounds each.

All three nodes, their transactions, AKA, the memory back end and the world share one core, one after
the other. Then re-registrations of the same UEs, and MESSAGE from each to the next. Goal: 300 a second.

    python benchmarks/world.py [UES]
"""

import sys
from collections.abc import Callable
from functools import partial
from time import process_time

from twopair.base import Endpoint, Impu, Port, Secret, Transport, seconds
from twopair.core.aka import AkaKeys, Card, CardProfile, Subscriber
from twopair.nodes.events import Wish
from twopair.nodes.facts import MessageAnswered, Registered
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Limits, Pcscf, PcscfConfig
from twopair.nodes.ue import UeConfig, UserEquipment
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Host, World

DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
GM, CORE, HOME = "10.0.0.1", "10.20.0.1", "10.20.0.2"
KEYS = AkaKeys(
    Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
    opc=Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf"),
)
A_WISH_APART = 1000  # microseconds of virtual time


def imsi(number: int) -> str:
    return f"00101{number:010d}"


def populated(count: int, transport: Transport) -> tuple[World, list[Host]]:
    """A world with that many UEs, each at an address of its own."""
    world = World(1)
    store = MemoryStore(Subscriber.from_imsi(imsi(n), KEYS) for n in range(count))
    world.add("home", HomeNetwork(HomeConfig(DOMAIN, HOME), store, world.entropy("home")), {HOME: "core"})
    core, registrar = Endpoint(CORE, Port(5060)), Endpoint(HOME, Port(5060))
    limits = Limits(register_rate=1_000_000, register_burst=1_000_000)  # a thousand wishes a second
    config = PcscfConfig("pcscf", DOMAIN, (GM,), core, registrar, limits=limits)
    pcscf = Pcscf(config, world.entropy("pcscf"))
    world.add("pcscf", pcscf, {GM: "gm", CORE: "core"})
    ues = []
    for n in range(count):
        address = f"10.{100 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}"
        own = UeConfig(address, Endpoint(GM, Port(5060)), transport, retries=False)
        node = UserEquipment(own, Card(CardProfile.from_imsi(imsi(n), KEYS)), world.entropy(f"ue{n}"))
        ues.append(world.add(f"ue{n}", node, {address: "gm"}))
    return world, ues


def rate(world: World, ues: list[Host], wish: Callable[[int], Wish], fact: type, already: int) -> float:
    """Wishes fulfilled per second of CPU time."""
    begun = process_time()
    for n, host in enumerate(ues):
        world.agenda.after(n * A_WISH_APART, partial(host.feed, wish(n)))
    world.run(at_most=seconds(len(ues) * A_WISH_APART / 1_000_000 + 3))
    taken = process_time() - begun
    done = sum(isinstance(one, fact) for host in ues for _, one in host.facts) - already
    if done != len(ues):
        raise SystemExit(f"only {done} of {len(ues)}")
    return len(ues) / taken


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for transport in Transport:
        world, ues = populated(count, transport)
        first = rate(world, ues, lambda _n: Register(), Registered, 0)
        again = rate(world, ues, lambda _n: Register(), Registered, count)

        def to_the_next(n: int) -> SendMessage:
            return SendMessage(Impu(f"sip:{imsi((n + 1) % count)}@{DOMAIN}"), b"x" * 200)

        messages = rate(world, ues, to_the_next, MessageAnswered, 0)
        print(f"{transport.value}, {count:,} UEs, all nodes on one core (goal: 300 registrations/s)")
        print(f"  registrations     {first:7,.0f} /s")
        print(f"  re-registrations  {again:7,.0f} /s")
        print(f"  messages          {messages:7,.0f} /s")


if __name__ == "__main__":
    main()
