"""Header fields by direction: what the P-CSCF takes out, puts in and rewrites (24.229 §5.2; PCS-)."""

from collections.abc import Sequence
from typing import Final

from twopair.base import WireError
from twopair.core.secagree.strip import OPTION_TAG, strip_sec_agree
from twopair.wire.sip import Message, Request, Response, split_list

NOT_FROM_UE: Final = frozenset(
    {
        "p-asserted-identity",
        "p-asserted-service",
        "p-associated-uri",
        "p-called-party-id",
        "p-charging-function-addresses",
        "p-charging-vector",
        "p-preferred-identity",
        "p-profile-key",
        "p-served-user",
        "p-user-database",
        "p-visited-network-id",
        "security-client",
        "security-server",
        "security-verify",
    }
)
"""Never believed of a UE, or said to us alone (24.229 §5.2.2.1, §5.2.6.3; PCS-03, PCS-10, PCS-17, PCS-21)."""

NOT_FROM_UE_NOR_REQUIRED: Final = NOT_FROM_UE | {"require", "proxy-require"}

FOR_UE: Final = frozenset({"p-associated-uri", "p-asserted-identity", "p-called-party-id", "p-early-media"})
"""The only P- header fields that leave the trust domain towards a UE (RFC 7315 §6; PCS-21; RFC 5009 §8)."""

AGREEMENT: Final = frozenset({"security-client", "security-verify", "security-server"})
"""Belongs to one hop and is never forwarded (PCS-17)."""

MAX_FORWARDS: Final = 70
DIALOG_METHODS: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})
"""Requests that may make a dialog, and so get a Record-Route (PCS-12)."""


def clean_from_ue(message: Message) -> None:
    """Take out what a UE may not say to the core: agreement, assertions, the network's access information."""
    names = message.names()
    if "p-access-network-info" in names:
        _drop_network_provided(message)
    if names.count("require") == 1 == names.count("proxy-require") and (
        message.get("Require") == OPTION_TAG == message.get("Proxy-Require")
    ):
        message.remove_all(NOT_FROM_UE_NOR_REQUIRED)  # the usual case, in one pass
        return
    strip_sec_agree(message)
    message.remove_all(NOT_FROM_UE)


def clean_for_ue(message: Message) -> None:
    """Take out what is the network's own business, and Security-* of others (PCS-13, PCS-17, PCS-21)."""
    for name in dict.fromkeys(message.names()):
        if (name[:2] == "p-" and name not in FOR_UE) or name in AGREEMENT:
            message.remove(name)


def _drop_network_provided(message: Message) -> None:
    """P-Access-Network-Info values with ``np`` are the network's to give (PCS-04)."""
    lines = message.get_all("P-Access-Network-Info")
    if not any("np" in line.lower() for line in lines):
        return
    values = [value for line in lines for value in split_list(line)]
    kept = [v for v in values if "np" not in [p.strip().lower() for p in v.split(";")]]
    if len(kept) != len(values):
        message.remove("P-Access-Network-Info")
        for value in kept:
            message.add("P-Access-Network-Info", value)


def hops_left(request: Request) -> int:
    """Max-Forwards, 70 where it is missing (RFC 3261 §16.3).

    Raises:
        WireError: it is no number.
    """
    text = request.get("Max-Forwards")
    if text is None:
        return MAX_FORWARDS
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise WireError("Max-Forwards is no number", 0, "RFC 3261 §20.22")
    return int(text)


def in_dialog(request: Request) -> bool:
    """Whether the request belongs to a dialog: its To has a tag (RFC 3261 §12.2)."""
    to = request.get("To") or ""
    return "tag=" in to.rpartition(">")[2].lower()


def demand(request: Request, tag: str) -> None:
    """Add an option tag to Require (PCS-01)."""
    tags = request.values("Require")
    if tag not in (t.lower() for t in tags):
        request.set("Require", ", ".join([*tags, tag]))


def replace_all(message: Message, name: str, values: Sequence[str]) -> None:
    """Have these lines (at least one) of that name and no others, at the place of the first."""
    message.set(name, values[-1])
    for value in reversed(values[:-1]):
        message.push(name, value)


def rewrite_record_route(response: Response, old: str, new: str) -> None:
    """Our own entry as the other side is to see it (24.229 §5.2.6.4; PCS-12)."""
    routes = response.get_all("Record-Route")
    if routes:
        replace_all(response, "Record-Route", [route.replace(old, new) for route in routes])


def uri_of(value: str | None) -> str:
    """The URI of an address, empty where there is none to be read (PCS-10: what is no identity of a user)."""
    if not value:
        return ""
    start = value.find("<") + 1
    if start and (end := value.find(">", start)) > 0:
        return value[start:end].strip()
    return value.partition(";")[0].strip()
