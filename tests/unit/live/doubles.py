"""A node that does what the test says and notes what it is fed, and a back end that notes what it is told."""

import asyncio
from collections.abc import Callable, Sequence
from socket import AF_INET, AF_INET6, SOCK_STREAM, socket

from twopair.backends.contract import InstallError
from twopair.base import Endpoint, Micros, Port
from twopair.core.sa import SaSet
from twopair.nodes.actions import Action
from twopair.nodes.events import Event


def free_endpoint(address: str = "127.0.0.1") -> Endpoint:
    """An endpoint of loopback whose port is free for TCP, and so most likely for UDP."""
    with socket(AF_INET6 if ":" in address else AF_INET, SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return Endpoint(address, Port(probe.getsockname()[1]))


class ScriptedNode:
    """Answers each event by the first function in `script` that has actions for it."""

    def __init__(self, script: Callable[[Event], Sequence[Action]] = lambda _event: ()) -> None:
        self.script = script
        self.fed: list[Event] = []
        self.deadline: Micros | None = None

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        self.fed.append(event)
        return self.script(event)

    def next_deadline(self) -> Micros | None:
        return self.deadline

    async def until(self, done: Callable[[list[Event]], bool]) -> None:
        """Wait until the events fed satisfy `done`, at most 5 s."""
        async with asyncio.timeout(5):
            while not done(self.fed):
                await asyncio.sleep(0.002)


class NotingBackend:
    """Notes every call; refuses to install when told so."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.refusal: Exception | None = None

    def close(self, endpoint: Endpoint) -> None:
        self.calls.append(("close", endpoint))

    def reopen(self, endpoint: Endpoint) -> None:
        self.calls.append(("reopen", endpoint))

    def install(self, sa_set: SaSet) -> None:
        self.calls.append(("install", sa_set.set_id))
        if self.refusal is not None:
            raise self.refusal

    def remove(self, set_id: int) -> None:
        self.calls.append(("remove", set_id))


NO_ROOM = InstallError("no room")
