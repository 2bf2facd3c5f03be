"""Taking the agreement out of a request before it goes on (RFC 3329 §2.3.1; AGR-36, PCS-17)."""

from typing import Final

from twopair.wire.sip import Message

OPTION_TAG = "sec-agree"
AGREEMENT = frozenset({"security-client", "security-verify"})

_AS_NEARLY_ALL: Final = {name: f"{name}: {OPTION_TAG}" for name in ("Require", "Proxy-Require", "Supported")}


def asks_only_agreement(message: Message, name: str) -> bool:
    """Whether the first line of Require or the like has sec-agree and nothing else."""
    return message.line(name) == _AS_NEARLY_ALL[name] or message.get(name) == OPTION_TAG


def strip_sec_agree(message: Message) -> None:
    """Remove Security-Client, Security-Verify, and sec-agree from Require and Proxy-Require, in place.

    Other option tags stay; a header field that becomes empty goes.
    """
    message.remove_all(AGREEMENT)
    for name in ("Require", "Proxy-Require"):
        first = message.get(name)
        if first is None:
            continue
        if first == OPTION_TAG and message.names().count(name.lower()) == 1:
            message.remove(name)  # the usual case, without a list
            continue
        tags = message.values(name)
        kept = [tag for tag in tags if tag.lower() != OPTION_TAG]
        if not kept:
            message.remove(name)
        elif len(kept) != len(tags):
            message.set(name, ", ".join(kept))
