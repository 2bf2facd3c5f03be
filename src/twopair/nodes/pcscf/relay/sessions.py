"""The books of sessions: bounded, found by dialog and by UE (PCS-15, PCS-19; ADR 31)."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from twopair.base import Micros
from twopair.core.registration.pcscf_sets import SIXTY_FOUR_T1
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.relay.session import Key, Session, Stage

LINGERS: Final = SIXTY_FOUR_T1
"""How long a session that is over still lets through what is late: the other BYE, an ACK, a 200 repeated."""


class Sessions:
    """All sessions of a P-CSCF.

    Attributes:
        resumed: tokens of registrations that a predecessor kept; what sessions they have is learned from what
            they send (ADR 31).
    """

    __slots__ = ("_by_key", "_leaving", "_of", "_standing", "resumed")

    def __init__(self) -> None:
        self._by_key: dict[Key, Session] = {}
        self._of: dict[Subscriber, tuple[Session, ...]] = {}
        self._leaving: deque[tuple[Micros, Session]] = deque()
        self._standing = 0
        self.resumed: set[str] = set()

    def __len__(self) -> int:
        """How many stand or are being set up."""
        return self._standing

    def __iter__(self) -> Iterator[Session]:
        """Those that stand or are being set up, by UE."""
        return (session for of_one in self._of.values() for session in of_one)

    @property
    def kept(self) -> int:
        """How many are kept, with those that are over and may have something late."""
        return self._standing + len(self._leaving)

    def of(self, owner: Subscriber) -> tuple[Session, ...]:
        """Those of one registration, oldest first."""
        return self._of.get(owner, ())

    def find(self, key: Key) -> Session | None:
        """The session that a request within a dialog belongs to; it may be over."""
        return self._by_key.get(key)

    def add(self, session: Session) -> None:
        """Enter one; it is found by its dialog once both tags are known."""
        self._of[session.owner] = (*self.of(session.owner), session)
        self._standing += 1
        self.name(session, session.key)

    def name(self, session: Session, key: Key) -> None:
        """Its dialog is known now."""
        session.key = key
        if key[1] and key[2]:
            self._by_key[key] = session

    def in_the_way(self, owner: Subscriber, most: int) -> Session | None:
        """Which of a UE's sessions gives way to one more: none, or the oldest, those that ring first."""
        own = self.of(owner)
        if len(own) < most:
            return None
        return next((session for session in own if session.stage is not Stage.CONFIRMED), own[0])

    def leave(self, session: Session, now: Micros, most: int) -> None:
        """One is over: it counts no more, and is forgotten after `LINGERS`, or once `most` wait for it."""
        left = tuple([other for other in self.of(session.owner) if other is not session])
        if left:
            self._of[session.owner] = left
        else:
            self._of.pop(session.owner, None)
        self._standing -= 1
        session.stage, session.invite = Stage.OVER, None
        if self._by_key.get(session.key) is session:
            self._leaving.append((Micros(now + LINGERS), session))
        self.forget_late(now, most)

    def forget_late(self, now: Micros, most: int) -> None:
        """What is over for long enough, or would be more than `most`, is gone for good."""
        while self._leaving and (self._leaving[0][0] <= now or len(self._leaving) > most):
            _, gone = self._leaving.popleft()
            if self._by_key.get(gone.key) is gone:
                del self._by_key[gone.key]

    def next_late(self) -> Micros | None:
        """When `forget_late` has something to do."""
        return self._leaving[0][0] if self._leaving else None
