"""How a scenario moves its network: users wish, and time passes until what they wished for is there."""

from twopair.base import Impu
from twopair.core.aka import Subscriber
from twopair.demo.network import Network
from twopair.demo.record import Recording
from twopair.live.lab import LabPlan
from twopair.nodes.facts import MessageAnswered, Registered, RegistrationFailed
from twopair.nodes.wishes import Register, SendMessage


class Stalled(Exception):
    """What was asked for did not come about, and nobody said why. The text says what."""


class Play:
    """One run of a scenario.

    Args:
        plan: who takes part.
        network: where it takes place.
        recording: what is noted meanwhile.
    """

    def __init__(self, plan: LabPlan, network: Network, recording: Recording) -> None:
        self.plan = plan
        self._network = network
        self._recording = recording

    def scene(self, title: str) -> None:
        """Begin a new part."""
        self._recording.scene(self._network.now(), title)

    def impu(self, number: int) -> Impu:
        """The public identity under which others know UE `number`, from 1 on."""
        subscriber: Subscriber = self.plan.subscribers[number - 1]
        return subscriber.associated[0]

    async def register(self, ue: str) -> None:
        """Have a UE register; returns when it is registered or has failed."""
        self._network.ask(ue, Register())
        if not await self._network.until(lambda: any(map(_is_outcome, self._recording.facts(ue)))):
            raise Stalled(f"{ue} came to no end of its registration")

    async def message(self, sender: str, to: Impu, words: str) -> None:
        """Have a UE, or the home network, send a MESSAGE; returns when it was answered."""
        before = self._answers(sender)
        self._network.ask(sender, SendMessage(to, words.encode()))
        if not await self._network.until(lambda: self._answers(sender) > before):
            raise Stalled(f"the MESSAGE of {sender} was not answered")

    async def settle(self) -> None:
        """Let everybody finish."""
        await self._network.settle()

    def _answers(self, name: str) -> int:
        return sum(isinstance(fact, MessageAnswered) for fact in self._recording.facts(name))


def _is_outcome(fact: object) -> bool:
    return isinstance(fact, Registered | RegistrationFailed)
