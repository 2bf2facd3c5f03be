"""A day of a cluster: machines die, stand still and come back while users go about their business."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from twopair.attack.stage import ue_name
from twopair.backends.memory import MemoryBackend
from twopair.base import SECOND, Endpoint, Entropy, Flow, Impu, Micros, seconds
from twopair.core.aka import Card
from twopair.core.esp import HOST_BLOCK
from twopair.core.sa import End
from twopair.live.lab.plan import LabPlan
from twopair.nodes import Action, Event, Node
from twopair.nodes.events import Wish
from twopair.nodes.facts import Registered
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import UserEquipment
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, SendMessage
from twopair.sim import Host, Kind, World
from twopair.sim.law import Broken
from twopair.sim.laws import Laws
from twopair.sim.weather import Sky, Weather
from twopair.stores.tenancy import Owner
from twopair.swarm.calls import SET_UP_WITHIN, call_of, up
from twopair.swarm.cluster.front import in_line, partition_of
from twopair.swarm.cluster.lease import VirtualTenancy
from twopair.swarm.cluster.machine import LEASE_S, Machine
from twopair.swarm.population import best_suites, draw_plan
from twopair.swarm.rest import (
    ANSWERED_WITHIN,
    AT_REST_AFTER,
    REGISTERED_WITHIN,
    all_answered,
    nothing_left,
    one_set_each,
    registered,
    undisturbed,
)
from twopair.swarm.verdict import Verdict

FEWEST: Final = 2
"""Machines, so that one of them may die."""

UES: Final = 6
WISHES: Final = 20
DEATHS: Final = 3
PAUSES: Final = tuple(map(seconds, (0, 0.01, 0.4, 2, 5, 40)))
AWAY: Final = tuple(map(seconds, (0.5, 2, 4, 10, 60)))
"""How long a machine is away: less than a lease, or more."""

LAWS: Final = {
    "OWNERS": "whoever does something as a P-CSCF has the lease of its name",
}
"""The law of a cluster beside those of other days, by name."""

Front = Callable[[Flow, int], int]
"""Which partition a packet of Gm belongs to, by its flow as the P-CSCF sees it, of how many."""


def by_source(flow: Flow, partitions: int) -> int:
    """By the address of the UE."""
    return partition_of(flow.remote.address, partitions)


class ClusterDay:
    """One day of several P-CSCFs behind one address.

    Args:
        seed: decides everything.
        nodes: how many P-CSCFs, and how many machines they run on.
        front: which P-CSCF gets a packet of Gm.

    Attributes:
        world: where it happens.
        machines: all.
        ues: the UEs' hosts, in order.
        takeovers: how often a P-CSCF went on at another machine, or anew at the same.
    """

    def __init__(self, seed: int, nodes: int, front: Front = by_source) -> None:
        self.seed = seed
        self.nodes = nodes
        self.takeovers = 0
        self.world = world = World(seed)
        self.plan = plan = _plan(world.entropy("population"))
        self.weather = Weather.draw(world.entropy("weather"))._replace(restarts=0, drift=0, repeats=0)
        self._dice: Entropy = world.entropy("users")
        self._sky = Sky(world, self.weather)
        net, server = plan.network, Endpoint(plan.network.pcscf, plan.pcscf.port_ps)
        reuse = plan.pcscf.reuse == "replace"
        self._laws = Laws(world, server, plan.pcscf.port_pc, best_suites(plan), in_place=reuse)
        self._laws.known = lambda host: self._bare[host.name].kept()
        self._bare: dict[str, Pcscf] = {}
        self._owners: dict[str, Host] = {}
        self._born: dict[str, int] = {}
        self._home(net.home)
        self._partitions = [f"pcscf{n}" for n in range(1, nodes + 1)]
        self._leases = {name: VirtualTenancy(world.agenda) for name in self._partitions}
        self.machines = self._machines()
        world.share(net.pcscf, "gm", lambda flow: self._owners[self._partitions[front(flow, nodes)]])
        for number, name in enumerate(self._partitions):
            world.share(self._core(number).address, "core", partial(self._owner, name))
        self._pass(seconds(LEASE_S))
        self.ues = [self._ue(number) for number in range(len(plan.ues))]

    def run(self) -> Verdict:
        """Let it happen, to the end or to the first law that is broken."""
        law = detail = ""
        try:
            self.rough()
            self.calm()
        except Broken as broken:
            law, detail = broken.law, broken.detail
        return Verdict(
            seed=self.seed,
            law=law,
            detail=detail,
            at_s=self.world.agenda.now / SECOND,
            weather=str(self.weather),
            attacker="none",
            ues=len(self.ues),
            registrations=sum(isinstance(fact, Registered) for ue in self.ues for _, fact in ue.facts),
            packets=len(self.world.observed),
            digest=self.world.digest(),
            cluster=self.nodes,
            takeovers=self.takeovers,
        )

    # who is there

    def _home(self, address: str) -> None:
        entropy, store = self.world.entropy("home"), MemoryStore(self.plan.subscribers)
        node = self._laws.watch("home", HomeNetwork(self.plan.home, store, entropy), None, address)
        self.world.add("home", node, {address: "core"})

    def _machines(self) -> list[Machine]:
        names = [f"m{n}" for n in range(1, self.nodes + 1)]
        lines = {partition: in_line(partition, names) for partition in self._partitions}
        agenda, machines = self.world.agenda, []
        for name in names:
            rank = {partition: line.index(name) for partition, line in lines.items()}
            machine = Machine(name, agenda, self._leases, rank, self._begin)
            agenda.after(self._dice.below(seconds(1)), machine.switch_on)
            machines.append(machine)
        return machines

    def _core(self, number: int) -> Endpoint:
        """Where home requests for the UEs of a partition go: it is in their Path (RFC 3327)."""
        core = self.plan.pcscf.core
        return core._replace(address=f"{core.address}{number + 1}")

    def _owner(self, partition: str, _flow: Flow) -> Host:
        return self._owners[partition]

    def _begin(self, partition: str, owner: Owner) -> Host:
        """A machine takes a partition over, with what is stored of it."""
        number = self._partitions.index(partition)
        name, old = f"{partition}/{owner.epoch}", self._owners.get(partition)
        config = replace(self.plan.pcscf, name=partition, core=self._core(number))
        bare = self._bare[name] = Pcscf(config, self.world.entropy(name))
        watched = self._laws.watch(name, bare, End.PCSCF, *config.gm_addresses, anew=old is None)
        node = _Owned(watched, partition, lambda: self._leases[partition].owner() == (owner, True))
        stored = None
        if old is not None:
            self.takeovers += 1
            self.world.moves(old)
            stored = old.stored
            stored.lose(old.stopped_at)
            stored.epoch = owner.epoch
        host = self._owners[partition] = Host(name, node, self.world, MemoryBackend(HOST_BLOCK), stored)
        self.world.hosts[name] = host
        host.start()
        for packet in old.missed if old is not None else ():
            if packet.kind is not Kind.DATAGRAM:  # TCP sends again what nobody has acknowledged
                host.arrive(packet)
        return host

    def _ue(self, number: int) -> Host:
        plan, name = self.plan.ues[number], ue_name(number + 1)
        bare = UserEquipment(plan.config, Card(plan.card), self.world.entropy(name))
        self._born[name] = 0
        node = self._laws.watch(name, bare, End.UE, plan.config.address)
        return self.world.add(name, node, {plan.config.address: "gm"})

    # what happens

    def rough(self) -> None:
        """Users wish for this and that in bad weather, and machines come and go."""
        self._all(Register())
        for _ in range(WISHES):
            self._pass(self._drawn(PAUSES))
            self._wish()
            if not self._dice.below(3):
                self._fault()

    def calm(self) -> None:
        """The weather is good; machines still die. Nobody registers for that, and calls stay up.

        Raises:
            Broken: a law was.
        """
        self._sky.calm()
        self._all(HangUp())
        self._pass(AWAY[-1] + seconds(2 * LEASE_S))
        self._all_register()
        self._all_call()
        for number in range(DEATHS):
            self._served_over(b"death %d" % number)
        self._all(HangUp())
        self._pass(AT_REST_AFTER)  # a UE keeps an old set until something has come over the new one (MGU-05)
        own = [sa_set for host in self._owners.values() for sa_set in host.sets.values()]
        one_set_each(own, self.ues, [1] * len(self.ues))
        self._all(Deregister())
        self._pass(AT_REST_AFTER)
        nothing_left(list(self._owners.values()), self.ues, [1] * len(self.ues))

    def _wish(self) -> None:
        """Somebody wishes for something."""
        dice = self._dice
        whom = self._impu(dice.below(len(self.ues)))
        message = SendMessage(whom, b"x" * dice.below(3_000))
        wishes: Sequence[Wish] = (*[Register()] * 5, Deregister(), *[message] * 3, Call(whom), Answer())
        self.ues[dice.below(len(self.ues))].later(wishes[dice.below(len(wishes))])

    def _fault(self, *, of_use: bool = False) -> None:
        """A machine dies, or stands still for a while; never the last one.

        Args:
            of_use: one that serves somebody.
        """
        there = [machine for machine in self.machines if machine.there and not machine.still]
        chosen = [machine for machine in there if machine.serves] if of_use else there
        if len(there) < 2:
            return
        machine, away = chosen[self._dice.below(len(chosen))], self._drawn(AWAY)
        if self._dice.below(2):
            machine.die()
            self.world.agenda.after(away, machine.switch_on)
        else:
            machine.freeze()
            self.world.agenda.after(away, machine.thaw)

    def _served_over(self, text: bytes) -> None:
        """A machine that serves is lost, and everybody writes meanwhile (RESUMED)."""
        since = self.world.agenda.now
        self._fault(of_use=True)
        for number, ue in enumerate(self.ues):
            wish = SendMessage(self._impu((number + 1) % len(self.ues)), text)
            self.world.agenda.after(self._dice.below(seconds(2 * LEASE_S)), partial(ue.feed, wish))
        self._until(partial(all_answered, self.ues, since), ANSWERED_WITHIN, "RESUMED")
        self._pass(AWAY[-1] + seconds(2 * LEASE_S))
        for ue in self.ues:
            undisturbed(ue, since, text)
            if not up(ue, self._born):
                raise Broken("HELD", f"{ue.name} has no call any more: {call_of(ue, self._born)}")

    def _all_register(self) -> None:
        since = self.world.agenda.now
        self._all(Register())
        everybody = lambda: all(registered(ue, since) for ue in self.ues)  # noqa: E731
        self._until(everybody, REGISTERED_WITHIN, "REGISTERED")
        self._pass(AT_REST_AFTER)

    def _all_call(self) -> None:
        """The first is in a call with the second, and so on."""
        for number in range(0, len(self.ues), 2):
            self.ues[number].later(Call(self._impu(number + 1)))
        self._pass(seconds(1))
        for called in self.ues[1::2]:
            called.later(Answer())  # unless it takes calls by itself
        self._until(lambda: all(up(ue, self._born) for ue in self.ues), SET_UP_WITHIN, "HELD")

    def _impu(self, number: int) -> Impu:
        return self.plan.subscribers[number].associated[0]

    def _drawn(self, times: Sequence[Micros]) -> Micros:
        return times[self._dice.below(len(times))]

    def _all(self, wish: Wish) -> None:
        for ue in self.ues:
            ue.later(wish)

    def _pass(self, duration: int) -> None:
        self.world.run(at_most=Micros(duration))

    def _until(self, condition: Callable[[], bool], within: Micros, law: str) -> None:
        if not self.world.run(condition, at_most=within):
            raise Broken(law, f"not within {within // SECOND} s")


class _Owned:
    """A P-CSCF, and the law that it does something only as the owner of its name."""

    def __init__(self, node: Node, name: str, is_owner: Callable[[], bool]) -> None:
        self._node = node
        self._name = name
        self._is_owner = is_owner

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if not self._is_owner():
            raise Broken("OWNERS", f"{self._name} does something without its lease: {event}")
        return self._node.feed(event, now)

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()


def _plan(dice: Entropy) -> LabPlan:
    """UEs as on other days, more of them; in IPv6 each has a prefix of its own, as phones have."""
    plan = draw_plan(dice, ues=UES)
    if ":" not in plan.network.home:
        return plan
    prefix = plan.network.ue.partition("{")[0]
    numbered = enumerate(plan.ues, 1)
    ues = [replace(ue, config=replace(ue.config, address=f"{prefix[:-1]}{n}::1")) for n, ue in numbered]
    return replace(plan, ues=tuple(ues))


def run(seed: int, nodes: int, front: Front = by_source) -> Verdict:
    """Live through the day of a seed and judge it; equal seeds give equal verdicts, digest and all."""
    return ClusterDay(seed, nodes, front).run()
