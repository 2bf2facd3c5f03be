"""docs/reference/tables.md: every table that decides something, and the diagrams that follow from it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from types import FunctionType
from typing import Any

from tools.pages.diagrams import diagram
from tools.pages.markdown import code, page, paragraph, table

from twopair.base import STATUS, Refusal
from twopair.core.registration import pcscf, pcscf_checks, pcscf_integrity, pcscf_sets, ue
from twopair.core.sa import ARROWS, life
from twopair.core.sip import invite_client, invite_server, other_client, other_server
from twopair.core.sip.terms import Machine, State
from twopair.nodes.homenet import decisions
from twopair.nodes.pcscf import access, checks, confirm

MACHINES = (
    (invite_client, invite_client.INVITE_CLIENT),
    (invite_server, invite_server.INVITE_SERVER),
    (other_client, other_client.OTHER_CLIENT),
    (other_server, other_server.OTHER_SERVER),
)


def tables() -> str:
    """The page."""
    return page(
        "Tables",
        _introduction(),
        _figure_1(),
        _suites(),
        _life(),
        _set_events(),
        _attempt("An authentication at the P-CSCF", pcscf, "Forwarded", "Ended"),
        _attempt("An authentication at the UE", ue, "Registering", "Idle"),
        _clear(),
        _protected(),
        _checks("Checks of SM1", pcscf_checks.PROPOSED_CHECKS),
        _checks("Checks of SM7", pcscf_checks.ANSWERED_CHECKS),
        _checks("Checks of every protected message", access.ARRIVAL_CHECKS),
        _checks("Checks of a request other than REGISTER", checks.REQUEST_CHECKS),
        _integrity(),
        _outcomes(),
        _home(),
        *(_transaction(*each) for each in MACHINES),
    )


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "What happens next stands in these tables of the code, each row with its clause.",
        "A pair of state and trigger without a row is a mistake of the program itself (`IllegalStep`):",
        "a peer's mistake is [refused](refusals.md) before it becomes a trigger.",
    )


def _heading(title: str, module: Any) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    path = module.__name__.replace(".", "/")
    yield f"[{module.__name__.removeprefix('twopair.')}](../../src/{path}.py)"
    yield ""


def _words(member: Enum) -> str:
    """A member as one reads it: SEND_SM7 is `send SM7`."""
    return " ".join(word if word.startswith("SM") else word.lower() for word in member.name.split("_"))


def _all(members: Iterable[Enum]) -> str:
    return ", ".join(map(_words, members)) or ""


def _legend(head: str, members: Iterable[Enum]) -> Iterator[str]:
    yield from table((head, "meaning"), ((_words(member), str(member.value)) for member in members))


def _figure_1() -> Iterator[str]:
    yield from _heading("The four SAs of a set", inspect.getmodule(type(ARROWS[0])))
    yield from table(
        ("SA", "from", "to", "SPI, chosen by the receiver"),
        ((a.name, a.ports.src.value, a.ports.dst.value, f"spi_{a.spi_of.name.lower()}") for a in ARROWS),
    )


def _suites() -> Iterator[str]:
    yield from _heading("Algorithms", inspect.getmodule(type(next(iter(STATUS)))))
    yield from table(("suite, best first", "status"), ((code(s), status) for s, status in STATUS.items()))


def _life() -> Iterator[str]:
    yield from _heading("Life of an SA set", life)
    steps = [(a.value, t.value, b.value) for (a, t), (b, _) in life.TABLE.items()]
    yield from diagram(steps, life.Stage.TEMPORARY.value, life.Stage.DELETED.value)
    yield ""
    yield from table(
        ("stage", "trigger", "next", "clause"),
        ((a.value, t.value, b.value, clause) for (a, t), (b, clause) in life.TABLE.items()),
    )


def _set_events() -> Iterator[str]:
    yield from _heading("What an event at the P-CSCF does to the sets of a subscriber", pcscf_sets)
    places = list(pcscf_sets.Place)
    yield from table(
        ("event", "row of 24.229 §5.2.2.2", *(place.value for place in places)),
        (
            (_words(event), str(event.value or ""), *(_all(row.get(place, ())) for place in places))
            for event, row in pcscf_sets.EVENTS.items()
        ),
    )


def _attempt(title: str, module: Any, first: str, last: str) -> Iterator[str]:
    yield from _heading(title, module)
    rows = module.TABLE.items()
    yield from diagram(
        ((state.__name__, _words(step), row.state.__name__) for (state, step), row in rows), first, last
    )
    yield ""
    yield from table(
        ("state", "step", "next", "what is done", "clause"),
        (
            (state.__name__, _words(step), row.state.__name__, _all(row.do), row.clause)
            for (state, step), row in rows
        ),
    )
    for head, words in (("step", module.Step), ("what is done", module.Do)):
        yield ""
        yield from _legend(head, words)


def _refused(refusal: Refusal | None) -> str:
    return "taken" if refusal is None else code(refusal.name)


def _clear() -> Iterator[str]:
    yield from _heading("What the P-CSCF takes in the clear", access)
    yield from table(
        ("message", "from an address without SAs", "from an address with SAs"),
        (
            (kind.value, _refused(access.CLEAR[kind, False]), _refused(access.CLEAR[kind, True]))
            for kind in access.Kind
        ),
    )


def _protected() -> Iterator[str]:
    yield from _heading("What an SA set carries from the UE, by its stage", access)
    stages = [stage for stage in life.Stage if stage is not life.Stage.DELETED]
    yield from table(
        ("to", "message", *(stage.value for stage in stages)),
        (
            (name, kind.value, *("yes" if (door, kind, s) in access.PROTECTED else "no" for s in stages))
            for door, name in ((access.Door.SERVER, "port_ps"), (access.Door.CLIENT, "port_pc"))
            for kind in access.Kind
        ),
    )


def _checks(title: str, rows: Sequence[pcscf_checks.Check[Any]]) -> Iterator[str]:
    yield from _heading(title, inspect.getmodule(rows[-1].judge))
    yield "The first that fails decides."
    yield ""
    yield from table(
        ("requirement", "refused with", "clause"),
        ((row.requirement, _may_refuse(row), row.clause) for row in rows),
    )


def _may_refuse(row: pcscf_checks.Check[Any]) -> str:
    return ", ".join(map(code, _named(row.judge))) or "what was found when choosing"


def _named(judge: Callable[..., Any]) -> Iterator[str]:
    """The refusals that a check's code speaks of, or the functions it calls."""
    for name in judge.__code__.co_names:
        called = judge.__globals__.get(name)
        if name in Refusal.__members__:
            yield name
        elif isinstance(called, FunctionType) and called.__module__.startswith("twopair."):
            yield from _named(called)


def _integrity() -> Iterator[str]:
    yield from _heading("The integrity-protected parameter", pcscf_integrity)
    yield from table(
        ("the REGISTER came over", "and carries", "value", "clause"),
        (
            (bearer.value, answer.value, code(value), clause)
            for (bearer, answer), (value, clause) in pcscf_integrity.TABLE.items()
        ),
    )


def _outcomes() -> Iterator[str]:
    yield from _heading("What a 200 from the home network means", confirm)
    yield from table(
        ("the REGISTER came over", "sent on as", "meaning", "clause"),
        (
            (bearer.value, code(value), outcome.value, clause)
            for (bearer, value), (outcome, clause) in confirm.OUTCOMES.items()
        ),
    )


def _home() -> Iterator[str]:
    yield from _heading("What the S-CSCF does with a REGISTER", decisions)
    yield from table(
        ("integrity-protected", "Call-ID and nonce", "brings", "step", "clause"),
        (
            (
                code("yes") if safe else "anything else",
                relation.value,
                content.value,
                row.step.value,
                row.clause,
            )
            for (safe, relation, content), row in decisions.TABLE.items()
        ),
    )


def _transaction(module: Any, machine: Machine) -> Iterator[str]:
    yield from _heading(f"Transactions: {machine.name}", module)
    starts = next(iter(machine.table))
    rows = machine.table.items()
    yield from diagram(
        ((state.value, on.value, row.to.value) for (state, on), row in rows),
        starts[0].value,
        State.TERMINATED.value,
    )
    yield ""
    yield from table(
        ("state", "trigger", "next", "steps", "clause"),
        (
            (state.value, on.value, row.to.value, ", ".join(_step(does) for does in row.does), row.clause)
            for (state, on), row in rows
        ),
    )
    yield ""
    yield "These may come and change nothing:"
    yield ""
    yield from table(
        ("state", "trigger", "why"),
        ((state.value, on.value, why) for (state, on), why in machine.ignored.items()),
    )


def _step(does: Any) -> str:
    return str(does.__name__).replace("_", " ")
