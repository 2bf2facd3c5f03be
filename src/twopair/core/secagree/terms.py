"""Drawing SPIs and ports, and judging those of the other end (33.203 §7.1, §7.4)."""

from collections.abc import Callable, Collection, Container, Sequence
from typing import Final, NamedTuple

from twopair.base import Entropy, Port, Spi
from twopair.core.secagree.lists import FIRST_SPI, LAST_SPI, Terms


class Share(NamedTuple):
    """Which SPIs a node draws where several share one SAD: those that leave `number` when divided by `of`.

    Args:
        number: from 0 on.
        of: how many nodes there are.
    """

    number: int = 0
    of: int = 1


ALL: Final = Share()
"""Of a node that has a SAD of its own."""


def draw_spis(entropy: Entropy, taken: Container[int], share: Share = ALL) -> tuple[Spi, Spi]:
    """Two random SPIs that differ from each other and are not `taken` (SA-15, SA-16, SA-17).

    Args:
        entropy: where they come from.
        taken: SPIs of all SAs of this node, inbound and outbound; at the P-CSCF also the two the UE offered.
        share: of the node.
    """
    first = _draw_spi(entropy, taken, 0, share)
    return first, _draw_spi(entropy, taken, first, share)


def _draw_spi(entropy: Entropy, taken: Container[int], other: int, share: Share) -> Spi:
    number, of = share
    lowest = FIRST_SPI + (number - FIRST_SPI) % of
    while True:
        spi = lowest + of * entropy.below((LAST_SPI - lowest) // of + 1)
        if spi != other and spi not in taken:
            return Spi(spi)


def draw_port(entropy: Entropy, ports: range, taken: Collection[int]) -> Port | None:
    """A random port of a range that is not `taken`; None if all are (SA-20, SA-27)."""
    start = entropy.below(len(ports))
    for step in range(len(ports)):
        port = ports[(start + step) % len(ports)]
        if port not in taken:
            return Port(port)
    return None


class ServerTerms(NamedTuple):
    """Evidence on the terms of Security-Server; see `server_terms_fault`."""

    terms: Terms
    own_spis: Container[int]
    current_ps: Port | None
    live_pc: Container[int]


class TermsRule(NamedTuple):
    """One reason why terms cannot be used: requirement, words for people, and how it is told."""

    requirement: str
    words: str
    broken: Callable[[ServerTerms], bool]


SERVER_TERMS_RULES: Final[tuple[TermsRule, ...]] = (
    TermsRule("AGR-41", "unusable SPIs or ports", lambda e: not e.terms.usable),
    TermsRule(
        "SA-15",
        "an SPI that is already in use",
        lambda e: e.terms.spi_c in e.own_spis or e.terms.spi_s in e.own_spis,
    ),
    TermsRule(
        "RRG-01",
        "another server port than before",
        lambda e: e.current_ps is not None and e.terms.port_s != e.current_ps,
    ),
    TermsRule("RRG-03", "a client port that is already in use", lambda e: e.terms.port_c in e.live_pc),
)
"""Of Security-Server, at the UE (33.203 §7.1, §7.4)."""


def server_terms_fault(
    terms: Terms,
    *,
    own_spis: Container[int],
    current_ps: Port | None = None,
    live_pc: Container[int] = (),
    rules: Sequence[TermsRule] = SERVER_TERMS_RULES,
) -> str:
    """Why the UE cannot use these terms of a P-CSCF, in words; empty if it can (AGR-41, SA-15, SA-16, SA-20).

    Args:
        terms: SPIs and ports of Security-Server.
        own_spis: SPIs of all SAs of the UE, and the two it has just offered.
        current_ps: protected server port of the established set, None in an initial registration (RRG-01).
        live_pc: protected client ports of the P-CSCF that a new set must not have (RRG-02, RRG-03).
        rules: what is looked at.
    """
    evidence = ServerTerms(terms, own_spis, current_ps, live_pc)
    return next((rule.words for rule in rules if rule.broken(evidence)), "")


def keeps_server_port(terms: Terms, live: Collection[Terms]) -> bool:
    """Whether a protected REGISTER offers the server port of the UE's live sets (RRG-01, RRG-04)."""
    return all(terms.port_s == old.port_s for old in live)


def repeats(terms: Terms, old: Terms) -> bool:
    """Whether terms repeat the client port or an SPI of a live set: no second set can have them (RRG-02)."""
    spis = (old.spi_c, old.spi_s)
    return terms.port_c == old.port_c or terms.spi_c in spis or terms.spi_s in spis
