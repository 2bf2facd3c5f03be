"""The rows of the table of causes that name a limit (`twopair.base.Limit`) and its key in pcscf.toml."""

from typing import Final

from twopair.base import Limit

ADVICE: Final[dict[Limit, str]] = {
    Limit.REGISTER_RATE: "See whether a flood comes in, or many UEs at once: they are told to come later. "
    "If there is room for more, raise it and its burst.",
    Limit.REGISTER_RATE_PER_SOURCE: "See what sends so often from there, the UE or somebody in its name; "
    "where many UEs share a /64, raise it and its burst.",
    Limit.PENDING_REGISTERS: "The core is slow or does not answer: look at the I-CSCF at core.registrar.",
    Limit.TEMPORARY_SETS: "Many UEs do not answer their challenges, or somebody asks in the name of others.",
    Limit.TEMPORARY_SETS_PER_SOURCE: "Several UEs there do not answer their challenges, or somebody asks in "
    "the name of others.",
    Limit.REGISTRATIONS_PER_SOURCE: "See how many UEs are there: each should have an address of its own.",
    Limit.CONNECTIONS: "See who holds connections in the clear; silent ones are closed after a while.",
    Limit.CONNECTIONS_PER_SOURCE: "See what opens so many connections there.",
    Limit.TRANSACTIONS: "See whether the core is slow, or a flood comes in; if there is memory, raise it.",
    Limit.SESSIONS: "See how many calls there are; if there is memory, raise it.",
    Limit.RESOLVING: "The name servers are slow or silent: look at core.nameservers, or at /etc/resolv.conf.",
    Limit.CLEAR_MESSAGE_OCTETS: "Look at what the UE sends; a REGISTER has no reason to be that large.",
}


def sentence(limit: Limit) -> str:
    """What is the matter."""
    return f"This P-CSCF was at its limit: {limit.words} (limits.{limit.word} of pcscf.toml)."
