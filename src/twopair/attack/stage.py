"""Where an attack takes place: a whole network with an attacker on Gm, in virtual time or on real packets."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

from twopair.attack.attacker import Attacker
from twopair.attack.defences import Build
from twopair.attack.sight import Forged
from twopair.attack.watch import Watched
from twopair.base import Impi, Impu, Send
from twopair.core.aka import CardProfile
from twopair.live.lab.plan import LabPlan
from twopair.nodes.events import Wish
from twopair.nodes.facts import MessageAnswered, Registered, RegistrationFailed
from twopair.nodes.wishes import Register, SendMessage

VICTIM: Final = "ue"


class Stage(ABC):
    """A network under attack. Hosts are called ``ue`` (the victim), ``ue2``, ``pcscf`` and ``home``.

    Args:
        build: how its nodes are made.

    Attributes:
        real: whether packets are real.
        patience_s: how long to wait for what may never come; virtual time costs nothing.
        attacker: whoever sits on Gm.
        nodes: all nodes, under observation.
        spoken: what all nodes have sent, in order, also what no attacker can read.
    """

    real: bool
    patience_s: float
    attacker: Attacker[Any]

    def __init__(self, build: Build) -> None:
        self.build = build
        self.nodes: dict[str, Watched] = {}
        self.spoken: list[Send] = []

    @property
    def plan(self) -> LabPlan:
        """Who takes part."""
        return self.build.plan

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the hosts on Gm by address."""
        ues = {ue.config.address: ue_name(n) for n, ue in enumerate(self.plan.ues, 1)}
        return {**ues, self.plan.network.pcscf: "pcscf"}

    @property
    def readable(self) -> bool:
        """Whether ESP does without encryption here."""
        return all(suite.ealg == "null" for suite in self.plan.pcscf.algorithms)

    def card(self, number: int = 1) -> CardProfile:
        """What is written on a UE's card: identities that an attacker can read in any SM1."""
        return self.plan.ues[number - 1].card

    def impi(self, number: int = 1) -> Impi:
        """Private identity of UE `number`."""
        return self.card(number).impi

    def impu(self, number: int = 1) -> Impu:
        """The public identity under which others know UE `number`."""
        return self.plan.subscribers[number - 1].associated[0]

    def __getitem__(self, name: str) -> Watched:
        """A node by the name of its host."""
        return self.nodes[name]

    @abstractmethod
    def ask(self, name: str, wish: Wish) -> None:
        """Have a host's user wish for something."""

    @abstractmethod
    async def until(self, condition: Callable[[], bool], at_most_s: float) -> bool:
        """Let time pass until a condition holds; whether it came to hold."""

    @abstractmethod
    def put(self, *forged: Forged) -> None:
        """Put packets of an attacker on Gm."""

    @abstractmethod
    def drops(self, name: str) -> Mapping[str, int]:
        """Silent drops of a host's back end, by reason."""

    # what users do

    async def wait(self, for_s: float) -> None:
        """Let time pass."""
        await self.until(lambda: False, for_s)

    async def register(self, ue: str = VICTIM) -> bool:
        """Have a UE register, or register again; whether it succeeded."""
        node = self[ue]

        def outcomes() -> int:
            return node.reported(Registered) + node.reported(RegistrationFailed)

        before, good = outcomes(), node.reported(Registered)
        self.ask(ue, Register())
        await self.until(lambda: outcomes() > before, self.patience_s)
        return node.reported(Registered) > good

    async def message(self, sender: str, to: Impu, words: str = "hello") -> bool:
        """Have somebody send a MESSAGE; whether it was answered with 200."""
        node = self[sender]
        before = node.reported(MessageAnswered)
        good = node.reported(MessageAnswered, status=200)
        self.ask(sender, SendMessage(to, words.encode()))
        await self.until(lambda: node.reported(MessageAnswered) > before, self.patience_s)
        return node.reported(MessageAnswered, status=200) > good


def ue_name(number: int) -> str:
    """Name of a UE's host: ``ue``, ``ue2``, ``ue3``."""
    return VICTIM if number == 1 else f"{VICTIM}{number}"
