"""The tables of checks that one P-CSCF works by, put together, so that a test can leave a row out.

A service has `RULES`. There is no way from a configuration file to any other: `Rules` is an argument of
`Pcscf` that only tests, the simulator's mutants and the attack suite give.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self

from twopair.base import Impu, Refusal
from twopair.core.registration.flows import RegFlow, takes_place_of
from twopair.core.registration.pcscf_checks import (
    ANSWERED_CHECKS,
    PROPOSED_CHECKS,
    Answered,
    Check,
    Proposed,
)
from twopair.core.sa import SaSetLife, Stage
from twopair.nodes.pcscf.gm.access import ARRIVAL_CHECKS, CLEAR, Arrival, Kind
from twopair.nodes.pcscf.gm.load import Load
from twopair.nodes.pcscf.gm.sets import LiveSet, SaTable
from twopair.nodes.pcscf.gm.spis import SPI_RULES, SpiRule
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.exchange import Naming
from twopair.nodes.pcscf.relay.checks import REQUEST_CHECKS, Asked
from twopair.wire.sip import Credentials

TABLES: Final = ("proposed", "answered", "request", "arrival", "spi")
"""The fields of `Rules` that are tables of rows with a requirement each."""


def vouch(credentials: Credentials, integrity: str) -> Credentials:
    """Authorization for the core: our word on integrity in place of any other (INT-01, AKA-31)."""
    return credentials.without("ik", "ck").with_quoted("integrity-protected", integrity)


def own_identity(uri: str, subscriber: Subscriber) -> Impu | None:
    """What is asserted where a UE prefers an identity: one of its own, as it was registered (PCS-10)."""
    return subscriber.identity(uri)


def gives_way(live: LiveSet) -> bool:
    """Whether a set goes when a new challenge comes: what an unfinished procedure has left (MGP-05)."""
    return live.life.stage is Stage.TEMPORARY


def vouches(live: LiveSet, subscriber: Subscriber | None) -> bool:
    """Whether a set vouches for a REGISTER about that registration: its own, authenticated last (INT-02)."""
    return live.owner is subscriber and live.owner.latest is live


class Rules(NamedTuple):
    """What a P-CSCF checks, removes and decides, by requirement.

    Args:
        proposed: checks of SM1.
        answered: checks of SM7.
        request: checks of other requests.
        arrival: checks of every protected message.
        spi: reasons to draw another SPI.
        clear: what may come in the clear (UNP-01).
        secrets: parameters that never leave towards a UE (AKA-31).
        vouch: what the core is told of integrity (INT-01).
        asserts: the identity that a preferred one stands for, None for the default (PCS-10).
        vouches: whether the set it came over vouches for a REGISTER that answers no challenge (INT-02).
        gives_way: whether a set goes at a new challenge (MGP-05).
        naming: which registration of its IMPI a REGISTER is about (MGU-09, PCS-18).
        takes_place_of: whether a new registration of an IMPI ends another (MGU-09).
        life: stages and lifetime of a set (TMR-03).
        table: finds the set of a flow (SA-25).
        load: what is let in, and what there is room for.
    """

    proposed: tuple[Check[Proposed], ...] = PROPOSED_CHECKS
    answered: tuple[Check[Answered], ...] = ANSWERED_CHECKS
    request: tuple[Check[Asked], ...] = REQUEST_CHECKS
    arrival: tuple[Check[Arrival], ...] = ARRIVAL_CHECKS
    spi: tuple[SpiRule, ...] = SPI_RULES
    clear: Mapping[tuple[Kind, bool], Refusal | None] = CLEAR
    secrets: tuple[str, ...] = ("ik", "ck")
    vouch: Callable[[Credentials, str], Credentials] = vouch
    asserts: Callable[[str, Subscriber], Impu | None] = own_identity
    vouches: Callable[[LiveSet, Subscriber | None], bool] = vouches
    gives_way: Callable[[LiveSet], bool] = gives_way
    naming: Naming = RegFlow.asked
    takes_place_of: Callable[[RegFlow, RegFlow], bool] = takes_place_of
    life: type[SaSetLife] = SaSetLife
    table: type[SaTable] = SaTable
    load: type[Load] = Load

    def without(self, *requirements: str) -> Self:
        """The same without the rows of these requirements, in whichever tables they stand.

        Raises:
            ValueError: no table has such a row.
        """
        there_are = {row.requirement for name in TABLES for row in getattr(self, name)}
        unknown = set(requirements) - there_are
        if unknown:
            raise ValueError(f"no check is called {', '.join(sorted(unknown))}")
        kept: dict[str, Any] = {
            name: tuple(row for row in getattr(self, name) if row.requirement not in requirements)
            for name in TABLES
        }
        return self._replace(**kept)


RULES: Final = Rules()
"""All of them: what every service works by."""
