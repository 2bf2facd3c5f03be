"""A node under observation: its facts and SA sets; and, where it misbehaves, what it says instead."""

from collections import Counter
from collections.abc import Callable, Sequence

from twopair.base import Impi, Micros, Report, Send
from twopair.core.sa import InstallSas, RemoveSas, SaSet, Stage
from twopair.nodes import Action, Event, Node
from twopair.nodes.events import Received, StreamClosed
from twopair.nodes.facts import SetStage


class Watched:
    """Any node, with notes taken of what it does.

    Args:
        node: the node.
        spoken: where everything goes down that nodes send.

    Attributes:
        facts: what it reported, in order.
        ever: every set it had installed.
        sets: those that stand, by id.
        stages: the last stage reported of each set.
        resets: connections that it lost, with the reason.
        most: how many sets it had at once, at most, by IMPI.
        echoes: messages it received that were its own.
        lies: messages in which it said something else than it ought to.
        says: puts other words into what it sends: a subscriber with genuine keys who lies.
    """

    def __init__(self, node: Node, spoken: list[Send]) -> None:
        self.node = node
        self._spoken = spoken
        self.facts: list[object] = []
        self.ever: list[SaSet] = []
        self.sets: dict[int, SaSet] = {}
        self.stages: dict[int, Stage] = {}
        self.resets: list[str] = []
        self.most: Counter[Impi] = Counter()
        self.echoes = 0
        self.lies = 0
        self._sent: set[bytes] = set()
        self.says: Callable[[bytes], bytes] = lambda data: data

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """See `Node`."""
        if isinstance(event, StreamClosed):
            self.resets.append(event.reason)
        elif isinstance(event, Received):
            self.echoes += event.data in self._sent
        return [self._noted(action) for action in self.node.feed(event, now)]

    def next_deadline(self) -> Micros | None:
        """See `Node`."""
        return self.node.next_deadline()

    def established(self) -> list[SaSet]:
        """The sets that stand and are more than temporary."""
        return [s for s in self.sets.values() if self.stages.get(s.set_id) is not Stage.TEMPORARY]

    def reported(self, kind: type, **fields: object) -> int:
        """How many facts of a kind it reported, with these values of their fields."""
        return sum(
            isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in fields.items())
            for fact in self.facts
        )

    def _noted(self, action: Action) -> Action:
        if isinstance(action, Send):
            data = self.says(action.data)
            self.lies += data != action.data
            self._sent.add(data)
            said = Send(action.flow, data)
            self._spoken.append(said)
            return said
        if isinstance(action, InstallSas):
            self.ever.append(action.sa_set)
            self.sets[action.sa_set.set_id] = action.sa_set
            self.stages.setdefault(action.sa_set.set_id, Stage.TEMPORARY)
            impi = action.sa_set.impi
            self.most[impi] = max(self.most[impi], sum(s.impi == impi for s in self.sets.values()))
        elif isinstance(action, RemoveSas):
            self.sets.pop(action.set_id, None)
        elif isinstance(action, Report):
            self.facts.append(action.fact)
            if isinstance(action.fact, SetStage):
                self.stages[action.fact.set_id] = action.fact.stage
        return action
