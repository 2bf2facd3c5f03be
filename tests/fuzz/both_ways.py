"""A chunk of inputs in both ways: what the package reads and writes with the C module, and without.

For processes that `lines_module.environment` was made for; see differential.py.
"""

from tests.fuzz.with_lines import LINES

# isort: split
import sys
from random import Random
from typing import Any, Final, NamedTuple

from tests.fuzz.mutations import mutated, octets

from twopair.base import WireError
from twopair.wire.sip import Edit, Message, Request, UnfitRequest, native, parse
from twopair.wire.sip.index import SPELLINGS

CHUNK: Final = 20_000
"""Inputs of one seed: the n-th chunk is the same whoever runs it."""

SAMPLED: Final = 50
"""One in so many inputs is asked for the share that C answers."""

RELAY: Final = Edit(
    frozenset({"route", "max-forwards", "require", "server"}), ("Via",), ("Max-Forwards", "Subject")
)
SWITCHES: Final = tuple(sys.modules[f"twopair.wire.sip.{name}"] for name in ("edit", "message", "parse"))
"""The modules that ask NATIVE."""

assert native.NATIVE
assert all(module.NATIVE and str(module.__file__).endswith(".py") for module in SWITCHES)

Outcome = tuple[Any, ...]


class Tally(NamedTuple):
    """What became of some inputs.

    Args:
        inputs: how many.
        messages: how many were messages, the others errors.
        sampled: messages for which C was asked by itself.
        answered: for how many of those it read the lines.
        found: an input that made a difference, and both results.
    """

    inputs: int = 0
    messages: int = 0
    sampled: int = 0
    answered: int = 0
    found: tuple[bytes, Outcome, Outcome] | None = None


def run_chunk(seed: int, inputs: int = CHUNK) -> Tally:
    """The inputs of one seed, up to the first that makes a difference."""
    random = Random(seed)
    messages = sampled = answered = 0
    for number in range(inputs):
        data = mutated(random) if random.random() < 0.9 else octets(random)
        python, c = in_both_ways(data)
        if python != c:
            return Tally(number, messages, sampled, answered, (data, python, c))
        if python[0] == "message":
            messages += 1
            if number % SAMPLED == 0:
                sampled += 1
                answered += LINES.split(data, 0, SPELLINGS) is not None
    return Tally(inputs, messages, sampled, answered)


def in_both_ways(data: bytes) -> tuple[Outcome, Outcome]:
    """What Python makes of it, and what C makes of it."""
    return _outcome(data, native=False), _outcome(data, native=True)


def _outcome(data: bytes, *, native: bool) -> Outcome:
    for module in SWITCHES:
        module.NATIVE = native  # type: ignore[attr-defined]
    try:
        message = parse(data)
    except UnfitRequest as unfit:
        return "unfit", unfit.args, unfit.offset, unfit.clause, _all_of(unfit.request)
    except WireError as error:
        return "error", error.args, error.offset, error.clause
    return "message", _all_of(message), _relayed(message, data)


def _all_of(message: Message) -> Outcome:
    names = message.names()
    return (
        message.start_line,
        names,
        list(message.lines()),
        [message.get(name) for name in ("Via", "l", *names)],
        message.get_all("via"),
        message.body,
        message.to_bytes(),
    )


def _relayed(message: Message, data: bytes) -> Outcome:
    """After the edits of a relay; a text of the peer is among them, which may have what no line may."""
    text = data[-40:].decode("utf-8", "surrogateescape")
    if len(data) & 1:
        text = text.replace("\r", "")
    try:
        message.edit(RELAY, ["SIP/2.0/UDP h;branch=z9hG4bK1"], ("69", text))
    except AssertionError as error:
        return "refused", str(error)
    message.body += data[:3]
    if isinstance(message, Request):
        message.uri = text[-3:]
    return message.names(), message.to_bytes(), message.pop_value("Via"), message.get("Subject")
