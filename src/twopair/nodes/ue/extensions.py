"""Extensions of SIP that the UE has, by option tag (RFC 3261 §8.2.2.3, §19.2)."""

from typing import Final

from twopair.nodes.ue.config import UeConfig
from twopair.wire.sip import Request, Response, tags_beyond

WITH_PRECONDITIONS: Final[dict[str, str]] = {"100rel": "RFC 3262", "precondition": "RFC 3312"}
"""Those that it has where it is configured so."""

EXTENSIONS: Final[dict[str, str]] = {"sec-agree": "RFC 3329 §2.3", "timer": "RFC 4028"}
"""Option tags that a peer may require of the UE, with where they come from."""

ALLOW: Final = "MESSAGE, OPTIONS, INVITE, ACK, CANCEL, BYE, UPDATE, PRACK"
"""Methods that the UE serves."""

ABLE: Final = (("Allow", ALLOW), ("Supported", "timer"))
"""What the UE can do, for whoever shares a dialog with it; sec-agree goes hop by hop (AGR-20)."""


ABLE_OF_PRECONDITIONS: Final = (("Allow", ALLOW), ("Supported", "timer, 100rel, precondition"))


def able(config: UeConfig) -> tuple[tuple[str, str], ...]:
    """What this UE can do."""
    return ABLE_OF_PRECONDITIONS if config.preconditions else ABLE


def unknown_in(request: Request, config: UeConfig) -> str:
    """The tags of Require that the UE does not have, as Unsupported lists them.

    Never asked of ACK and CANCEL, which no 420 answers. Proxy-Require is for proxies.
    """
    known = EXTENSIONS | WITH_PRECONDITIONS if config.preconditions else EXTENSIONS
    return tags_beyond(known, request, "Require")


def missing(response: Response) -> str:
    """What a 420 says that the far end has not, a 421 that we have not (RFC 3261 §21.4.15, §21.4.16)."""
    row = _SAYS.get(response.status)
    if row is None:
        return ""
    name, words = row
    return f"{words} {', '.join(response.values(name)) or 'an extension it does not name'}"


_SAYS: Final = {420: ("Unsupported", "does not have"), 421: ("Require", "requires")}
"""Status, the header field with the tags, and the words for them."""
