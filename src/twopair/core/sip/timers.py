"""Durations of the transaction timers (RFC 3261 table 4; 24.229 §7.7, TMR-04)."""

from dataclasses import dataclass, field, replace
from typing import Final

from twopair.base import SECOND, Micros

TRYING_AFTER: Final = Micros(SECOND // 5)
"""An INVITE that its user has not answered by then is answered with 100 (RFC 3261 §17.2.1)."""


_NOT_AT_ALL: Final = Micros(0)


@dataclass(frozen=True, slots=True)
class Timers:
    """T1, T2 and T4 of one kind of link, in microseconds.

    Args:
        t1: estimate of the round trip; first retransmission after it.
        t2: longest time between retransmissions, but for INVITE requests.
        t4: longest time that a message stays in the network.
        again: timer J on a stream. RFC 3261 §17.2.2 has none; but an answer may be lost with its stream, and
            who sends the request once more on a new one is to get the same answer (MSG-06).
        reopen: after which time a new stream is tried once more in place of one that ended, where the peer
            refuses it; a peer that begins anew needs a moment. 0: a refusal is taken for an answer.
        insists: whether the first stream of a request is tried again as well, until timer B or F: the peer
            was there a moment ago, and over UDP the request would wait for it just as long.
    """

    t1: Micros
    t2: Micros
    t4: Micros
    again: Micros = _NOT_AT_ALL
    reopen: Micros = _NOT_AT_ALL
    insists: bool = False
    life: Micros = field(init=False)
    """64 * T1: timers B, D, F, H, J, L and M."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "life", Micros(64 * self.t1))


IN_CLEAR: Final = Timers(Micros(2 * SECOND), Micros(16 * SECOND), Micros(17 * SECOND))
"""Between UE and P-CSCF before there is a set (TMR-04); SM1 on a new connection is a new attempt."""

GM: Final = replace(IN_CLEAR, again=IN_CLEAR.t4)
"""Between UE and P-CSCF (TMR-04)."""

OF_THE_UE: Final = replace(GM, reopen=Micros(SECOND))
"""The same, of a UE: it has one P-CSCF, and nowhere else to go."""

OVER_ITS_SETS: Final = replace(OF_THE_UE, insists=True)
"""The same over an SA set: a P-CSCF that refuses there has the set, and is starting (MGP-14)."""

CORE: Final = Timers(Micros(SECOND // 2), Micros(4 * SECOND), Micros(5 * SECOND))
"""Between network elements (TMR-04)."""
