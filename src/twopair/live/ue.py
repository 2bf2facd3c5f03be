"""One UE for programs and for the command line: the verbs register, message, wait, deregister.

::

    async with Ue.from_file(Path("ue.toml")) as ue:
        await ue.register()
        status = await ue.message("sip:bob@example.org", "hello")
"""

from asyncio import Future, Queue, get_running_loop, timeout
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from twopair.backends.contract import SaCounters
from twopair.base import Impu
from twopair.core.aka import Card
from twopair.live.config import ConfigError, UeFile, read
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.facts_log import FactLog
from twopair.live.ipsec import Ipsec, start_ipsec
from twopair.live.sqn_file import SqnFile
from twopair.nodes.events import Event
from twopair.nodes.facts import Deregistered, MessageAnswered, MessageReceived, Registered, RegistrationFailed
from twopair.nodes.ue import UserEquipment
from twopair.nodes.wishes import Deregister, Register, SendMessage

PATIENCE_S: Final = 140.0
"""Longer than the 128 s after which a UE gives up an unanswered request (TMR-04)."""


class NotRegistered(Exception):
    """A registration failed; the text says why.

    Args:
        failure: what the UE reported.
    """

    def __init__(self, failure: RegistrationFailed) -> None:
        clause = f" ({failure.refusal.clause})" if failure.refusal else ""
        super().__init__(f"{failure.reason}{clause}")
        self.failure = failure


class Ue:
    """A UE with its sockets and its IPsec, in the network this process is in.

    Args:
        settings: content of ue.toml.
        file: name of that file, for what is said about it.
        retries: whether a failed registration is tried again by itself.

    Attributes:
        inbox: messages received and not yet taken.
    """

    def __init__(self, settings: UeFile, file: Path = Path("ue.toml"), *, retries: bool = True) -> None:
        self.inbox: Queue[MessageReceived] = Queue()
        self._settings = settings
        self._file = file
        self._retries = retries
        self._awaited: tuple[tuple[type, ...], Future[object]] | None = None
        self._ipsec: Ipsec | None = None

    @classmethod
    def from_file(cls, file: Path, *, retries: bool = True) -> Self:
        """A UE by its configuration file. Raises ConfigError."""
        return cls(read(file, UeFile), file, retries=retries)

    async def __aenter__(self) -> Self:
        settings = self._settings
        card = _card_of(settings, self._file)
        config = replace(settings.config(), retries=self._retries)
        self._ipsec = start_ipsec(
            settings.ipsec.backend,
            mtu=settings.ipsec.mtu,
            loop=get_running_loop(),
            suites=config.suites,
            ipv6=":" in config.address,
        )
        node = UserEquipment(config, card, OsEntropy())
        self._driver = Driver(node, self._ipsec.backend, guard=self._ipsec.guard)
        self._driver.listen(self._hear)
        self._driver.listen(FactLog())
        self._driver.start()
        if self._driver.failures:
            self._close()
            raise ConfigError([f"{self._file}: cannot bind {line}" for line in self._driver.failures])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    async def register(self, within_s: float = PATIENCE_S) -> Registered:
        """Register, or re-register. Raises NotRegistered, or TimeoutError."""
        outcome = await self._ask(Register(), (Registered, RegistrationFailed), within_s)
        if isinstance(outcome, RegistrationFailed):
            raise NotRegistered(outcome)
        assert isinstance(outcome, Registered)
        return outcome

    async def deregister(self, within_s: float = PATIENCE_S) -> None:
        """End the registration. Raises TimeoutError."""
        await self._ask(Deregister(), (Deregistered,), within_s)

    async def message(self, to: str, text: str, within_s: float = PATIENCE_S) -> int:
        """Send a MESSAGE; the status of its final answer, 408 if none came. Raises TimeoutError."""
        wish = SendMessage(Impu(to), text.encode(), "text/plain;charset=UTF-8")
        outcome = await self._ask(wish, (MessageAnswered,), within_s)
        assert isinstance(outcome, MessageAnswered)
        return outcome.status

    def sas(self) -> Sequence[SaCounters]:
        """The installed SAs with their counters."""
        assert self._ipsec is not None
        return tuple(self._ipsec.backend.query())

    async def _ask(self, wish: Event, kinds: tuple[type, ...], within_s: float) -> object:
        """Feed a wish; its outcome is the next fact of one of these kinds. One wish at a time."""
        outcome: Future[object] = get_running_loop().create_future()
        self._awaited = (kinds, outcome)
        self._driver.feed(wish)
        async with timeout(within_s):
            return await outcome

    def _hear(self, fact: object) -> None:
        if isinstance(fact, MessageReceived):
            self.inbox.put_nowait(fact)
        elif self._awaited is not None and isinstance(fact, self._awaited[0]):
            outcome, self._awaited = self._awaited[1], None
            if not outcome.done():
                outcome.set_result(fact)

    def _close(self) -> None:
        self._driver.stop()
        if self._ipsec is not None:
            self._ipsec.close()


def _card_of(settings: UeFile, file: Path) -> Card:
    profile, kept_in = settings.identity.card_profile(), settings.identity.sqn_file
    if kept_in is None:
        return Card(profile)
    kept = SqnFile(file.parent / kept_in)
    try:
        return Card(profile, kept.load(), kept.keep)
    except (OSError, ValueError) as error:
        raise ConfigError([f"{file}: identity.sqn_file = {kept.path}: {error}"]) from None
