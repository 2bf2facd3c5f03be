"""Extensions of SIP that the UE has, by option tag (RFC 3261 §8.2.2.3, §19.2)."""

from typing import Final

from twopair.wire.sip import Request, Response, tags_beyond

EXTENSIONS: Final[dict[str, str]] = {"sec-agree": "RFC 3329 §2.3", "timer": "RFC 4028"}
"""Option tags that a peer may require of the UE, with where they come from."""

ALLOW: Final = "MESSAGE, OPTIONS, INVITE, ACK, CANCEL, BYE, UPDATE"
"""Methods that the UE serves."""

ABLE: Final = (("Allow", ALLOW), ("Supported", "timer"))
"""What the UE can do, for whoever shares a dialog with it; sec-agree goes hop by hop (AGR-20)."""


def unknown_in(request: Request) -> str:
    """The tags of Require that the UE does not have, as Unsupported lists them.

    Never asked of ACK and CANCEL, which no 420 answers. Proxy-Require is for proxies.
    """
    return tags_beyond(EXTENSIONS, request, "Require")


def missing(response: Response) -> str:
    """What a 420 says that the far end has not, a 421 that we have not (RFC 3261 §21.4.15, §21.4.16)."""
    row = _SAYS.get(response.status)
    if row is None:
        return ""
    name, words = row
    return f"{words} {', '.join(response.values(name)) or 'an extension it does not name'}"


_SAYS: Final = {420: ("Unsupported", "does not have"), 421: ("Require", "requires")}
"""Status, the header field with the tags, and the words for them."""
