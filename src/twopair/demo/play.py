"""How a scenario moves its network: users wish, and time passes until what they wished for is there."""

from asyncio import sleep
from collections.abc import Callable

from twopair.attack.moves import Move
from twopair.base import Entropy, Impu, Transport, seconds
from twopair.core.aka import Subscriber
from twopair.demo.network import Network
from twopair.demo.record import Finding, Recording
from twopair.live.lab import LabPlan
from twopair.nodes import Node
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered, Registered, RegistrationFailed
from twopair.nodes.wishes import Answer, Call, HangUp, Register, Say, SendMessage


class Stalled(Exception):
    """What was asked for did not come about, and nobody said why. The text says what."""


class Play:
    """One run of a scenario.

    Args:
        plan: who takes part.
        network: where it takes place.
        recording: what is noted meanwhile.
        tell: is told what the run is at.
    """

    def __init__(
        self,
        plan: LabPlan,
        network: Network,
        recording: Recording,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._tell = tell
        self._is_at = ""
        self.plan = plan
        self._network = network
        self._recording = recording

    def scene(self, title: str) -> None:
        """Begin a new part."""
        self.tell(title)
        self._recording.scene(self._network.now(), title)

    def tell(self, words: str) -> None:
        """Say what the run is at, to whoever waits for its end."""
        self._is_at = words
        self._tell(words)

    async def remind(self, every_s: float) -> None:
        """Say it again and again while real time passes; goes on until it is cancelled."""
        while True:
            await sleep(every_s)
            self._tell(self._is_at)

    @property
    def transport(self) -> Transport:
        """What the UEs register over."""
        return self.plan.ues[0].config.transport

    @property
    def operator(self) -> Impu:
        """The home network's own identity, which answers every MESSAGE."""
        return self.plan.home.network

    @property
    def entropy(self) -> Entropy:
        """Random numbers for what the scenario itself draws."""
        return self._network.entropy

    def title(self, name: str) -> str:
        """The name of a host for people."""
        return self._recording.host(name).title

    @property
    def real(self) -> bool:
        """Whether packets are real."""
        return self._network.real

    def attack(self, *moves: Move) -> None:
        """Put somebody on Gm who does this from now on."""
        self._network.attack(*moves)

    def find(self, *findings: Finding) -> None:
        """Note what was found out elsewhere."""
        self._recording.findings += findings

    def leave_out(self, what: str) -> None:
        """Note what is not played on this back end."""
        self._recording.unplayed.append(what)

    def impu(self, number: int) -> Impu:
        """The public identity under which others know UE `number`, from 1 on."""
        subscriber: Subscriber = self.plan.subscribers[number - 1]
        return subscriber.associated[0]

    async def register(self, ue: str) -> None:
        """Have a UE register, or re-register; returns when it is registered or has failed."""
        before = sum(map(_is_outcome, self._recording.facts(ue)))
        self._network.ask(ue, Register())
        if not await self._network.until(lambda: sum(map(_is_outcome, self._recording.facts(ue))) > before):
            raise Stalled(f"{ue} came to no end of its registration")

    async def message(self, sender: str, to: Impu, words: str) -> None:
        """Have a UE, or the home network, send a MESSAGE; returns when it was answered."""
        before = self._answers(sender)
        self._network.ask(sender, SendMessage(to, words.encode()))
        if not await self._network.until(lambda: self._answers(sender) > before):
            raise Stalled(f"the MESSAGE of {sender} was not answered")

    async def call(self, caller: str, to: Impu, transport: Transport | None = None) -> None:
        """Have a UE call another; returns when it rings."""
        self._network.ask(caller, Call(to, transport))
        await self._until_call(caller, CallStage.RINGING)

    async def answer(self, called: str, caller: str) -> None:
        """Have a UE take the call that rings; returns when the caller has the answer."""
        self._network.ask(called, Answer())
        await self._until_call(caller, CallStage.UP)

    async def say(self, sender: str, words: str) -> None:
        """Have a UE send a MESSAGE inside its call; returns when it was answered."""
        before = self._answers(sender)
        self._network.ask(sender, Say(words.encode()))
        if not await self._network.until(lambda: self._answers(sender) > before):
            raise Stalled(f"the MESSAGE of {sender} was not answered")

    async def hang_up(self, who: str) -> None:
        """Have a UE end its call; returns when that is done."""
        self._network.ask(who, HangUp())
        await self._until_call(who, CallStage.ENDED)

    async def wait(self, amount_s: float) -> None:
        """Let everybody finish, then let time pass for the nodes."""
        await self._network.settle()
        await self._network.wait(seconds(amount_s))

    async def cut(self, name: str) -> None:
        """Break all TCP connections of a host."""
        self._network.cut(name)
        await self._network.settle()

    def restart(self, ue: str) -> None:
        """Switch a UE off without a word, and on again."""
        self._network.restart(ue)

    def put(self, name: str, node: Node) -> None:
        """Have another node run on a host, from nothing."""
        self._network.put(name, node)

    def ask(self, name: str, wish: object) -> None:
        """Tell a host's user to wish for something, whatever its node knows."""
        self._network.ask(name, wish)  # type: ignore[arg-type]

    def solution(self, at_pcscf: str) -> None:
        """Have the P-CSCF send late responses by solution "old" (1) or "new" (2) of the paper."""
        self._network.solution(at_pcscf)

    async def settle(self) -> None:
        """Let everybody finish."""
        await self._network.settle()

    async def _until_call(self, ue: str, stage: CallStage) -> None:
        def latest() -> CallStage | None:
            found = [fact.stage for fact in self._recording.facts(ue) if isinstance(fact, CallChanged)]
            return found[-1] if found else None

        if not await self._network.until(lambda: latest() in {stage, CallStage.ENDED}):
            raise Stalled(f"the call of {ue} never came to be {stage.value}")

    def _answers(self, name: str) -> int:
        return sum(isinstance(fact, MessageAnswered) for fact in self._recording.facts(name))


def _is_outcome(fact: object) -> bool:
    return isinstance(fact, Registered | RegistrationFailed)
