"""Choosing one combination, at either end, so that both find the same (33.203 §7.2; AGR-22)."""

from collections.abc import Collection
from typing import NamedTuple

from twopair.base import Refusal, Suite
from twopair.core.secagree.lists import Offer, ServerList, Terms
from twopair.core.secagree.policy import Policy


class Choice(NamedTuple):
    """What an SA set is made of: the algorithms, and the SPIs and ports of the other end."""

    suite: Suite
    terms: Terms


def choose_at_pcscf(offer: Offer, policy: Policy) -> Choice | Refusal:
    """The first combination of the P-CSCF's own list that the UE offered (AGR-22, AGR-23, AGR-42, ERR-08)."""
    if not offer.lines:
        return Refusal.SECURITY_CLIENT_MISSING
    terms = offer.terms
    if terms is None:
        return Refusal.OFFER_INVALID if offer.entries or offer.spoiled else Refusal.NO_COMMON_ALGORITHM
    offered = [entry.suite for entry in offer.entries]
    for suite in policy.priority:
        if suite in offered:
            return Choice(suite, terms)
    unrestricted = Policy(policy.suites, legacy=policy.legacy).priority
    if any(suite in offered for suite in unrestricted if suite.ealg == "null"):
        return Refusal.CONFIDENTIALITY_REQUIRED
    return Refusal.NO_COMMON_ALGORITHM


def choose_at_ue(server: ServerList, offered: Collection[Suite]) -> Choice | Refusal:
    """The first combination of the received list that the UE offered (AGR-22, AGR-40, AKA-25).

    The list is taken by q, highest first, ties in order of appearance.
    """
    if not server.complete:
        return Refusal.SECURITY_SERVER_MISSING
    terms = server.terms
    if terms is None:
        return Refusal.SECURITY_SERVER_UNACCEPTABLE
    for entry in sorted(server.entries, key=lambda entry: -entry.q):
        if entry.suite in offered:
            return Choice(entry.suite, terms)
    return Refusal.SECURITY_SERVER_UNACCEPTABLE
