"""What a REGISTER must satisfy before the P-CSCF forwards it: every check a row, with its clause.

A row's `judge` looks at the evidence and names the refusal, or finds nothing. The first finding
decides. Tests take rows out one by one and show what then succeeds wrongly.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from twopair.base import Impi, Refusal
from twopair.core.registration.pcscf import Challenge, Proposal
from twopair.core.secagree import (
    Choice,
    Offer,
    ServerList,
    Terms,
    keeps_server_port,
    same_agreement,
)

E = TypeVar("E")


class Check(NamedTuple, Generic[E]):
    """One check: its requirement, where it stands, and the judge of the evidence."""

    requirement: str
    clause: str
    judge: Callable[[E], Refusal | None]


def first_refusal(checks: Sequence[Check[E]], evidence: E) -> Refusal | None:
    """The refusal of the first check that fails, None if all hold."""
    for check in checks:
        refusal = check.judge(evidence)
        if refusal is not None:
            return refusal
    return None


class Hop:
    """How a REGISTER came, and who it says it is from.

    Args:
        vias: number of Via values.
        asks_agreement: whether Require names sec-agree.
        knows_agreement: whether Require, Proxy-Require or Supported does.
        source_is_via: whether the IP source is the address in the topmost Via (SA-24).
        impi: username of Authorization.
        owner: IMPI of the SA set it came over; of a clear one, what it says itself.
    """

    __slots__ = ("asks_agreement", "impi", "knows_agreement", "owner", "source_is_via", "vias")

    def __init__(
        self,
        vias: int,
        asks_agreement: bool,
        knows_agreement: bool,
        source_is_via: bool,
        impi: Impi,
        owner: Impi,
    ) -> None:
        self.vias: Final = vias
        self.asks_agreement: Final = asks_agreement
        self.knows_agreement: Final = knows_agreement
        self.source_is_via: Final = source_is_via
        self.impi: Final = impi
        self.owner: Final = owner


class Proposed:
    """Evidence on SM1, in the clear or over an established set.

    Args:
        hop: how it came.
        offer: Security-Client.
        choice: what was chosen from it, or why nothing was.
        answers_in_clear: whether it came in the clear and answers a challenge that is open (PCS-25).
        uc_taken: whether a live set has the UE's address and the client port it offers; over a set, another
            subscriber's (RRG-02).
        spis_taken: the same of the SPIs it offers.
        sets: live sets of the registration, without the temporary one that a new challenge removes.
        address_sets: the same for all IMPIs at the UE's address.
        most_sets: how many sets a registration may have, the new one included.
        most_address_sets: the same for an address.
        live_terms: the UE's SPIs and ports in its live sets; none for SM1 in the clear.
        verify: Security-Verify, one text per line.
        verify_lists: the Security-Server lists it may mirror; none for SM1 in the clear.
        verify_may_miss: whether Security-Verify may be left out (AGR-35).
        flow_full: whether it asks for one more registration than the IMPI may have (RFC 5626).
    """

    __slots__ = (
        "address_sets",
        "answers_in_clear",
        "choice",
        "flow_full",
        "hop",
        "live_terms",
        "most_address_sets",
        "most_sets",
        "offer",
        "sets",
        "spis_taken",
        "uc_taken",
        "verify",
        "verify_lists",
        "verify_may_miss",
    )

    def __init__(
        self,
        hop: Hop,
        offer: Offer,
        choice: Choice | Refusal,
        answers_in_clear: bool,
        uc_taken: bool,
        spis_taken: bool,
        sets: int,
        address_sets: int,
        most_sets: int,
        most_address_sets: int,
        live_terms: Sequence[Terms] = (),
        verify: Sequence[str] = (),
        verify_lists: Sequence[ServerList] = (),
        verify_may_miss: bool = False,
        flow_full: bool = False,
    ) -> None:
        self.hop: Final = hop
        self.offer: Final = offer
        self.choice: Final = choice
        self.answers_in_clear: Final = answers_in_clear
        self.uc_taken: Final = uc_taken
        self.spis_taken: Final = spis_taken
        self.sets: Final = sets
        self.address_sets: Final = address_sets
        self.most_sets: Final = most_sets
        self.most_address_sets: Final = most_address_sets
        self.live_terms: Final = live_terms
        self.verify: Final = verify
        self.verify_lists: Final = verify_lists
        self.verify_may_miss: Final = verify_may_miss
        self.flow_full: Final = flow_full


class Answered:
    """Evidence on SM7, over the temporary set."""

    __slots__ = ("challenge", "client", "hop", "proposal", "verify")

    def __init__(
        self,
        hop: Hop,
        proposal: Proposal,
        challenge: Challenge,
        verify: Sequence[str],
        client: Sequence[str],
    ) -> None:
        self.hop: Final = hop
        self.proposal: Final = proposal
        self.challenge: Final = challenge
        self.verify: Final = verify
        self.client: Final = client


def _first_hop(e: Proposed | Answered) -> Refusal | None:
    return Refusal.NOT_FIRST_HOP if e.hop.asks_agreement and e.hop.vias > 1 else None


def _source(e: Proposed | Answered) -> Refusal | None:
    return None if e.hop.source_is_via else Refusal.SOURCE_NOT_VIA


def _impi(e: Proposed | Answered) -> Refusal | None:
    return None if e.hop.impi == e.hop.owner else Refusal.IMPI_MISMATCH


def _choice(e: Proposed) -> Refusal | None:
    if not isinstance(e.choice, Refusal):
        return None
    unknown = e.choice is Refusal.SECURITY_CLIENT_MISSING and not e.hop.knows_agreement
    return Refusal.AGREEMENT_NOT_KNOWN if unknown else e.choice


def _outside(e: Proposed) -> Refusal | None:
    return Refusal.ANSWER_IN_CLEAR if e.answers_in_clear else None


def _server_port(e: Proposed) -> Refusal | None:
    kept = isinstance(e.choice, Refusal) or keeps_server_port(e.choice.terms, e.live_terms)
    return None if kept else Refusal.SERVER_PORT_CHANGED


def _agreed(e: Proposed) -> Refusal | None:
    if not e.verify_lists:
        return None
    if not e.verify:
        return None if e.verify_may_miss else Refusal.VERIFY_MISSING
    same = any(same_agreement(sent, e.verify) for sent in e.verify_lists)
    return None if same else Refusal.VERIFY_MISMATCH


def _spis(e: Proposed) -> Refusal | None:
    return Refusal.OFFER_INVALID if e.spis_taken else None


def _uc(e: Proposed) -> Refusal | None:
    return Refusal.PORT_COLLISION if e.uc_taken else None


def _flows(e: Proposed) -> Refusal | None:
    return Refusal.TOO_MANY_FLOWS if e.flow_full else None


def _count(e: Proposed) -> Refusal | None:
    full = e.sets >= e.most_sets or e.address_sets >= e.most_address_sets
    return Refusal.TOO_MANY_SETS if full else None


def _both(e: Answered) -> Refusal | None:
    if not e.verify:
        return Refusal.VERIFY_MISSING
    return None if e.client else Refusal.SECURITY_CLIENT_MISSING


def _verify(e: Answered) -> Refusal | None:
    same = not e.verify or same_agreement(e.challenge.server, e.verify)
    return None if same else Refusal.VERIFY_MISMATCH


def _client(e: Answered) -> Refusal | None:
    same = not e.client or same_agreement(e.proposal.offer, e.client)
    return None if same else Refusal.CLIENT_MISMATCH


PROPOSED_CHECKS: Final[tuple[Check[Proposed], ...]] = (
    Check("AGR-37", "RFC 3329 §2.3.1", _first_hop),
    Check("SA-24", "33.203 §7.1", _source),
    Check("AGR-34", "24.229 §5.2.2.2", _impi),
    Check("PCS-25", "33.203 §7.2, UNP-03", _outside),
    Check("AGR-35", "RFC 3329 §2.3.1; 24.229 §5.2.2.2, AGR-33", _agreed),
    Check("AGR-22", "33.203 §7.2; AGR-30, AGR-42, ERR-08", _choice),
    Check("RRG-01", "33.203 §7.4; RRG-04", _server_port),
    Check("SA-22", "33.203 §7.1", _uc),
    Check("SA-15", "33.203 §7.1", _spis),
    Check("MGU-09", "RFC 5626 §4.2; 24.229 §5.1.1.2.1", _flows),
    Check("MGP-04", "33.203 §7.1, SA-22", _count),
)
"""Of SM1. The address of an unprotected one is not checked: `received` repairs it (PCS-05).

Whether an offer over a set repeats the values of live ones is judged at the challenge (RRG-02).
"""

ANSWERED_CHECKS: Final[tuple[Check[Answered], ...]] = (
    Check("AGR-37", "RFC 3329 §2.3.1", _first_hop),
    Check("SA-24", "33.203 §7.1", _source),
    Check("AGR-34", "24.229 §5.2.2.2", _impi),
    Check("ERR-11", "24.229 §5.2.2.2, AGR-31", _both),
    Check("AGR-31 Security-Verify", "33.203 §7.2, §7.3.2.3; AGR-32", _verify),
    Check("AGR-31 Security-Client", "33.203 §7.2, §7.3.2.3; AGR-32; paper §3.2", _client),
)
"""Of SM7: both comparisons, since SM7 confirms only the ports and SPIs that it uses itself."""

TAMPERING: Final = frozenset(
    {
        Refusal.VERIFY_MISSING,
        Refusal.VERIFY_MISMATCH,
        Refusal.SECURITY_CLIENT_MISSING,
        Refusal.CLIENT_MISMATCH,
    }
)
"""Refusals of SM7 that end the attempt; the others leave the set as it is (ERR-10, ERR-19, ERR-22)."""
