"""One day from one seed: faults and an attacker first, then calm, in which all must be well again."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from twopair.attack.careless import CarelessBackend, CarelessCard
from twopair.attack.defences import Build
from twopair.attack.stage import ue_name
from twopair.base import SECOND, Endpoint, Entropy, Impu, Micros, seconds
from twopair.core.aka import Card
from twopair.core.esp import HOST_BLOCK, WHOLE
from twopair.core.registration.kept import KeptRegistration
from twopair.core.sa import End
from twopair.nodes import Node
from twopair.nodes.events import Wish
from twopair.nodes.facts import Registered
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import Device, UserEquipment
from twopair.nodes.ue.rules import Rules
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, Say, SendMessage
from twopair.sim import Host, World
from twopair.sim.clock import Drifting, Rate
from twopair.sim.law import Broken
from twopair.sim.laws import Laws
from twopair.sim.phones import Repeating
from twopair.sim.weather import Sky
from twopair.swarm.calls import DECIDED_AFTER, SET_UP_WITHIN, SHORT_S, agree, one_call
from twopair.swarm.dialogs import none_left
from twopair.swarm.flood import flooded
from twopair.swarm.flows import EMERGENCY_S, addresses, emergencies, expected, most, several
from twopair.swarm.flows import in_words as flows_in_words
from twopair.swarm.mischief import Mischief
from twopair.swarm.orders import Orders
from twopair.swarm.population import best_suites
from twopair.swarm.quirks import Quirks
from twopair.swarm.quirks import in_words as habits_in_words
from twopair.swarm.rest import (
    ANSWERED_WITHIN,
    AT_REST_AFTER,
    RECOVERED_WITHIN,
    REGISTERED_WITHIN,
    agreed,
    all_answered,
    answers,
    nothing_left,
    one_set_each,
    queues_empty,
    recovered,
    registered,
    undisturbed,
)
from twopair.swarm.services import Mood, add_server, barred, served_at
from twopair.swarm.setting import GENUINE, Onlooker, Setting, Variant, show
from twopair.swarm.tape import Tape
from twopair.swarm.verdict import Verdict

WISHES: Final = 10
PAUSES: Final = tuple(map(seconds, (0, 0.003, 0.01, 1, 40, 150)))

SIZES: Final = (5, 2_000)
"""Octets of what the network writes to UEs: over UDP, or over TCP for its size."""


class Day:
    """The network of one seed, and what happens to it.

    Args:
        seed: decides everything.
        variant: see `Variant`.
        onlooker: sees everything, changes nothing.
        setting: instead of the one that the seed draws.

    Attributes:
        build: how the nodes are made, and who takes part.
        world: where it happens.
        ues: the UEs' hosts, in order.
    """

    def __init__(
        self,
        seed: int,
        variant: Variant = GENUINE,
        onlooker: Onlooker | None = None,
        setting: Setting | None = None,
    ) -> None:
        self.seed = seed
        self.world = world = World(seed)
        drawn, self.weather, self.plot, quirks = setting or Setting.draw(world)
        genuine = Build(drawn)
        self.build = build = variant.change(genuine)
        self.plan = plan = build.plan
        self.quirks = (*quirks, *[Quirks()] * (len(plan.ues) - len(quirks)))
        self._variant = variant
        self._onlooker = onlooker
        self._dice: Entropy = world.entropy("users")
        self._deaths: Entropy = world.entropy("deaths")
        self._moves: Entropy = world.entropy("moves")
        self._lives: dict[str, int] = {}
        self._born: dict[str, int] = {}
        self._bare: dict[str, HomeNetwork | Pcscf | UserEquipment | Device] = {}
        self._clocks: dict[str, Rate] = {}
        net, gm = plan.network, Endpoint(plan.network.pcscf, plan.pcscf.port_ps)
        homes = {ue_name(n): addresses(ue) for n, ue in enumerate(plan.ues, 1)}
        names = {net.pcscf: "pcscf", **{address: ue for ue, own in homes.items() for address in own}}
        self._mischief = Mischief(self.plot, names)
        world.carrier = partial(self._mischief.carry, world.carrier)
        self._sky = Sky(world, self.weather)
        self._laws = Laws(
            world, gm, plan.pcscf.port_pc, best_suites(drawn), in_place=plan.pcscf.reuse == "replace",
            most=most(drawn), barred=barred(drawn), served_at=served_at(drawn),
        )  # fmt: skip
        self._laws.known = self._known
        self._orders = Orders(world, plan)
        self._tape = Tape(world, net.pcscf)
        if onlooker is not None:
            show(world, onlooker)
        self._store = MemoryStore(plan.subscribers)
        self._cards = [self._card(number) for number in range(len(plan.ues))]
        self._add("home", {net.home: "core"})
        self._server = add_server(world, plan)
        self.pcscf = self._add("pcscf", {net.pcscf: "gm", net.core: "core"})
        self.ues = [self._add(name, dict.fromkeys(own, "gm")) for name, own in homes.items()]
        for ue, habits in zip(self.ues, self.quirks, strict=True):
            ue.tcp.ear = habits.ear

    def run(self) -> Verdict:
        """Let it happen, to the end or to the first law that is broken."""
        law = detail = ""
        try:
            self.rough()
            self.calm()
        except Broken as broken:
            law, detail = broken.law, broken.detail
        world = self.world
        return Verdict(
            seed=self.seed,
            law=law,
            detail=detail,
            at_s=world.agenda.now / SECOND,
            weather=str(self.weather),
            attacker=self.plot.words,
            quirks=self._habits_in_words(),
            ues=len(self.ues),
            registrations=sum(isinstance(fact, Registered) for ue in self.ues for _, fact in ue.facts),
            packets=len(world.observed),
            digest=world.digest(),
        )

    def impu(self, number: int) -> Impu:
        """The public identity of UE `number`, from 0 on."""
        return self.plan.subscribers[number].associated[0]

    # who is there

    def _card(self, number: int) -> Card:
        profile, build = self.plan.ues[number].card, self.build
        if build.mac and build.sqn:
            return Card(profile)
        return CarelessCard(profile, mac=build.mac, sqn=build.sqn)

    def _add(self, name: str, addresses: dict[str, str]) -> Host:
        self._clocks[name] = self._sky.rate()
        block = HOST_BLOCK if name == "pcscf" else WHOLE
        return self.world.add(name, self._node(name), addresses, self._backend(block))

    def _backend(self, block: int) -> CarelessBackend:
        return CarelessBackend(self.build.forgiven, any_spi=self.build.any_spi, block=block)

    def _known(self, _host: Host) -> Mapping[str, KeptRegistration]:
        return self._pcscf.kept()

    @property
    def _pcscf(self) -> Pcscf:
        pcscf = self._bare["pcscf"]
        assert isinstance(pcscf, Pcscf), "it was made so"
        return pcscf

    def _node(self, name: str, *, anew: bool = True) -> Node:
        """A node at the beginning of one of its lives, as the laws and the onlooker see it."""
        life = self._lives[name] = self._lives.get(name, 0) + 1
        host = self.world.hosts.get(name)
        if anew:
            self._born[name] = len(host.facts) if host is not None else 0
        entropy = self.world.entropy(f"{name}/{life}")
        build, plan = self.build, self.plan
        bare: HomeNetwork | Pcscf | UserEquipment | Device
        own: tuple[str, ...]
        if name == "home":
            bare = HomeNetwork(plan.home, self._store, entropy, build.home)
            end, own = None, (plan.network.home,)
        elif name == "pcscf":
            bare, end, own = Pcscf(plan.pcscf, entropy, build.pcscf), End.PCSCF, (plan.network.pcscf,)
        else:
            number = next(n for n in range(len(plan.ues)) if ue_name(n + 1) == name)
            device = Device(plan.ues[number].configs, self._cards[number], entropy, self._habits(number))
            bare = device if len(device.flows) > 1 else device.flows[0]
            end, own = End.UE, addresses(plan.ues[number])
        self._bare[name] = bare
        node = self._variant.around(name, bare)
        if end is End.UE and self.weather.repeats and plan.pcscf.reuse == "reject":
            node = Repeating(node, self._sky.repeats)
        if self.weather.drift:
            node = Drifting(node, self._clocks[name])
        node = self._laws.watch(name, node, end, *own, anew=anew)
        return node if self._onlooker is None else self._onlooker.watch(name, node)

    def _habits_in_words(self) -> str:
        names = [ue.name for ue in self.ues]
        return "; ".join((*flows_in_words(self.plan, names), *habits_in_words(self.quirks, names))) or "none"

    def _habits(self, number: int) -> Rules:
        ue = self.build.ue
        return ue._replace(drops_old=ue.drops_old or self.quirks[number].drops_old)

    # what happens

    def rough(self) -> None:
        """Users wish for this and that while everything goes wrong."""
        for ue in self.ues:
            ue.later(Register())
        for _ in range(WISHES):
            self._pass(PAUSES[self._dice.below(len(PAUSES))])
            self._wish()
            self._orders.rough()
            if self._sky.restarts():
                self._restart()
        self._pass(PAUSES[self._dice.below(len(PAUSES))])

    def _wish(self) -> None:
        """Somebody wishes for something."""
        dice = self._dice
        ue = self.ues[dice.below(len(self.ues))]
        whom = self.impu(dice.below(len(self.ues)))
        message = SendMessage(whom, b"x" * dice.below(3_000))
        call: Sequence[Wish] = (Call(whom), Call(whom), Answer(), Say(b"in the call"), HangUp())
        wishes: Sequence[Wish] = (*[Register()] * 9, Deregister(), *[message] * 3, *call)
        ue.later(wishes[dice.below(len(wishes))])

    def _restart(self) -> None:
        names = [ue.name for ue in self.ues] * 2 + ["pcscf", "home"]
        name = names[self._dice.below(len(names))]
        if name == "pcscf" and self._deaths.below(2):
            self._goes_on(elsewhere=self._moves.below(2) > 0)
        else:
            self.restart(name)

    def _goes_on(self, *, elsewhere: bool) -> None:
        """The P-CSCF is killed, and another goes on with what it has kept, here or on the next machine."""
        node = self._node("pcscf", anew=False)
        if elsewhere:
            self.pcscf.move(node, self._backend(HOST_BLOCK))
        else:
            self.pcscf.revive(node)

    def restart(self, name: str) -> None:
        """A node loses its state; a UE keeps its card."""
        host = self.world.hosts[name]
        host.restart(self._node(name))
        if name == "home":  # its transactions would have absorbed an old copy (RFC 3261 §17.2.2); one of a
            host.hears_from = self.world.agenda.now  # de-registration ends a later registration

    def calm(self) -> None:
        """Nothing goes wrong any more. All register, call, are reached, leave; and nothing is left.

        Raises:
            Broken: a law was.
        """
        self._sky.calm()
        self._mischief.there = False
        world = self.world
        self._server.mood = Mood.WELL
        short = self.plan.ues[0].config.session_expires_s == SHORT_S
        for ue, habits in zip(self.ues, self.quirks, strict=True):
            if not short or str(habits):  # else what the day has left of calls is for their session timers,
                ue.later(HangUp())  # which do not tell a caller that its own habit has cost it the answer
        self._all_register()
        if not self.seed % 4:
            self._forgotten()
            if several(self.plan):  # nobody has written over the others of these
                self._all_register()
        elif self.seed % 4 == 1:
            self._killed()
        elif self.seed % 4 == 2:
            flooded(
                world, self._pcscf, self.plan, self._store, self.ues, plain=not any(map(str, self.quirks))
            )
        else:
            self._orders.calm(self.pcscf, self.ues, self._all_register)
        self._written_to()
        self._pass(DECIDED_AFTER)
        agree(self.ues, self._born)
        if short and len(self.ues) > 1:
            self._all(HangUp())
            self._pass(SET_UP_WITHIN)
            one_call(world, self.ues[:2], self.impu(1), self._born, self._dice, self.restart)
            self._all_register()
        since = world.agenda.now
        for number, ue in enumerate(self.ues):
            ue.later(SendMessage(self.impu((number + 1) % len(self.ues)), b"hello"))
        self._until(partial(all_answered, self.ues, since), ANSWERED_WITHIN, "REACHED")
        self._pass(AT_REST_AFTER)  # a UE keeps an old set until something has come over the new one (MGU-05)
        if not several(self.plan):  # else signs of life are asked for, and there always is one
            self._at_rest()
        wanted = [len(expected(self.plan, ue)) for ue in self.plan.ues]
        one_set_each(self.pcscf.sets.values(), self.ues, wanted)
        agreed(self.pcscf, world.hosts["home"], self.ues, self._born)
        self._all(Deregister())
        more = seconds(EMERGENCY_S) if emergencies(self.plan) else 0
        self._pass(Micros(AT_REST_AFTER + more))
        self._at_rest()
        agreed(self.pcscf, world.hosts["home"], self.ues, self._born)
        none_left(self._pcscf)
        nothing_left([self.pcscf], self.ues, [len(ue.configs) for ue in self.plan.ues])

    def _forgotten(self) -> None:
        """The P-CSCF loses its state; UEs find out when they write, and nobody helps (UNP-07, MGU-10)."""
        since = self.world.agenda.now
        self.restart("pcscf")
        for number, ue in enumerate(self.ues):
            ue.later(SendMessage(self.impu(number), b"lost"))
        self._until(lambda: all(recovered(ue, since) for ue in self.ues), RECOVERED_WITHIN, "RECOVERED")

    def _killed(self) -> None:
        """The P-CSCF is killed and goes on, then its machine is lost; no UE registers for that (MGP-14)."""
        for text, elsewhere in ((b"still there", False), (b"and still", True)):
            self._pass(seconds(1))
            since = self.world.agenda.now
            self._goes_on(elsewhere=elsewhere)
            self._tape.play(self.pcscf)
            for number, ue in enumerate(self.ues):
                ue.later(SendMessage(self.impu(number), text))
            self._until(partial(all_answered, self.ues, since), ANSWERED_WITHIN, "RESUMED")
            for ue in self.ues:
                undisturbed(ue, since, text)

    def _written_to(self) -> None:
        """The network writes to everybody, short or long, before anybody has said a word."""
        home, since = self.world.hosts["home"], self.world.agenda.now
        for number in range(len(self.ues)):
            home.later(SendMessage(self.impu(number), b"x" * SIZES[(self.seed + number) % len(SIZES)]))
        self._until(lambda: answers(home, since) == len(self.ues), ANSWERED_WITHIN, "FOUND")

    def _all(self, wish: Wish) -> None:
        for ue in self.ues:
            ue.later(wish)

    def _all_register(self) -> None:
        since = self.world.agenda.now
        self._all(Register())
        self._orders.outlast(partial(self._all, Register()))
        flows = [expected(self.plan, ue) for ue in self.plan.ues]
        self._until(
            lambda: all(registered(ue, since, own) for ue, own in zip(self.ues, flows, strict=True)),
            REGISTERED_WITHIN,
            "REGISTERED",
        )
        self._pass(AT_REST_AFTER)

    def _at_rest(self) -> None:
        for name, node in self._bare.items():
            queues_empty(name, node.transactions)
        queues_empty("pcscf", self._pcscf.tables.pending)

    def _pass(self, duration: Micros) -> None:
        self.world.run(at_most=duration)

    def _until(self, condition: Callable[[], bool], within: Micros, law: str) -> None:
        if not self.world.run(condition, at_most=within):
            raise Broken(law, f"not within {within // SECOND} s of calm")


def run(seed: int, variant: Variant = GENUINE, onlooker: Onlooker | None = None) -> Verdict:
    """Live through the day of a seed and judge it; equal seeds give equal verdicts, digest and all."""
    return Day(seed, variant, onlooker).run()
