"""How much a P-CSCF has of everything, counted in portions so that signalling goes on between them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from twopair.base import Micros
from twopair.core.sa import Stage
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.tables import Tables

PORTION: Final = 500
"""Registrations that are counted at once: about half a millisecond."""

REGISTERED: Final = "registered"
AUTHENTICATING: Final = "authenticating"
ENDING: Final = "ending"
STATES: Final[Mapping[str, str]] = {
    REGISTERED: "requests are taken from it and for it (PCS-09)",
    AUTHENTICATING: "none of its SA sets is confirmed yet",
    ENDING: "its registration is over, its last SA set is not (TMR-03)",
}
"""States of a subscriber, and what they mean."""


class Tally(NamedTuple):
    """What there is.

    Args:
        subscribers: registrations, and attempts that have an SA set, by state.
        stages: SA sets by stage.
        transactions: SIP transactions.
        pending: REGISTER requests that the core has not answered.
        clear_streams: TCP connections in the clear.
        protected_streams: TCP connections inside SA sets.
    """

    subscribers: Mapping[str, int]
    stages: Mapping[Stage, int]
    transactions: int
    pending: int
    clear_streams: int
    protected_streams: int


def tally(tables: Tables, now: Micros, portion: int = PORTION) -> Iterator[Tally | None]:
    """None after each portion, and at last what there is."""
    subscribers = Counter(dict.fromkeys(STATES, 0))
    stages: Counter[Stage] = Counter({stage: 0 for stage in Stage if stage is not Stage.DELETED})
    for number, one in enumerate(tuple(tables.subscribers), 1):
        if one.sets:  # else it has ended since, or only asks the core
            subscribers[REGISTERED if now < one.expires_at else _other_state(one)] += 1
            for live in one.sets:
                stages[live.life.stage] += 1
        if number % portion == 0:
            yield None
    clear, streams = tables.streams.clear, len(tables.streams)
    yield Tally(subscribers, stages, len(tables.layer), tables.pending, clear, streams - clear)


def _other_state(one: Subscriber) -> str:
    return AUTHENTICATING if one.pending else ENDING
