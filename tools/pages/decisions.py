"""Tables that decide something from what is known: who may speak, what it means, what is done."""

from collections.abc import Iterator

from tools.pages.markdown import code, table
from tools.pages.words import heading

from twopair.base import Refusal
from twopair.core.registration import pcscf_integrity
from twopair.core.sa import life
from twopair.nodes.homenet import decisions
from twopair.nodes.pcscf.gm import access
from twopair.nodes.pcscf.register import confirm
from twopair.nodes.pcscf.relay import responses, ways


def refused(refusal: Refusal | None) -> str:
    """What becomes of a message."""
    return "taken" if refusal is None else code(refusal.name)


def clear() -> Iterator[str]:
    """By kind of message and what is known of its source (UNP-01)."""
    yield from heading("What the P-CSCF takes in the clear", access)
    yield from table(
        ("message", "from an address without SAs", "from an address with SAs"),
        (
            (kind.value, refused(access.CLEAR[kind, False]), refused(access.CLEAR[kind, True]))
            for kind in access.Kind
        ),
    )


def protected() -> Iterator[str]:
    """By own port, kind of message and stage of the set (SA-25, MGP-13)."""
    yield from heading("What an SA set carries from the UE, by its stage", access)
    stages = [stage for stage in life.Stage if stage is not life.Stage.DELETED]
    yield from table(
        ("to", "message", *(stage.value for stage in stages)),
        (
            (name, kind.value, *("yes" if (door, kind, s) in access.PROTECTED else "no" for s in stages))
            for door, name in ((access.Door.SERVER, "port_ps"), (access.Door.CLIENT, "port_pc"))
            for kind in access.Kind
        ),
    )


def integrity() -> Iterator[str]:
    """By what the REGISTER came over and what it answers (INT-02, INT-03)."""
    yield from heading("The integrity-protected parameter", pcscf_integrity)
    yield from table(
        ("the REGISTER came over", "and carries", "value", "clause"),
        (
            (bearer.value, answer.value, code(value), clause)
            for (bearer, answer), (value, clause) in pcscf_integrity.TABLE.items()
        ),
    )


def outcomes() -> Iterator[str]:
    """By what the REGISTER came over (UNP-03)."""
    yield from heading("What a 200 from the home network means", confirm)
    yield from table(
        ("the REGISTER came over", "sent on as", "meaning", "clause"),
        (
            (bearer.value, code(value), outcome.value, clause)
            for (bearer, value), (outcome, clause) in confirm.OUTCOMES.items()
        ),
    )


def home() -> Iterator[str]:
    """By protection, relation to the open challenge, and content (INT-05, INT-07)."""
    yield from heading("What the S-CSCF does with a REGISTER", decisions)
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


def onward() -> Iterator[str]:
    """By what was the trouble, in the order in which ways are looked for (PCS-24, PCS-26)."""
    yield from heading("Where a request to a UE goes on, and what the core is told", ways)
    yield from table(
        ("trouble", "next", "clause", "nothing left: INVITE", "any other request"),
        (
            (
                why.value,
                " Else: ".join((find.__doc__ or "").strip() for find, _ in rows) or "\u2013",
                "; ".join(clause for _, clause in rows) or "RFC 3261 §16.8, MSG-06",
                *(str(status or "\u2013") for status in reversed(responses.UNREACHED.get(why, (0, 0)))),
            )
            for why, rows in ways.ONWARD.items()
        ),
    )
