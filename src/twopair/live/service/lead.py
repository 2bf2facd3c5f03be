"""The process that starts a P-CSCF's workers, as one of them sees it (ADR 28)."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from twopair.live.admin.server import Answer
from twopair.live.sockets import SocketFactory


class Lead(Protocol):
    """What it has, and what it wants to know.

    Attributes:
        place: where the sockets of the worker are.
    """

    place: SocketFactory

    def ready(self) -> None:
        """The worker serves."""
        ...

    def answering(self, answers: Mapping[str, Answer]) -> AbstractAsyncContextManager[None]:
        """Answer what it asks, from now on."""
        ...
