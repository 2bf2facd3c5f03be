"""Trust domain: header fields that only the network may say, or hear (24.229 §4.4; PCS-04, PCS-21, PCS-28).

One row each, for requests and responses alike, REGISTER included: what the P-CSCF does with the field of a UE
and with that for a UE, and what the home network does at its border with a network that it does not trust.
A field without a row passes, but for two kinds that are the network's own business towards a UE whatever
they say: unknown P- header fields (RFC 3427 §4.1 gives the prefix to such extensions), and `HOP`.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from twopair.wire.sip import Message, split_list, without_quoted


class Passing(Enum):
    """What becomes of a header field at the edge of the trust domain."""

    PASSES = "passes"
    REMOVED = "removed"
    ANEW = "removed; the P-CSCF says it anew"
    NOT_PROVIDED = "values that claim `network-provided` are removed"
    NOT_PRIVATE = "removed where the user wants `Privacy: id`"


class Row(NamedTuple):
    """One header field.

    Args:
        name: as the registry spells it.
        from_ue: what the P-CSCF does with it from a UE.
        to_ue: the same towards a UE.
        enters: what the home network does with it from networks that it does not trust.
        leaves: the same towards them.
        clause: what says so.
        read: False where the clause itself was not at hand, and the row follows what the field is for.
    """

    name: str
    from_ue: Passing
    to_ue: Passing
    enters: Passing
    leaves: Passing
    clause: str
    read: bool = True


_PASSES, _REMOVED, _ANEW = Passing.PASSES, Passing.REMOVED, Passing.ANEW
_PROVIDED, _PRIVATE = Passing.NOT_PROVIDED, Passing.NOT_PRIVATE


def _inside(name: str, clause: str, *, read: bool = True) -> Row:
    """A field that stays in the trust domain."""
    return Row(name, _REMOVED, _REMOVED, _REMOVED, _REMOVED, clause, read)


TRUST: Final = (
    Row("Additional-Identity", _PASSES, _PASSES, _REMOVED, _REMOVED, "24.174 §A.2, §A.3: UE and AS tell it"),
    _inside("Attestation-Info", "24.229 §4.4", read=False),
    Row("Cellular-Network-Info", _PASSES, _REMOVED, _REMOVED, _REMOVED, "24.229 §4.4: UEs may say it", False),
    Row("Feature-Caps", _REMOVED, _PASSES, _REMOVED, _REMOVED, "24.229 §4.4; RFC 6809 §4: for UEs", False),
    _inside("Origination-Id", "24.229 §4.4", read=False),
    Row("P-Access-Network-Info", _PROVIDED, _REMOVED, _REMOVED, _REMOVED, "24.229 §4.4; RFC 7315 §5.4, §6.4"),
    Row("P-Asserted-Identity", _ANEW, _PRIVATE, _REMOVED, _PRIVATE, "RFC 3325 §5, §7; 24.229 §5.2.6.3"),
    Row("P-Asserted-Service", _REMOVED, _REMOVED, _REMOVED, _PRIVATE, "RFC 6050 §4"),
    Row("P-Associated-URI", _REMOVED, _PASSES, _REMOVED, _REMOVED, "RFC 7315 §4.1, §6.1"),
    Row("P-Called-Party-ID", _REMOVED, _PASSES, _REMOVED, _REMOVED, "RFC 7315 §4.2, §6.2"),
    _inside("P-Charging-Function-Addresses", "RFC 7315 §4.5, §6.5"),
    Row("P-Charging-Vector", _ANEW, _REMOVED, _REMOVED, _REMOVED, "RFC 7315 §4.6, §6.6"),
    Row("P-Early-Media", _PASSES, _PASSES, _PASSES, _PASSES, "RFC 5009 §8"),
    Row("P-Preferred-Identity", _REMOVED, _REMOVED, _PASSES, _PASSES, "RFC 3325 §9.2; 24.229 §5.2.6.3"),
    Row("P-Preferred-Service", _PASSES, _REMOVED, _PASSES, _PASSES, "RFC 6050 §4"),
    _inside("P-Private-Network-Indication", "RFC 7316; 24.229 §4.4", read=False),
    _inside("P-Profile-Key", "RFC 5002 §5"),
    _inside("P-Refused-URI-List", "RFC 5318", read=False),
    _inside("P-Served-User", "RFC 5502 §5"),
    _inside("P-User-Database", "RFC 4457 §5"),
    _inside("P-Visited-Network-ID", "RFC 7315 §4.3, §6.3"),
    _inside("Priority-Share", "24.229 §4.4", read=False),
    _inside("Relayed-Charge", "24.229 §4.4", read=False),
    _inside("Resource-Share", "24.229 §7.2.13: P-CSCF and AS tell it"),
    _inside("Response-Source", "24.229 §4.4", read=False),
    _inside("Restoration-Info", "24.229 §4.4, §7.2.11: proxies tell it"),
    _inside("Service-Interact-Info", "24.229 §4.4", read=False),
)
"""Every header field that does not pass both ways, and P-Early-Media, which does."""

HOP: Final = frozenset({"security-client", "security-verify", "security-server"})
"""Of the agreement: belongs to one hop and is never forwarded (RFC 3329 §2; PCS-17)."""

_GONE: Final = (_REMOVED, _ANEW)


def _names(column: str) -> frozenset[str]:
    return frozenset(row.name.lower() for row in TRUST if getattr(row, column) in _GONE)


FROM_UE: Final = _names("from_ue") | HOP
"""Never believed of a UE, or said to the P-CSCF alone."""

ENTERS: Final = _names("enters")
LEAVES: Final = _names("leaves")
_FOR_UE_TO_SEE: Final = frozenset(row.name.lower() for row in TRUST) - _names("to_ue")
_NOT_TO_UE: Final = _names("to_ue") | HOP
_PRIVATE_TO_UE: Final = frozenset(row.name.lower() for row in TRUST if row.to_ue is _PRIVATE)
_PRIVATE_OUTSIDE: Final = frozenset(row.name.lower() for row in TRUST if row.leaves is _PRIVATE)

ACCESS: Final = "p-access-network-info"


def _any_case(word: str) -> str:
    """A word in any case; an expression with IGNORECASE would try every character, not every semicolon."""
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word)


_CLAIMED: Final = re.compile(
    rf";[ \t]*(?:{_any_case('network-provided')}|{_any_case('np')})(?![\w.!%*+`'~-])", re.ASCII
)


@lru_cache(maxsize=256)  # most messages have their headers in one of a few orders
def kept_from_ue(names: tuple[str, ...]) -> frozenset[str]:
    """Those names that are the network's own business; no others of the trust domain reach a UE."""
    return frozenset(
        name for name in names if name in _NOT_TO_UE or (name.startswith("p-") and name not in _FOR_UE_TO_SEE)
    )


def not_for_ue(message: Message) -> frozenset[str]:
    """Names of which no line of this message may reach a UE."""
    names = message.names()
    kept = kept_from_ue(names)
    return kept | _PRIVATE_TO_UE if "privacy" in names and wants_privacy(message) else kept


def not_outside(message: Message) -> frozenset[str]:
    """Names of which no line of this message may reach a network that is not trusted."""
    return LEAVES | _PRIVATE_OUTSIDE if wants_privacy(message) else LEAVES


def wants_privacy(message: Message) -> bool:
    """Whether the identity of who sent it is for the trust domain alone (RFC 3325 §7, RFC 3323 §4.2).

    Values part at semicolons; commas, which some write, do no harm.
    """
    wanted = message.values("Privacy")
    return any(value.strip().lower() == "id" for line in wanted for value in line.split(";"))


def drop_provided(message: Message) -> None:
    """Take out P-Access-Network-Info values that only the network may give (RFC 7315 §5.4; PCS-04).

    The parameter is ``network-provided``; ``np``, the name of its rule, is written in its place too. A quoted
    string may contain either word. Lines without such a value stay as they are.
    """
    line = message.line(ACCESS)
    if ACCESS in message.once() and "\n" not in line and not _CLAIMED.search(line):  # as nearly always
        return
    lines = message.get_all(ACCESS)
    for line in lines:
        if _CLAIMED.search(line):
            break
    else:
        return
    kept = [own for line in lines if (own := _without_claims(line))]
    if not kept:
        message.remove(ACCESS)
        return
    message.set(ACCESS, kept[-1])
    for own in reversed(kept[:-1]):
        message.push(ACCESS, own)


def _without_claims(line: str) -> str:
    values = split_list(line)
    own = [value for value in values if not _CLAIMED.search(without_quoted(value))]
    return line if own == values else ", ".join(own)
