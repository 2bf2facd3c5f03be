"""Tables that lead from state to state, each with its diagram."""

from collections.abc import Iterator
from typing import Any

from tools.pages.diagrams import diagram
from tools.pages.markdown import table
from tools.pages.words import heading, in_words, legend, listed

from twopair.core.registration import flows, pcscf_sets
from twopair.core.sa import life
from twopair.core.sip.terms import Machine, State
from twopair.core.subscription import subscriber, subscription_state
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import call, session


def life_of_a_set() -> Iterator[str]:
    """The stages of an SA set."""
    yield from heading("Life of an SA set", life)
    steps = [(a.value, t.value, b.value) for (a, t), (b, _) in life.TABLE.items()]
    yield from diagram(steps, life.Stage.TEMPORARY.value, life.Stage.DELETED.value)
    yield ""
    yield from table(
        ("stage", "trigger", "next", "clause"),
        ((a.value, t.value, b.value, clause) for (a, t), (b, clause) in life.TABLE.items()),
    )


def set_events() -> Iterator[str]:
    """The event table of 24.229 §5.2.2.2: what becomes of each set."""
    yield from heading("What an event at the P-CSCF does to the sets of a subscriber", pcscf_sets)
    places = list(pcscf_sets.Place)
    yield from table(
        ("event", "row of 24.229 §5.2.2.2", *(place.value for place in places)),
        (
            (in_words(event), str(event.value or ""), *(listed(row.get(place, ())) for place in places))
            for event, row in pcscf_sets.EVENTS.items()
        ),
    )


def registrations() -> Iterator[str]:
    """Which registrations of one IMPI stand beside each other."""
    yield from heading("What a new registration replaces", flows)
    yield from table(
        ("new", "stood before", "of that goes", "clause"),
        (
            (in_words(new), in_words(stood), in_words(whose), clause)
            for (new, stood), (whose, clause) in flows.GIVES_WAY.items()
        ),
    )
    for head, words in (("registration", flows.Kind), ("goes", flows.Whose)):
        yield ""
        yield from legend(head, words)


def attempt(title: str, module: Any, first: str, last: str) -> Iterator[str]:
    """One authentication at one end; `module` has TABLE, Step and Do."""
    yield from heading(title, module)
    rows = module.TABLE.items()
    yield from diagram(
        ((state.__name__, in_words(step), row.state.__name__) for (state, step), row in rows), first, last
    )
    yield ""
    yield from table(
        ("state", "step", "next", "what is done", "clause"),
        (
            (state.__name__, in_words(step), row.state.__name__, listed(row.do), row.clause)
            for (state, step), row in rows
        ),
    )
    for head, words in (("step", module.Step), ("what is done", module.Do)):
        yield ""
        yield from legend(head, words)


def transaction(module: Any, machine: Machine) -> Iterator[str]:
    """One of the four tables of RFC 3261 §17."""
    yield from heading(f"Transactions: {machine.name}", module)
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


def sessions() -> Iterator[str]:
    """A session timer at the UE."""
    yield from heading("The session timer of a call", session)
    rows = session.TABLE.items()
    first, last = session.State.IDLE, session.State.OVER
    yield from diagram(
        ((a.name.lower(), in_words(on), b.name.lower()) for (a, on), (b, _) in rows),
        first.name.lower(),
        last.name.lower(),
    )
    yield ""
    yield from table(
        ("state", "trigger", "next", "clause"),
        ((a.value, on.value, b.value, clause) for (a, on), (b, clause) in rows),
    )


def calls() -> Iterator[str]:
    """A call at the UE."""
    yield from heading("A call at the UE", call)
    rows = call.TABLE.items()
    first, last = CallStage.CALLING, CallStage.ENDED
    yield from diagram(
        ((a.value, in_words(on), b.value) for (a, on), (b, _) in rows), first.value, last.value
    )
    yield ""
    yield from table(
        ("stage", "trigger", "next", "clause"),
        ((a.value, on.value, b.value, clause) for (a, on), (b, clause) in rows),
    )


def subscriptions() -> Iterator[str]:
    """A subscription at the subscriber, and what follows its end."""
    yield from heading("A subscription at the subscriber", subscriber)
    rows = subscriber.TABLE.items()
    yield from diagram(
        ((a.name.lower(), in_words(on), b.name.lower()) for (a, on), (b, _) in rows),
        subscriber.Phase.NONE.name.lower(),
        subscriber.Phase.NONE.name.lower(),
    )
    yield ""
    yield from table(
        ("phase", "trigger", "next", "clause"),
        ((a.value, on.value, b.value, clause) for (a, on), (b, clause) in rows),
    )
    yield from heading("What follows the end of a subscription", subscription_state)
    after = subscription_state.AFTER_REASON.items()
    yield from table(("reason", "then"), ((reason or "none", then.value) for reason, then in after))
