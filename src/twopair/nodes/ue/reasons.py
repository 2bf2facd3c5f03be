"""Why a registration failed, in words for people: the status, and what is known beside it."""

from twopair.base import WireError
from twopair.core.registration.ue import Round
from twopair.core.secagree import Offer, ServerList
from twopair.nodes.ue.extensions import missing
from twopair.wire.sip import Response


def reason_of(response: Response, attempt: Round) -> str:
    """A final answer that is no success.

    What its extensions say is told of 420 and 421; of 494, what was offered and what the P-CSCF takes; and
    of any answer to a challenge that the card found wrong, what was wrong with it.
    """
    words = f"{response.status} {response.reason}".strip()
    if said := missing(response):
        words += f": it {said}"
    if response.status == 494 and (differ := _agreement(response, attempt)):
        words += f": {differ}"
    if attempt.doubt is not None:
        words += f": {attempt.doubt.words}"
    return words


def lists_differ(offer: Offer, server: ServerList) -> str:
    """What was offered, and what the other end takes."""
    return f"offered {offer.words}; the P-CSCF takes {server.words}"


def _agreement(response: Response, attempt: Round) -> str:
    try:
        server = ServerList.parse(response.get_all("Security-Server"))
    except WireError:
        return ""
    return lists_differ(attempt.offer, server) if server.lines else ""
