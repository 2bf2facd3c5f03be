"""Security agreement: offer, choice, verification (RFC 3329; 33.203 Annex H)."""

from twopair.core.secagree.choice import Choice, choose_at_pcscf, choose_at_ue
from twopair.core.secagree.lists import Entry, Offer, SecurityList, ServerList, Terms
from twopair.core.secagree.mechanism import Mechanism
from twopair.core.secagree.policy import Confidentiality, Policy, allowed_suites
from twopair.core.secagree.strip import strip_sec_agree
from twopair.core.secagree.terms import (
    ALL,
    SERVER_TERMS_RULES,
    Share,
    TermsRule,
    draw_port,
    draw_spis,
    keeps_server_port,
    repeats,
    server_terms_fault,
)
from twopair.core.secagree.verify import same_agreement

__all__ = [
    "ALL",
    "SERVER_TERMS_RULES",
    "Choice",
    "Confidentiality",
    "Entry",
    "Mechanism",
    "Offer",
    "Policy",
    "SecurityList",
    "ServerList",
    "Share",
    "Terms",
    "TermsRule",
    "allowed_suites",
    "choose_at_pcscf",
    "choose_at_ue",
    "draw_port",
    "draw_spis",
    "keeps_server_port",
    "repeats",
    "same_agreement",
    "server_terms_fault",
    "strip_sec_agree",
]
