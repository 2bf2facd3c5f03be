"""Where the HSS keeps its subscribers: the seam, and the table in memory."""

from collections.abc import Iterable
from typing import Protocol

from twopair.base import Impi, Impu
from twopair.core.aka import Subscriber
from twopair.core.service.subscription import covers, is_wildcarded
from twopair.nodes.homenet.identities import identity_key


class StoreFailed(Exception):
    """The store cannot answer, or cannot keep what it was given; it may be able to later."""


class SubscriberStore(Protocol):
    """Subscribers and their last sequence number; calls return when the data is safe.

    Each call raises StoreFailed where it cannot be done now; nothing is changed then.
    """

    def get(self, impi: Impi) -> Subscriber | None:
        """The subscriber with this private identity."""
        ...

    def owners(self, impu: Impu) -> tuple[Impi, ...]:
        """Whose public identity this is, however it is written; several where a subscription shares it.

        One that nobody has itself is whose wildcarded identity stands for it.
        """
        ...

    def sqn(self, impi: Impi) -> int:
        """SQN_HE of a known subscriber: the last number given out."""
        ...

    def save_sqn(self, impi: Impi, sqn: int) -> None:
        """Keep SQN_HE; called before the vector made with it leaves the HSS."""
        ...


class MemoryStore:
    """Subscribers in memory, for the lab and the simulator.

    Args:
        subscribers: all of them; identities must be unique, but for those that a subscription shares.

    Raises:
        ValueError: an identity belongs to two subscribers.
    """

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._subscribers: dict[Impi, Subscriber] = {}
        self._owners: dict[Impu, tuple[Impi, ...]] = {}
        self._sqns: dict[Impi, int] = {}
        for subscriber in subscribers:
            self.add(subscriber)

    def add(self, subscriber: Subscriber, sqn: int = 0) -> None:
        """A further subscriber. Raises ValueError if an identity is taken."""
        keys = dict.fromkeys(map(identity_key, subscriber.impus))
        taken: list[str] = [impu for impu in subscriber.impus if not self._may_have(subscriber, impu)]
        if subscriber.impi in self._subscribers:
            taken.append(subscriber.impi)
        if taken:
            raise ValueError(f"{taken[0]} belongs to two subscribers")
        self._subscribers[subscriber.impi] = subscriber
        self._sqns[subscriber.impi] = sqn
        for key in keys:
            self._owners[key] = (*self._owners.get(key, ()), subscriber.impi)

    def get(self, impi: Impi) -> Subscriber | None:
        """The subscriber with this private identity."""
        return self._subscribers.get(impi)

    def owners(self, impu: Impu) -> tuple[Impi, ...]:
        """Whose public identity this is, however it is written."""
        key = identity_key(impu)
        return self._owners.get(key) or next(
            (who for wild, who in self._owners.items() if is_wildcarded(wild) and covers(wild, key)), ()
        )

    def sqn(self, impi: Impi) -> int:
        """SQN_HE of a known subscriber."""
        return self._sqns[impi]

    def save_sqn(self, impi: Impi, sqn: int) -> None:
        """Keep SQN_HE."""
        self._sqns[impi] = sqn

    def _may_have(self, subscriber: Subscriber, impu: Impu) -> bool:
        """Whether an identity is nobody's, or one of the same subscription."""
        others = self._owners.get(identity_key(impu), ())
        return all(may_share(self._subscribers[other], subscriber) for other in others)


def may_share(one: Subscriber, other: Subscriber) -> bool:
    """Whether two private identities may have the same public one: they are of one subscription."""
    return one.subscription != "" and one.subscription == other.subscription
