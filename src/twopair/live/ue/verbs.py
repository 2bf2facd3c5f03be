"""What a user can tell a UE to do, each with one outcome in words and values: the verbs of the shell."""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from twopair.live.ue.told import associations, failure_values, registration, status_words
from twopair.live.ue.ue import Answered, Ue, recipient
from twopair.live.ue.unsuccessful import Unsuccessful
from twopair.nodes.facts import CallStage


class Outcome(NamedTuple):
    """How it went: for JSON, and in words; `values` has ``reason`` where it did not go well."""

    ok: bool
    values: dict[str, Any]
    words: str


async def outcome_of(doing: Awaitable[Outcome], within_s: float) -> Outcome:
    """The outcome, also where what is done raises what a verb may raise."""
    try:
        return await doing
    except (Unsuccessful, TimeoutError) as error:
        return failed(error, within_s)


def failed(error: Unsuccessful | TimeoutError, within_s: float) -> Outcome:
    """What a verb raised, as an outcome."""
    if isinstance(error, TimeoutError):
        return no(f"no outcome within {within_s:g} s")
    return Outcome(False, failure_values(error.failure), f"{error.what}: {error}")


def no(reason: str) -> Outcome:
    """It did not go well, for a reason that has no status."""
    return Outcome(False, {"reason": reason}, reason)


async def register(ue: Ue, within_s: float) -> Outcome:
    """Register, or re-register over the set in use."""
    return Outcome(True, *registration(ue, await ue.register(within_s)))


async def deregister(ue: Ue, within_s: float) -> Outcome:
    """Release calls, then end the registration."""
    if ue.registered is None:
        return no("not registered")
    await ue.deregister(within_s)
    return Outcome(True, {}, "de-registered")


async def leave(ue: Ue, within_s: float, *, stay_registered: bool) -> Outcome | None:
    """Hang up and de-register at the end; what could not be done, in words, None if all was.

    Args:
        ue: the UE.
        within_s: how long both may take together.
        stay_registered: whether the registration is left standing.
    """
    until = get_running_loop().time() + within_s
    try:
        if ue.call_now is not None:
            await ue.hang_up(within_s)
        if ue.registered is not None and not stay_registered:
            await ue.deregister(max(0.1, until - get_running_loop().time()))
    except (Unsuccessful, TimeoutError) as error:
        what = "not de-registered" if ue.call_now is None else "not hung up, not de-registered"
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        return no(f"{what}: {why}")
    return None


async def message(ue: Ue, within_s: float, to: str, text: str) -> Outcome:
    """Send a MESSAGE."""
    if ue.registered is None:
        return no("not registered")
    return _answered(f"message to {to}", {"to": to}, await ue.message(to, text, within_s))


async def call(ue: Ue, within_s: float, to: str) -> Outcome:
    """Call, and wait until it is answered or has failed."""
    if ue.registered is None:
        return no("not registered")
    return _answered(f"call to {to}", {"to": to}, await ue.call(to, within_s))


async def answer(ue: Ue, within_s: float) -> Outcome:
    """Take the call that rings."""
    ringing = ue.ringing
    if ringing is None:
        return no("no call rings")
    if not await ue.answer(within_s):
        return no("the call ended before it was up")
    return Outcome(True, {"from": ringing.peer}, f"call from {ringing.peer}: taken")


async def say(ue: Ue, within_s: float, text: str) -> Outcome:
    """Send a MESSAGE within the call."""
    if ue.call_now is None or ue.call_now.stage is not CallStage.UP:
        return no("no call is up")
    return _answered("message in the call", {}, await ue.say(text, within_s))


async def hang_up(ue: Ue, within_s: float) -> Outcome:
    """End the call: cancel, decline or hang up, as far as it has come."""
    if ue.call_now is None:
        return no("no call")
    ended = await ue.hang_up(within_s)
    if ended is None or ended.lost is None:
        return Outcome(True, {}, "hung up")
    return Outcome(True, {"lost": ended.lost.why}, f"hung up, but the call was lost: {ended.lost.why}")


async def sas(ue: Ue, _within_s: float) -> Outcome:
    """List the SAs with their counters."""
    return Outcome(True, *associations(ue))


def _answered(what: str, values: dict[str, Any], status: int) -> Outcome:
    words = status_words(status, status.detail if isinstance(status, Answered) else "")
    if 200 <= status < 300:
        return Outcome(True, values | {"status": status}, f"{what}: {words}")
    return Outcome(False, values | {"status": status, "reason": words}, f"{what}: {words}")


class Verb(NamedTuple):
    """A command of the shell.

    Args:
        does: called with the UE, the patience in seconds, and the arguments.
        arguments: their names; the last one takes the rest of the line.
    """

    does: Callable[..., Awaitable[Outcome]]
    arguments: tuple[str, ...] = ()


async def help_(_ue: Ue, _within_s: float) -> Outcome:
    """List the commands."""
    commands = [usage(name) for name in VERBS]
    return Outcome(True, {"commands": commands}, "; ".join(commands))


async def quit_(_ue: Ue, _within_s: float) -> Outcome:
    """Hang up, de-register, and end."""
    return Outcome(True, {}, "end")


QUIT: Final = "quit"
TO: Final = "TO"

VERBS: Final[dict[str, Verb]] = {
    "register": Verb(register),
    "deregister": Verb(deregister),
    "message": Verb(message, (TO, "TEXT…")),
    "call": Verb(call, (TO,)),
    "answer": Verb(answer),
    "say": Verb(say, ("TEXT…",)),
    "hangup": Verb(hang_up),
    "sas": Verb(sas),
    "help": Verb(help_),
    QUIT: Verb(quit_),
}
"""What may be the first word of a line."""


def usage(name: str) -> str:
    """``message TO TEXT…``."""
    return " ".join((name, *VERBS[name].arguments))


async def act(ue: Ue, command: str, within_s: float) -> Outcome:
    """Do what a line says, which is not empty. Raises what verbs may raise."""
    name, rest = (*command.split(maxsplit=1), "")[:2]
    verb = VERBS.get(name)
    if verb is None:
        return no(f"no such command: {name}; there are {', '.join(VERBS)}")
    arguments = rest.rstrip().split(maxsplit=max(len(verb.arguments) - 1, 0))
    if len(arguments) != len(verb.arguments):
        return no(f"usage: {usage(name)}")
    if verb.arguments[:1] == (TO,):
        try:
            recipient(arguments[0])
        except ValueError as error:
            return no(str(error))
    return await verb.does(ue, within_s, *arguments)
