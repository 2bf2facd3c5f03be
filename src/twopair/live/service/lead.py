"""The process that starts a P-CSCF's workers, as one of them sees it (ADR 28)."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from twopair.backends.userspace.raw import Queue
from twopair.live.admin.server import Answer
from twopair.live.sockets import SocketFactory


class Lead(Protocol):
    """What it has, and what it wants to know.

    Attributes:
        place: where the sockets of the worker are.
        queue: of the TUN device that workers share, None where ESP is done elsewhere.
    """

    place: SocketFactory
    queue: Queue | None

    def ready(self) -> None:
        """The worker serves."""
        ...

    def answering(self, answers: Mapping[str, Answer]) -> AbstractAsyncContextManager[None]:
        """Answer what it asks, from now on."""
        ...
