"""One UE for programs and for the command line: a verb returns when what it asks for has come about.

::

    async with Ue.from_file(Path("ue.toml")) as ue:
        await ue.register()
        if await ue.call("sip:bob@example.org") == 200:
            await ue.say("hello")
            await ue.hang_up()
        print(await ue.events.get())

Calls are signalling only: no sound is sent or expected.
"""

import logging
import re
from asyncio import Lock, Queue, get_running_loop, timeout
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from twopair.backends.contract import SaCounters
from twopair.base import Impu, seconds
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.sa import SaSet, Stage
from twopair.live.config import UeFile, read
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.facts_log import FactLog
from twopair.live.ipsec import Ipsec, start_ipsec
from twopair.live.message_log import MessageLog
from twopair.live.ue.awaited import Awaited, Wanted
from twopair.live.ue.happening import Happening
from twopair.live.ue.soft_card import soft_card
from twopair.live.ue.unsuccessful import NotDeregistered, NotRegistered
from twopair.live.unbound import refuse
from twopair.nodes.events import Event
from twopair.nodes.facts import (
    CallChanged,
    CallStage,
    Deregistered,
    Lost,
    MessageAnswered,
    Registered,
    RegistrationFailed,
    SetStage,
)
from twopair.nodes.ue import Device
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, Say, SendMessage

PATIENCE_S: Final = 210.0
"""Longer than a UE waits for an answer (128 s, TMR-04), and than a call rings (timer C, at most 200 s)."""

MOST_EVENTS: Final = 10_000
"""Events kept for whoever reads them; beyond that the oldest go."""

_TEXT: Final = "text/plain;charset=UTF-8"
_RECIPIENT: Final = re.compile(r"(sips?|tel):\S+", re.IGNORECASE)

_log = logging.getLogger(__name__)


class Answered(int):
    """The status of an answer; of 420 and 421 with the extensions that are missing, in words.

    Args:
        fact: what was reported of the answer.
    """

    detail: str

    def __new__(cls, fact: MessageAnswered | CallChanged) -> Self:
        """The status of a fact."""
        (status := super().__new__(cls, fact.status)).detail = fact.detail
        return status


def recipient(text: str) -> Impu:
    """Whom to call or write to. Raises ValueError for what is no URI of the schemes sip, sips and tel."""
    if not _RECIPIENT.fullmatch(text):
        raise ValueError(f"{text!r} is no sip: or tel: URI")
    return Impu(text)


class Ue:
    """A UE with its sockets and its IPsec, in the network this process is in.

    Verbs may run beside each other: a UE can re-register while a call of it rings.

    Args:
        settings: content of ue.toml.
        file: name of that file, for what is said about it.
        retries: whether a failed registration is tried again by itself.
        answer_after_s: how long a call to it rings before it is taken; None: until `answer`.
        verbose: 1: a line in the log for each message, 2: whole messages.
        ipsec: in operation, `close` ends this UE's part of it: for UEs that share a host; None: its own.

    Attributes:
        events: what happened that no verb waited for, and every stage of a call.
        impu: the public identity that is registered.
        registrations: those that stand, by their names (ADR 12).
    """

    def __init__(
        self,
        settings: UeFile,
        file: Path = Path("ue.toml"),
        *,
        retries: bool = True,
        answer_after_s: float | None = None,
        verbose: int = 0,
        ipsec: Ipsec | None = None,
    ) -> None:
        self._verbose = verbose
        self.events: Queue[Happening] = Queue(MOST_EVENTS)
        self.impu = settings.identity.public_identity
        self.registrations: dict[RegFlow, Registered] = {}
        self._settings = settings
        self._file = file
        after = None if answer_after_s is None else seconds(answer_after_s)
        self._configs = [replace(c, retries=retries, answer_after=after) for c in settings.configs()]
        self._awaited = Awaited()
        self._call: CallChanged | None = None
        self._sets: dict[int, SetStage] = {}
        self._one_attempt = Lock()
        self._ipsec = ipsec

    @classmethod
    def from_file(
        cls, file: Path, *, retries: bool = True, answer_after_s: float | None = None, verbose: int = 0
    ) -> Self:
        """A UE by its configuration file. Raises ConfigError."""
        settings = read(file, UeFile)
        for line in settings.warnings():
            _log.warning("%s: %s", file, line)
        return cls(settings, file, retries=retries, answer_after_s=answer_after_s, verbose=verbose)

    async def __aenter__(self) -> Self:
        config, ipsec = self._configs[0], self._settings.ipsec
        card = soft_card(self._settings.identity, self._file)
        if self._ipsec is None:
            loop, ipv6 = get_running_loop(), ":" in config.address
            self._ipsec = start_ipsec(
                ipsec.backend, mtu=ipsec.mtu, loop=loop, suites=config.suites, ipv6=ipv6
            )
        node, backend = Device(self._configs, card, OsEntropy()), self._ipsec.backend
        self._driver = Driver(node, backend, guard=self._ipsec.guard, hears_errors=True)
        self._driver.listen(self._hear)
        self._driver.listen(FactLog())
        if self._verbose:
            self._driver.taps.append(MessageLog(self._driver.sets, whole=self._verbose > 1))
        self._driver.start()
        if unbound := self._driver.failures:
            self._close()
            refuse(self._file, unbound, self._settings.endpoints())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    # registration

    @property
    def registered(self) -> Registered | None:
        """The registration that stands; of several, one that is for more than emergency, if there is one."""
        return min(self.registrations.values(), key=_usual_first, default=None)

    async def register(self, within_s: float = PATIENCE_S) -> Registered:
        """Register, or re-register; a failure that the UE mends by trying again is waited out (UEP-13).

        Of several registrations every one is tried; what became of each is in `events`, too.

        Raises:
            NotRegistered: it is of no use to wait, or the time is over after an attempt that failed.
            TimeoutError: nothing was known in time.
        """
        stood: list[Registered] = []
        failures: list[RegistrationFailed] = []

        def decided(fact: object) -> bool:
            if isinstance(fact, Registered):
                stood.append(fact)
            elif isinstance(fact, RegistrationFailed):
                failures.append(fact)
            return len(stood) + sum(not fact.retry_s for fact in failures) >= len(self._configs)

        async with self._one_attempt:
            try:
                await self._ask(Register(), decided, within_s)
            except TimeoutError:
                if not stood and not failures:
                    raise
        if not stood:
            raise NotRegistered(failures[-1], len(failures))
        return min(stood, key=_usual_first)

    async def deregister(self, within_s: float = PATIENCE_S) -> None:
        """End the registration. Raises NotDeregistered, or TimeoutError."""
        left = len(self.registrations)

        def decided(fact: object) -> bool:
            nonlocal left
            left -= isinstance(fact, Deregistered)
            return isinstance(fact, RegistrationFailed) or (isinstance(fact, Deregistered) and left <= 0)

        async with self._one_attempt:
            outcome = await self._ask(Deregister(), decided, within_s)
        if isinstance(outcome, RegistrationFailed):
            raise NotDeregistered(outcome)

    # messages

    async def message(self, to: str, text: str, within_s: float = PATIENCE_S) -> int:
        """Send a MESSAGE; the status of its final answer, 408 if none came.

        Raises:
            TimeoutError: not even that was known in time.
            ValueError: `to` is no URI of a user.
        """
        impu = recipient(to)

        def answered(fact: object) -> bool:
            return isinstance(fact, MessageAnswered) and fact.to == impu and not self._in_call(fact)

        return Answered(await self._ask(SendMessage(impu, text.encode(), _TEXT), answered, within_s))

    # calls

    @property
    def call_now(self) -> CallChanged | None:
        """The call that is there, as it was last reported; None without one."""
        return None if self._call is None or self._call.stage is CallStage.ENDED else self._call

    @property
    def ringing(self) -> CallChanged | None:
        """The call to this UE that waits to be taken; None if none does."""
        call = self.call_now
        return call if call is not None and not call.ours and call.stage is CallStage.RINGING else None

    async def call(self, to: str, within_s: float = PATIENCE_S) -> int:
        """Call somebody; the final status, once the call is answered (2xx) or has failed.

        Whoever stops waiting gives the call up: it is cancelled. One call at a time: 486 during another.

        Raises:
            TimeoutError: nobody has answered in time.
            ValueError: `to` is no URI of a user.
        """
        ours: set[str] = set()

        def decided(fact: object) -> bool:
            if not isinstance(fact, CallChanged):
                return False
            if not ours:  # the first is told at once
                ours.add(fact.call_id)
            return fact.call_id in ours and fact.stage in (CallStage.UP, CallStage.ENDED)

        try:
            outcome = await self._ask(Call(recipient(to)), decided, within_s)
        except BaseException:
            if self.call_now is not None and self.call_now.call_id in ours:
                self._driver.feed(HangUp())
            raise
        return Answered(outcome)

    async def answer(self, within_s: float = PATIENCE_S) -> bool:
        """Take the call that rings; whether it is up: False if none rang, or the caller was faster.

        Raises TimeoutError.
        """
        call = self.ringing
        if call is None:
            return False
        outcome = await self._ask(Answer(), _of(call, CallStage.UP, CallStage.ENDED), within_s)
        return outcome.stage is CallStage.UP

    async def say(self, text: str, within_s: float = PATIENCE_S) -> int:
        """Send a MESSAGE within the call; the status of its answer, 481 without one. Raises TimeoutError."""

        def answered(fact: object) -> bool:
            return isinstance(fact, MessageAnswered) and (not fact.to or self._in_call(fact))

        return Answered(await self._ask(Say(text.encode(), _TEXT), answered, within_s))

    async def hold(self, for_s: float) -> bool:
        """Stay in the call for that long, or until it ends; whether it still stands."""
        call = self.call_now
        if call is not None:
            try:
                await self._until(_of(call, CallStage.ENDED), for_s)
            except TimeoutError:
                return True
        return False

    async def hang_up(self, within_s: float = PATIENCE_S) -> CallChanged | None:
        """End the call, whatever its stage: CANCEL, 603 or BYE. Without one nothing happens.

        Returns its end, which says so where nobody has answered; None without a call. Raises TimeoutError.
        """
        if (call := self.call_now) is None:
            return None
        ended: CallChanged = await self._ask(HangUp(), _of(call, CallStage.ENDED), within_s)
        return ended

    @property
    def lost(self) -> Lost | None:
        """How the latest call was lost; None if it was not."""
        return None if self._call is None else self._call.lost

    # SAs

    def sas(self) -> Sequence[SaCounters]:
        """The installed SAs with their counters."""
        assert self._ipsec is not None
        return tuple(self._ipsec.backend.query())

    def sets(self) -> Sequence[tuple[SaSet, Stage]]:
        """The installed SA sets, each with its ports and SPIs, and how far they have come."""
        told, there = self._sets, self._driver.sets.items()
        return [(sa_set, told[name].stage if name in told else Stage.TEMPORARY) for name, sa_set in there]

    def flow_of(self, set_id: int) -> RegFlow:
        """The registration that a set belongs to."""
        return self._sets[set_id].flow if set_id in self._sets else ALONE

    def set_in_use(self, flow: RegFlow | None = None) -> SaSet | None:
        """The set that new requests go over; of that registration, if one is named."""
        for sa_set, stage in self.sets():
            if stage is Stage.IN_USE and flow in (None, self.flow_of(sa_set.set_id)):
                return sa_set
        return None

    # how it is done

    async def _ask(self, wish: Event, wanted: Wanted, within_s: float) -> Any:
        """Feed a wish and wait for its outcome."""
        return await self._until(wanted, within_s, wish)

    async def _until(self, wanted: Wanted, within_s: float, *wishes: Event) -> Any:
        outcome = self._awaited.expect(wanted)
        for wish in wishes:
            self._driver.feed(wish)
        async with timeout(within_s):
            return await outcome

    def _in_call(self, fact: MessageAnswered) -> bool:
        return self._call is not None and fact.call_id == self._call.call_id

    def _hear(self, fact: object) -> None:
        if isinstance(fact, SetStage):
            self._sets[fact.set_id] = fact
            if fact.stage is Stage.DELETED:
                del self._sets[fact.set_id]
        elif isinstance(fact, CallChanged) and fact.call_id:
            self._call = fact
        elif isinstance(fact, Registered):
            self.registrations[fact.flow] = fact
        elif isinstance(fact, Deregistered):
            self.registrations.pop(fact.flow, None)
        taken = self._awaited.hear(fact)
        for_all = isinstance(fact, CallChanged) or len(self._configs) > 1  # one result cannot tell of several
        if isinstance(fact, Happening) and (for_all or not taken):
            if self.events.full():
                self.events.get_nowait()
            self.events.put_nowait(fact)

    def _close(self) -> None:
        self._driver.stop()
        if self._ipsec is not None:
            self._ipsec.close()


def _usual_first(fact: Registered) -> bool:
    return fact.flow.sos


def _of(call: CallChanged, *stages: CallStage) -> Wanted:
    """One of these stages of a call."""
    return lambda fact: (
        isinstance(fact, CallChanged) and fact.call_id == call.call_id and fact.stage in stages
    )
