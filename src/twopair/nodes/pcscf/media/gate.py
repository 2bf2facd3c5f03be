"""What messages of calls pass through where there is a media relay or a bearer (24.229 §5.2.7, §6.7)."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from twopair.base import Micros
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.relay.session import Session
from twopair.wire.sip import Request, Response

Onward = Callable[[Micros, list[Action]], None]
"""Sends a message on, if there is still somebody who wants it."""


class Gate(ABC):
    """Sees every message of every call; what it holds leaves later, and in order."""

    @abstractmethod
    def request(
        self,
        owner: Subscriber,
        address: str,
        sent: Request,
        txn: ServerTransaction | None,
        onward: Onward,
        now: Micros,
        out: list[Action],
        *,
        from_ue: bool,
    ) -> None:
        """Send a request of a call on, now or later.

        Args:
            owner: the UE's registration.
            address: the UE's.
            sent: the request as it is to leave.
            txn: answers it where it is refused; None for ACK.
            onward: sends it.
            now: the moment.
            out: actions.
            from_ue: whether the UE sent it.
        """

    @abstractmethod
    def response(
        self,
        owner: Subscriber,
        request: Request,
        response: Response,
        onward: Onward,
        now: Micros,
        out: list[Action],
        *,
        from_ue: bool,
    ) -> None:
        """Send a response to such a request on, now or later; the request is as it was forwarded."""

    @abstractmethod
    def ended(self, session: Session, now: Micros, out: list[Action]) -> None:
        """A session is over."""
