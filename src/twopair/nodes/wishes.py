"""What users ask of nodes. Outcomes come back as `Report` actions with the facts in `facts.py`."""

from dataclasses import dataclass

from twopair.base.flow import Transport
from twopair.base.identity import Impu


@dataclass(frozen=True, slots=True)
class Start:
    """Wish: bind the fixed ports and be ready. The first event of every node."""


@dataclass(frozen=True, slots=True)
class Register:
    """Wish (UE): register, or re-register if registered."""


@dataclass(frozen=True, slots=True)
class Deregister:
    """Wish (UE): end the registration (MGU-12)."""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Wish (UE, home network): send a MESSAGE (RFC 3428) to a user.

    Args:
        to: the recipient's public identity.
        body: octets of the body, `content_type` says of which kind.
        transport: None lets the UE choose (MSG-08: TCP for large ones); the home network has UDP only.
    """

    to: Impu
    body: bytes
    content_type: str = "text/plain"
    transport: Transport | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Wish (UE): call a user (RFC 3261 §13.2); one call at a time.

    Args:
        to: whom, by public identity.
        transport: of the INVITE; None lets the UE choose (MSG-08).
    """

    to: Impu
    transport: Transport | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Wish (UE): take the call that rings."""


@dataclass(frozen=True, slots=True)
class Say:
    """Wish (UE): send a MESSAGE inside the call (RFC 3428 §4, RFC 3261 §12.2)."""

    body: bytes
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class HangUp:
    """Wish (UE): end the call: CANCEL, 603 or BYE, as far as it has come."""
